"""The admin pages as a browser uses them, over HTTP: a cookie, forms with their token, and the own origin."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import httpx
from fastapi.routing import APIRoute

from gwansang.web.admin.forms import COOKIE
from gwansang.web.admin.routers import ROUTERS

SIGN_IN = "/admin/sign-in"
OPEN = {("GET", SIGN_IN), ("POST", SIGN_IN), ("GET", "/admin/style.{digest}.css")}  # without a session
_NIL = "00000000-0000-4000-8000-000000000000"
_VALUES = {"user_id": "1", "celebrity_id": "1", "state": "deactivate"}
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


def admin_routes() -> Iterator[tuple[str, str]]:
    """Yield method and path template of every admin page that needs a session."""
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            yield from ((method, route.path) for method in sorted(route.methods) if (method, route.path) not in OPEN)


def filled(template: str, values: Mapping[str, object] | None = None) -> str:
    """Return a path with a value for each parameter of its template."""
    given = {**_VALUES, **(values or {})}
    return re.sub(r"{(\w+)(?::\w+)?}", lambda match: str(given.get(match[1], _NIL)), template)


def form_token_in(page: str) -> str:
    """Return the token of the forms of a page."""
    found = _TOKEN.search(page)
    assert found is not None, page[:500]
    return found[1]


@dataclass
class AdminDesk:
    """An administrator at the pages; the client keeps no cookies of its own, so that several can share it."""

    client: httpx.AsyncClient
    origin: str = "http://test"
    cookie: str = ""
    token: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"Accept-Language": "en"})

    async def sign_in(self, email: str, password: str) -> httpx.Response:
        """Send the form; with a session, note its cookie and the token of its forms."""
        form = {"email": email, "password": password}
        headers = {**self.headers, "Origin": self.origin}
        answer = await self.client.post(SIGN_IN, data=form, headers=headers)
        self.client.cookies.clear()
        if answer.status_code == 303:
            self.cookie = answer.cookies[COOKIE]
            self.token = form_token_in((await self.get("")).text)
        return answer

    async def get(self, path: str) -> httpx.Response:
        """Load a page."""
        return await self.client.get(f"/admin{path}", headers=self._with_cookie())

    async def act(self, path: str, fields: Mapping[str, str] | None = None, **request: object) -> httpx.Response:
        """Send a form of the session."""
        data = {"form_token": self.token, **(fields or {})}
        headers = {**self._with_cookie(), "Origin": self.origin}
        return await self.client.post(f"/admin{path}", data=data, headers=headers, **request)

    def _with_cookie(self) -> dict[str, str]:
        return {**self.headers, "Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else dict(self.headers)
