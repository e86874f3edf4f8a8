"""One view of an admin page: who looks at it, in which language, and the answers that can be given."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from gwansang.dependencies.params import chosen_locale
from gwansang.services.accounts.admin_sessions import AdminSession
from gwansang.texts import LOCALES, Locale, load
from gwansang.web.rendering import style_digest, template

PREFIX: Final = "/admin"
STYLE: Final = "admin/admin.css"
SESSION: Final = "admin_session"  # in the state of a request, once it is known
_POLICY: Final = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
_HEADERS: Final = {
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "same-origin",  # with no-referrer browsers send forms with `Origin: null`
    "Content-Security-Policy": _POLICY,
}
_SECTIONS: Final = ("users", "gallery", "tasks", "privacy", "audit", "keys")


@dataclass(frozen=True, slots=True)
class View:
    """A request for an admin page; session: None only where nobody is signed in."""

    request: Request
    locale: Locale
    session: AdminSession | None

    @classmethod
    def of(cls, request: Request) -> "View":
        """Return the view of a request, with its session if that is known already."""
        return cls(request, chosen_locale(request), getattr(request.state, SESSION, None))

    @property
    def texts(self) -> dict[str, Any]:
        return load("admin", self.locale, dict[str, Any])

    def link(self, path: str = "", **query: object) -> str:
        """Return the URL of an admin page, which keeps a language that was asked for."""
        given = {name: str(value) for name, value in query.items() if value not in (None, "")}
        if "locale" in self.request.query_params:
            given.setdefault("locale", self.locale)
        return f"{PREFIX}{path}" + (f"?{urlencode(given)}" if given else "")

    def page(
        self, name: str, /, status_code: int = 200, headers: Mapping[str, str] | None = None, **values: object
    ) -> Response:
        """Return a page that a template of the folder `admin` makes."""
        query = self.request.query_params
        page = template(f"admin/{name}.html").render(
            view=self,
            t=self.texts,
            lang=self.locale,
            style=f"{PREFIX}/style.{style_digest(STYLE)}.css",
            sections=_SECTIONS,
            here=self.request.url.path.removeprefix(PREFIX),
            languages=self._languages(),
            done=self.texts["done"].get(query.get("done", "")),
            moment=_moment,
            **values,
        )
        extra = {"Content-Language": self.locale, "Vary": "Accept-Language, Cookie", **(headers or {})}
        return Response(page, status_code, {**_HEADERS, **extra}, media_type="text/html")

    def moved(self, path: str = "", **query: object) -> Response:
        """Return the redirection to an admin page after an act; done: the key of what it says there."""
        return Response(status_code=303, headers={**_HEADERS, "Location": self.link(path, **query)})

    def _languages(self) -> list[tuple[Locale, str, str]]:
        """Return code, name and link of each language; a page that answers a form has no address of its own."""
        shown = self.request.url.path if self.request.method == "GET" else PREFIX
        query = self.request.query_params if self.request.method == "GET" else {}
        kept = {name: value for name, value in query.items() if name not in ("locale", "done")}
        links = {code: f"{shown}?{urlencode({**kept, 'locale': code})}" for code in LOCALES}
        return [(code, load("page", code, dict[str, Any])["language"], link) for code, link in links.items()]


def problem_page(request: Request, problem: Response) -> Response:
    """Return the application's answer to an error as a page, which is the sign-in if nobody is signed in."""
    view = View.of(request)
    content = json.loads(bytes(problem.body))
    headers = {name: problem.headers[name] for name in ("retry-after",) if name in problem.headers}
    if view.session is None:
        code = content["error"]["code"]
        reason = view.texts["sign_in"]["reasons"].get(code, content["detail"])
        return view.page("sign_in", problem.status_code, headers, reason=reason)
    return view.page("problem", problem.status_code, headers, reason=content["detail"])


def _moment(value: datetime | None) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if value else "–"
