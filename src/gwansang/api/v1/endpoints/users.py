"""Accounts: one's own, and all of them for administrators."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import StreamingResponse

from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import ADMIN, BODY, PARAMETERS, PUBLIC, REAUTHENTICATED, SIGNED_IN
from gwansang.api.v1.paths import NUMBER
from gwansang.core.email_address import InvalidEmailError, normalize_email
from gwansang.core.passwords import CommonPasswordError, HashingBusyError, InvalidPasswordError
from gwansang.core.rate_limit import Bucket, LimitsUnknownError
from gwansang.dependencies.callers import AddressLimit, AdminUser, CurrentUser, spend, user_key
from gwansang.dependencies.logins import Confirm, count_wrong_password
from gwansang.dependencies.params import ChosenLocale, PageParams
from gwansang.dependencies.services import AddressChanges, Archives, Exports, Mails, Proofs, Users
from gwansang.schemas.accounts import (
    AccountChange,
    AccountOut,
    OwnAccountOut,
    OwnChange,
    OwnDataOut,
    PasswordChange,
    Reauthenticated,
    Registration,
    UserOut,
)
from gwansang.schemas.paging import PageOut
from gwansang.services.accounts.email_proof_service import EmailProof
from gwansang.services.accounts.user_service import (
    BirthYearError,
    EmailTakenError,
    InvalidCredentialsError,
    InvalidUsernameError,
    LastAdminError,
    TooYoungError,
    UserInfo,
    UserNotFoundError,
)

router = APIRouter(prefix="/api/v1/users", tags=["accounts"])
UserId = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]
_ZIP = {"schema": {"type": "string", "format": "binary"}, "examples": {"zip": {"value": "PK…"}}}
_AS_FILE = {"Content-Disposition": 'attachment; filename="gwansang-export.zip"'}
_COUNT = "X-Readings-Count"
_USER = f"/{{user_id:{NUMBER}}}"
_CHANGE = (EmailTakenError, InvalidEmailError, InvalidUsernameError)


@router.post("/", status_code=201, dependencies=[AddressLimit], include_in_schema=False)
@router.post(
    "",
    status_code=201,
    dependencies=[AddressLimit],
    responses=problem_responses(
        *_CHANGE,
        InvalidPasswordError,
        CommonPasswordError,
        HashingBusyError,
        BirthYearError,
        TooYoungError,
        *PUBLIC,
        *BODY,
    ),
)
async def register(body: Registration, users: Users, proofs: Proofs, mails: Mails, locale: ChosenLocale) -> UserOut:
    """Create an account; a code that verifies the address is sent to it. This consents to the text of
    `GET /auth/providers` in the language of this request."""
    user = await users.register(body.email, body.username, body.password, birth_year=body.birth_year, locale=locale)
    mails.post("verify", partial(proofs.start_verification, user.id), locale, user.email)
    return UserOut.model_validate(user, from_attributes=True)


@router.get("/me", responses=problem_responses(*SIGNED_IN))
async def read_me(caller: CurrentUser, users: Users) -> OwnAccountOut:
    """Return one's own account."""
    return OwnAccountOut.model_validate(await users.get(caller.user_id), from_attributes=True)


@router.patch("/me", responses=problem_responses(*_CHANGE, *REAUTHENTICATED, *SIGNED_IN, *BODY))
async def change_me(
    body: OwnChange,
    caller: CurrentUser,
    request: Request,
    users: Users,
    changes: AddressChanges,
    confirm: Confirm,
    mails: Mails,
    locale: ChosenLocale,
) -> OwnAccountOut:
    """Change one's name or address. A new address needs `current_password`, or a sign-in of the last five minutes. The
    old one counts until the new one is verified with the code that is sent to it; if the old one is verified, it is
    sent a code that undoes the change for seven days."""
    if body.email is None:
        user = await users.update(caller.user_id, username=body.username)
        return OwnAccountOut.model_validate(await users.get(user.id), from_attributes=True)
    if await changes.differs(caller.user_id, body.email):
        await confirm(caller, body.current_password)
        await mails.ensure_quota("change", body.email)
        await spend(request, Bucket.MAIL_SENDER, user_key(caller))
    requested = await changes.request(caller, body.email, body.username)
    for mail in requested.mails:
        mails.send(mail, locale)
    return OwnAccountOut.model_validate(requested.user, from_attributes=True)


@router.get(
    "/me/export",
    response_model=OwnDataOut,
    responses={**problem_responses(*SIGNED_IN, *PARAMETERS), 200: {"content": {"application/zip": _ZIP}}},
)
async def export_me(
    caller: CurrentUser,
    request: Request,
    exports: Exports,
    archives: Archives,
    form: Annotated[
        Literal["json", "zip"] | None, Query(alias="format", description="Or by the Accept header.", examples=["json"])
    ] = None,
) -> StreamingResponse:
    """Export all of one's own data, without secrets: one document, or a ZIP with readings as text and kept photos,
    too. It is made while it is sent: `X-Readings-Count` says how many readings will come, oldest first."""
    await spend(request, Bucket.EXPORTS, user_key(caller))
    collected = await exports.collect(caller.user_id)
    if form == "zip" or (form is None and "application/zip" in request.headers.get("accept", "")):
        headers = {**_AS_FILE, _COUNT: str(collected.export.analyses_count)}
        return StreamingResponse(archives.stream(collected), media_type="application/zip", headers=headers)
    headers = {_COUNT: str(collected.export.analyses_count)}
    return StreamingResponse(exports.document(collected), media_type="application/json", headers=headers)


@router.delete("/me", status_code=204, responses=problem_responses(LastAdminError, *REAUTHENTICATED, *SIGNED_IN, *BODY))
async def delete_me(
    caller: CurrentUser,
    users: Users,
    confirm: Confirm,
    body: Reauthenticated | None = None,
) -> None:
    """Erase one's account and all its data. This needs `current_password`, or a sign-in of the last five minutes."""
    await confirm(caller, body.current_password if body else None)
    await users.delete(caller.user_id)


@router.post(
    "/me/password",
    status_code=204,
    responses=problem_responses(
        InvalidCredentialsError,
        InvalidPasswordError,
        CommonPasswordError,
        HashingBusyError,
        LimitsUnknownError,
        *SIGNED_IN,
        *BODY,
    ),
)
async def change_password(
    body: PasswordChange, caller: CurrentUser, request: Request, users: Users, mails: Mails, locale: ChosenLocale
) -> None:
    """Change the password; every sign-in ends, this one too, and every API key, unless `keep_access` is set. A mail
    tells it, if the address is verified."""
    async with count_wrong_password(request, user_key(caller)):
        user = await users.change_password(
            caller.user_id, body.current_password, body.new_password, keep_access=body.keep_access
        )
    if user.email_verified:
        mails.send(EmailProof("password_changed", user.email), locale)


@router.get("", responses=problem_responses(*ADMIN, *PARAMETERS))
async def list_users(
    admin: AdminUser,
    users: Users,
    params: PageParams,
    active: Annotated[bool | None, Query(description="Only active accounts, or only inactive ones.")] = None,
    email: Annotated[
        str | None,
        Query(max_length=254, pattern=r"^[^\x00]*$", description="The beginning of the address.", examples=["minji"]),
    ] = None,
) -> PageOut[AccountOut]:
    """List all accounts, by id."""
    page = await users.page(params, active=active, email_prefix=email, by=admin.user_id)
    return PageOut[AccountOut].model_validate(page, from_attributes=True)


@router.get(_USER, responses=problem_responses(UserNotFoundError, *ADMIN, *PARAMETERS))
async def read_user(user_id: UserId, admin: AdminUser, users: Users) -> AccountOut:
    """Return any account; the access is noted in the audit log."""
    return AccountOut.model_validate(await users.view(user_id, admin.user_id), from_attributes=True)


@router.patch(
    _USER, responses=problem_responses(UserNotFoundError, LastAdminError, *_CHANGE, *REAUTHENTICATED, *ADMIN, *BODY)
)
async def change_user(
    user_id: UserId,
    body: AccountChange,
    admin: AdminUser,
    users: Users,
    confirm: Confirm,
    proofs: Proofs,
    mails: Mails,
    locale: ChosenLocale,
) -> AccountOut:
    """Change any account; a user who is deactivated or loses a role is signed out everywhere. A new address, state or
    role needs the administrator's `current_password`, or a sign-in of the last five minutes. A verified old address
    gets a notice, and codes mailed before the address changed are void."""
    before = await users.get(user_id)
    if _is_sensitive(body, before):
        await confirm(admin, body.current_password)
    user = await users.update(
        user_id,
        username=body.username,
        email=body.email,
        is_active=body.is_active,
        is_admin=body.is_admin,
        by=admin.user_id,
    )
    if before.email != user.email:
        mails.post("verify", partial(proofs.start_verification, user.id), locale, user.email)
        if before.email_verified:
            mails.send(EmailProof("address_changed_by_admin", before.email), locale)
    return AccountOut.model_validate(user, from_attributes=True)


@router.delete(
    _USER,
    status_code=204,
    responses=problem_responses(UserNotFoundError, LastAdminError, *REAUTHENTICATED, *ADMIN, *BODY),
)
async def delete_user(
    user_id: UserId,
    admin: AdminUser,
    users: Users,
    confirm: Confirm,
    body: Reauthenticated | None = None,
) -> None:
    """Erase any account and all its data. This needs the administrator's `current_password`, or a sign-in of the last
    five minutes."""
    await confirm(admin, body.current_password if body else None)
    await users.delete(user_id, admin.user_id)


def _is_sensitive(change: AccountChange, user: UserInfo) -> bool:
    """Return whether a change by an administrator gives or takes access to an account."""
    moved = change.email is not None and normalize_email(change.email) != user.email
    return moved or change.is_active not in (None, user.is_active) or change.is_admin not in (None, user.is_admin)
