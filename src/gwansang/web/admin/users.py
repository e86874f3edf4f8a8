"""Users: found, shown, and changed, with their keys and sign-ins."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.responses import Response

from gwansang.core.exceptions import InvalidInput
from gwansang.core.paging import PageRequest
from gwansang.dependencies.logins import Confirm
from gwansang.dependencies.services import Audit, Consents, Keys, Mails, Proofs, Sessions, Users
from gwansang.texts import DEFAULT_LOCALE, load
from gwansang.web.admin.forms import AdminAct, AdminPage, AdminRoute, AdminView
from gwansang.web.admin.views import PREFIX

router = APIRouter(prefix=f"{PREFIX}/users", include_in_schema=False, route_class=AdminRoute)
UserNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
_PAGE: Final = 30
_ALL: Final = PageRequest(size=100)
_STATES: Final = {"active": True, "inactive": False}


class AddressMismatchError(InvalidInput):
    """The address that was typed to confirm a deletion is not that of the account."""

    code = "ADDRESS_MISMATCH"
    title = "The typed address is another one"


@router.get("")
async def list_users(view: AdminPage, users: Users, state: str = "", after: str | None = None) -> Response:
    """List users by id, all or those of a state."""
    return await _list(view, users, state=state, after=after)


@router.post("")
async def search_users(act: AdminAct, users: Users) -> Response:
    """List users found by the beginning of their address, which stands in the form: a URL with it would be kept in the
    logs of proxies and in the history of the browser."""
    return await _list(act, users, act.text("email"), state=act.text("state"), after=act.text("after") or None)


async def _list(view: AdminView, users: Users, email: str = "", *, state: str, after: str | None) -> Response:
    request, prefix = PageRequest(size=_PAGE, after=after), email.strip()[:254]
    found = await users.page(request, active=_STATES.get(state), email_prefix=prefix or None, by=view.admin.user_id)
    return view.page("users", users=found, email=prefix, state=state, after=after)


@router.get("/{user_id:int}")
async def show_user(
    user_id: UserNumber,
    view: AdminPage,
    users: Users,
    keys: Keys,
    sessions: Sessions,
    consents: Consents,
    audit: Audit,
) -> Response:
    """Show a user with keys, sign-ins and consents; the access is recorded in the audit log."""
    return view.page(
        "user",
        user=await users.view(user_id, view.admin.user_id),
        keys=(await keys.page(user_id, _ALL)).items,
        sign_ins=(await sessions.page(user_id, view.admin.family, _ALL)).items,
        consents=await consents.states(user_id, view.locale),
        purposes=load("page", view.locale, dict[str, Any])["privacy"]["purposes"],
        pseudonym=await audit.pseudonym_of(user_id),
    )


@router.post("/{user_id:int}/{state}")
async def change_state(
    user_id: UserNumber, state: Literal["activate", "deactivate"], act: AdminAct, users: Users, confirm: Confirm
) -> Response:
    """Activate an account, or deactivate it, which signs its user out everywhere."""
    await confirm(act.admin, act.text("password") or None)
    await users.update(user_id, is_active=state == "activate", by=act.admin.user_id)
    return act.moved(f"/users/{user_id}", done=state)


@router.post("/{user_id:int}/address/verify")
async def verify_address(user_id: UserNumber, act: AdminAct, proofs: Proofs, confirm: Confirm) -> Response:
    """Mark the address as verified."""
    await confirm(act.admin, act.text("password") or None)
    await proofs.vouch(user_id, act.admin.user_id)
    return act.moved(f"/users/{user_id}", done="verify")


@router.post("/{user_id:int}/password/reset")
async def mail_reset(user_id: UserNumber, act: AdminAct, users: Users, proofs: Proofs, mails: Mails) -> Response:
    """Mail a code to choose a new password with, in the language of the service: the account knows none, and that of
    the administrator says nothing about the user."""
    await mails.ensure_quota("reset", (await users.get(user_id)).email)
    mails.send(await proofs.start_reset_for(user_id, act.admin.user_id), DEFAULT_LOCALE)
    return act.moved(f"/users/{user_id}", done="reset")


@router.post("/{user_id:int}/account/delete")
async def delete_user(user_id: UserNumber, act: AdminAct, users: Users, confirm: Confirm) -> Response:
    """Erase an account with all its data, if its address was typed; raises AddressMismatchError."""
    await confirm(act.admin, act.text("password") or None)
    if act.text("address").strip().casefold() != (await users.get(user_id)).email.casefold():
        raise AddressMismatchError("The typed address is not that of the account.")
    await users.delete(user_id, act.admin.user_id)
    return act.moved("/users", done="delete")


@router.post("/{user_id:int}/keys/{key_id:uuid}/revoke")
async def revoke_key(user_id: UserNumber, key_id: UUID, act: AdminAct, keys: Keys) -> Response:
    """Revoke an API key."""
    await keys.revoke(user_id, key_id, by=act.admin.user_id)
    return act.moved(f"/users/{user_id}", done="revoke")


@router.post("/{user_id:int}/sessions/{session_id:uuid}/end")
async def end_sign_in(user_id: UserNumber, session_id: UUID, act: AdminAct, sessions: Sessions) -> Response:
    """End a sign-in with all its tokens."""
    await sessions.end(user_id, session_id, by=act.admin.user_id)
    return act.moved(f"/users/{user_id}", done="end")
