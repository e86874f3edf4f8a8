"""Access to the admin pages: the session of a cookie, and forms that only a page of this session can have sent."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import Response

from gwansang.core.exceptions import AppError, Forbidden, InvalidInput, Malformed, Unauthenticated
from gwansang.core.middleware.body_gate import BODY_HOLDER
from gwansang.core.multipart import FormParser
from gwansang.core.rate_limit import Bucket
from gwansang.dependencies.callers import address_of, count_failure, spend, user_key
from gwansang.dependencies.services import AdminSessions, container_of
from gwansang.services.accounts.admin_sessions import AdminSession, is_form_token
from gwansang.services.accounts.caller import Caller
from gwansang.web.admin.views import SESSION, View, problem_page

COOKIE: Final = "gwansang_admin"
TOKEN_FIELD: Final = "form_token"  # noqa: S105 - the name of a field
FILE_FIELD: Final = "file"
_MAX_FIELDS: Final = 30


class FormRefusedError(Forbidden):
    """The form does not come from a page of this session: another site sent it, or the session began after it."""

    code = "FORM_REFUSED"
    title = "This form does not come from this session"


class FileMissingError(InvalidInput):
    code = "FILE_MISSING"
    title = "No file was chosen"


class AdminRoute(APIRoute):
    """A route whose errors are pages; their status and text are those of the API."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        handle = super().get_route_handler()

        async def handle_page(request: Request) -> Response:
            try:
                answer: Response = await handle(request)
            except (AppError, RequestValidationError) as error:
                return problem_page(request, await _problem(request, error))
            return answer

        return handle_page


async def _problem(request: Request, error: AppError | RequestValidationError) -> Response:
    """Return the application's answer to an error; an input that is no value of its field has a plain text."""
    shown = error if isinstance(error, AppError) else Malformed("The request can't be understood.")
    handler: Callable[[Request, Exception], Awaitable[Response]] = request.app.exception_handlers[AppError]
    return await handler(request, shown)


@dataclass(frozen=True, slots=True)
class AdminView(View):
    """The view of an administrator who is signed in."""

    @property
    def admin(self) -> Caller:
        if self.session is None:
            raise TypeError("an administrator's view has a session")
        return self.session.caller


@dataclass(frozen=True, slots=True)
class Act(AdminView):
    """A form of the administrator, with its fields; files: contents of its files."""

    fields: Mapping[str, str]
    files: tuple[bytes, ...]

    def text(self, name: str) -> str:
        """Return a field; "" for one that was not sent."""
        return self.fields.get(name, "")


async def _session(request: Request, sessions: AdminSessions) -> AdminSession:
    """Return the session of the request's cookie; raises Unauthenticated, also if a script asks, and RateLimited."""
    cookie, address = request.cookies.get(COOKIE), address_of(request)
    if not cookie or request.headers.get("sec-fetch-mode", "navigate") != "navigate":
        await spend(request, Bucket.ADDRESS, address)
        raise Unauthenticated("Sign in.")
    async with count_failure(request, address):
        session = await sessions.authenticate(cookie)
    await spend(request, Bucket.CALLER, user_key(session.caller))
    request.state.caller = session.caller.id
    setattr(request.state, BODY_HOLDER, user_key(session.caller))
    setattr(request.state, SESSION, session)
    return session


OpenSession = Annotated[AdminSession, Depends(_session)]


async def _view(request: Request, session: OpenSession) -> AdminView:
    view = View.of(request)
    return AdminView(view.request, view.locale, session)


AdminPage = Annotated[AdminView, Depends(_view)]


async def _act(request: Request, view: AdminPage) -> Act:
    """Return a form; raises FormRefusedError before its body is read if another site sent it."""
    check_own_origin(request)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        fields, files = await _read_multipart(request)
    else:
        fields, files = await read_form(request), ()
    if view.session is None or not is_form_token(view.session, fields.get(TOKEN_FIELD, "")):
        raise FormRefusedError("This form does not come from this session; load the page again.")
    return Act(view.request, view.locale, view.session, fields, files)


AdminAct = Annotated[Act, Depends(_act)]


def check_own_origin(request: Request) -> str:
    """Return the scheme of the page that sent a form; raises FormRefusedError unless it is one of this site, and came
    through TLS if the public address does: another program in the network could have changed it otherwise.

    Browsers send the origin with each form, and no page can change it.
    """
    origins, host = request.headers.getlist("origin"), request.headers.get("host", "").lower()
    origin = urlsplit(origins[0].lower()) if len(origins) == 1 else None
    public = (container_of(request).edge.public_url or "").lower()  # a proxy may pass the host on without its port
    own = origin is not None and ((bool(host) and origin.netloc == host) or origin.geturl() == public)
    if origin is None or not own or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise FormRefusedError("This form was sent by another site.")
    if public.startswith("https:") and origin.scheme != "https":
        raise FormRefusedError("This form was sent without TLS; open the page with https.")
    return origin.scheme


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form; raises Malformed if it is none."""
    try:
        text = (await request.body()).decode()
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict"))
    except ValueError as error:
        raise Malformed("The form can't be parsed.") from error


async def _read_multipart(request: Request) -> tuple[dict[str, str], tuple[bytes, ...]]:
    form = FormParser(request.headers["content-type"], field=FILE_FIELD)
    files = [file.content async for file in form.stream(request.stream())]
    return form.fields, tuple(files)


def require_file(act: Act) -> BytesIO:
    """Return the file of a form; raises FileMissingError."""
    if not act.files:
        raise FileMissingError("Choose a file first.")
    return BytesIO(act.files[0])
