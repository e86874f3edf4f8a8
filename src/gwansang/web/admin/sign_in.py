"""Signing in to the admin pages and out of them, and the overview."""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from gwansang.core.email_address import address_key
from gwansang.core.user_agent import device_name_of
from gwansang.dependencies.callers import AddressLimit
from gwansang.dependencies.logins import count_sign_in, count_wrong_password
from gwansang.dependencies.services import AdminSessions, AllTasks
from gwansang.services.accounts.admin_sessions import LONGEST
from gwansang.web.admin.forms import COOKIE, AdminAct, AdminPage, AdminRoute, check_own_origin, read_form
from gwansang.web.admin.views import PREFIX, View

router = APIRouter(prefix=PREFIX, include_in_schema=False, route_class=AdminRoute)
SIGN_IN: Final = "/sign-in"  # the only page without a session


@router.get("")
async def show_overview(view: AdminPage, tasks: AllTasks) -> Response:
    """Show the sections, and the state of the queue."""
    return view.page("overview", state=await tasks.state())


@router.get(SIGN_IN, dependencies=[AddressLimit])
async def show_sign_in(request: Request) -> Response:
    """Show the form to sign in."""
    return View.of(request).page("sign_in", reason=None)


@router.post(SIGN_IN)
async def sign_in(request: Request, sessions: AdminSessions) -> Response:
    """Start a session and set its cookie, which is sent to these pages only, and never from another site."""
    scheme = check_own_origin(request)
    await count_sign_in(request, None)
    form = await read_form(request)
    email = form.get("email", "")
    async with count_wrong_password(request, address_key(email)):
        device = device_name_of(request.headers.get("user-agent"))
        cookie = await sessions.sign_in(email, form.get("password", ""), device)
    answer = View.of(request).moved()
    answer.set_cookie(
        COOKIE,
        cookie,
        max_age=int(LONGEST.total_seconds()),
        path=PREFIX,
        secure=scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


@router.post("/sign-out")
async def sign_out(act: AdminAct, sessions: AdminSessions) -> Response:
    """End the session and delete its cookie."""
    if act.session is not None:
        await sessions.end(act.session)
    answer = act.moved(SIGN_IN)
    answer.delete_cookie(COOKIE, path=PREFIX, httponly=True, samesite="strict")
    return answer
