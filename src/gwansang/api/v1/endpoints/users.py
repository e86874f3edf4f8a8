"""Accounts: one's own, and all of them for administrators."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import StreamingResponse

from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import ADMIN, BODY, PARAMETERS, PUBLIC, SIGNED_IN
from gwansang.api.v1.paths import NUMBER
from gwansang.core.email_address import InvalidEmailError
from gwansang.core.passwords import HashingBusyError, InvalidPasswordError
from gwansang.core.rate_limit import Bucket, LimitsUnknownError
from gwansang.dependencies.callers import AddressLimit, AdminUser, CurrentUser, spend, user_key
from gwansang.dependencies.params import ChosenLocale, PageParams
from gwansang.dependencies.services import Archives, Exports, Mails, Proofs, Users
from gwansang.schemas.accounts import (
    AccountChange,
    AccountOut,
    OwnDataOut,
    PasswordChange,
    ProfileChange,
    Registration,
    UserOut,
)
from gwansang.schemas.paging import PageOut
from gwansang.services.accounts.user_service import (
    BirthYearError,
    EmailTakenError,
    InvalidCredentialsError,
    InvalidUsernameError,
    LastAdminError,
    TooYoungError,
    UserNotFoundError,
)

router = APIRouter(prefix="/api/v1/users", tags=["accounts"])
UserId = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]
_ZIP = {"schema": {"type": "string", "format": "binary"}, "examples": {"zip": {"value": "PK…"}}}
_AS_FILE = {"Content-Disposition": 'attachment; filename="gwansang-export.zip"'}
_USER = f"/{{user_id:{NUMBER}}}"
_CHANGE = (EmailTakenError, InvalidEmailError, InvalidUsernameError)


@router.post("/", status_code=201, dependencies=[AddressLimit], include_in_schema=False)
@router.post(
    "",
    status_code=201,
    dependencies=[AddressLimit],
    responses=problem_responses(
        *_CHANGE, InvalidPasswordError, HashingBusyError, BirthYearError, TooYoungError, *PUBLIC, *BODY
    ),
)
async def register(body: Registration, users: Users, proofs: Proofs, mails: Mails, locale: ChosenLocale) -> UserOut:
    """Create an account; a code that verifies the address is sent to it."""
    user = await users.register(body.email, body.username, body.password, birth_year=body.birth_year)
    mails.post(partial(proofs.start_verification, user.id), locale)
    return UserOut.model_validate(user, from_attributes=True)


@router.get("/me", responses=problem_responses(*SIGNED_IN))
async def read_me(caller: CurrentUser, users: Users) -> AccountOut:
    """Return one's own account."""
    return AccountOut.model_validate(await users.get(caller.user_id), from_attributes=True)


@router.patch("/me", responses=problem_responses(*_CHANGE, *SIGNED_IN, *BODY))
async def change_me(
    body: ProfileChange, caller: CurrentUser, users: Users, proofs: Proofs, mails: Mails, locale: ChosenLocale
) -> AccountOut:
    """Change one's name or address; a code that verifies a new address is sent to it."""
    user = await users.update(caller.user_id, username=body.username, email=body.email)
    if body.email is not None:
        mails.post(partial(proofs.start_verification, user.id), locale)
    return AccountOut.model_validate(user, from_attributes=True)


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
) -> OwnDataOut | StreamingResponse:
    """Export all of one's own data, without secrets: one document, or a ZIP with readings as text and kept photos,
    too."""
    await spend(request, Bucket.EXPORTS, user_key(caller))
    if form == "zip" or (form is None and "application/zip" in request.headers.get("accept", "")):
        return StreamingResponse(await archives.stream(caller.user_id), media_type="application/zip", headers=_AS_FILE)
    return OwnDataOut.model_validate(await exports.export(caller.user_id))


@router.delete("/me", status_code=204, responses=problem_responses(LastAdminError, *SIGNED_IN))
async def delete_me(caller: CurrentUser, users: Users) -> None:
    """Erase one's account and all its data."""
    await users.delete(caller.user_id)


@router.post(
    "/me/password",
    status_code=204,
    responses=problem_responses(
        InvalidCredentialsError, InvalidPasswordError, HashingBusyError, LimitsUnknownError, *SIGNED_IN, *BODY
    ),
)
async def change_password(body: PasswordChange, caller: CurrentUser, request: Request, users: Users) -> None:
    """Change the password; every sign-in ends, this one too."""
    await spend(request, Bucket.LOGIN_ACCOUNT, caller.id)
    await users.change_password(caller.user_id, body.current_password, body.new_password)


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
    page = await users.page(params.page, params.size, active=active, email_prefix=email, by=admin.user_id)
    return PageOut[AccountOut].model_validate(page, from_attributes=True)


@router.get(_USER, responses=problem_responses(UserNotFoundError, *ADMIN, *PARAMETERS))
async def read_user(user_id: UserId, admin: AdminUser, users: Users) -> AccountOut:
    """Return any account; the access is noted in the audit log."""
    return AccountOut.model_validate(await users.view(user_id, admin.user_id), from_attributes=True)


@router.patch(_USER, responses=problem_responses(UserNotFoundError, LastAdminError, *_CHANGE, *ADMIN, *BODY))
async def change_user(user_id: UserId, body: AccountChange, admin: AdminUser, users: Users) -> AccountOut:
    """Change any account; a user who is deactivated or loses a role is signed out everywhere."""
    user = await users.update(
        user_id,
        username=body.username,
        email=body.email,
        is_active=body.is_active,
        is_admin=body.is_admin,
        by=admin.user_id,
    )
    return AccountOut.model_validate(user, from_attributes=True)


@router.delete(
    _USER,
    status_code=204,
    responses=problem_responses(UserNotFoundError, LastAdminError, *ADMIN, *PARAMETERS),
)
async def delete_user(user_id: UserId, admin: AdminUser, users: Users) -> None:
    """Erase any account and all its data."""
    await users.delete(user_id, admin.user_id)
