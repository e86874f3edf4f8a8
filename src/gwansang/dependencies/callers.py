"""Who is calling, once it is counted what the call costs."""

import hashlib
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.openapi.models import APIKeyIn
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm, SecurityScopes
from fastapi.security.api_key import APIKeyBase
from pydantic import TypeAdapter
from starlette.requests import HTTPConnection

from gwansang.core.addresses import client_address
from gwansang.core.email_address import InvalidEmailError, canonical_email
from gwansang.core.exceptions import Unauthenticated
from gwansang.core.rate_limit import Bucket, Quota
from gwansang.dependencies.services import Services, container_of
from gwansang.services.accounts.auth_service import TokenInvalidError
from gwansang.services.accounts.caller import Caller, Scope

COSTS: dict[str, int] = {"analyze": 5, "match": 5, "video": 20}  # points; anything else costs 1
SCOPES: dict[str, str] = {
    "analyze": "Read faces.",
    "match": "Compare faces.",
    "history:read": "See kept readings.",
    "history:write": "Delete kept readings.",
    "account": "See and change one's own account, keys and consents; never given to an API key.",
    "admin": "See and change all accounts.",
}
_NEEDED = TypeAdapter(list[Scope])


class _AccessToken(OAuth2PasswordBearer):
    """The token of exactly one Authorization header, "" (which is nobody's) for any other use of that header."""

    async def __call__(self, connection: HTTPConnection) -> str | None:
        lines = connection.headers.getlist("authorization")
        if not lines:
            return None
        scheme, _, token = lines[0].partition(" ")
        return token if len(lines) == 1 and scheme.lower() == "bearer" else ""


class _Key(APIKeyBase):
    """The API key, from its header or, where that is allowed, from the address; "" (which is nobody's) for any other
    number of keys than one, and for one in an address where that is not allowed."""

    async def __call__(self, connection: HTTPConnection) -> str | None:
        lines = connection.headers.getlist(self.model.name)
        asked = connection.query_params.getlist("api_key")
        if not lines and not asked:
            return None
        misplaced = bool(asked) and not container_of(connection).edge.api_key_in_query
        return "" if misplaced or len(lines) + len(asked) > 1 else next(iter((*lines, *asked)))


_access_token = _AccessToken(
    tokenUrl="/api/v1/auth/login",
    refreshUrl="/api/v1/auth/refresh",
    scopes=SCOPES,
    scheme_name="AccessToken",
    auto_error=False,
)
_key = _Key(APIKeyIn.header, "X-API-Key", "A key of `POST /keys`.", "ApiKey", auto_error=False)


def _address(connection: HTTPConnection, services: Services) -> str:
    peer = connection.client.host if connection.client else None
    forwarded = connection.headers.getlist("x-forwarded-for")
    return client_address(peer, forwarded, services.edge.trusted_proxies)


Address = Annotated[str, Depends(_address)]


async def _spend(connection: HTTPConnection, bucket: Bucket, who: str, cost: int = 1) -> None:
    """Counts a call, notes what is left for the answer's headers, and raises RateLimited where it is too much."""
    quota = await container_of(connection).limits.spend(bucket, who, cost)
    noted: Quota | None = getattr(connection.state, "quota", None)
    if noted is None or quota.refused or quota.remaining * noted.amount < noted.remaining * quota.amount:
        connection.state.quota = quota
    quota.check()


async def presented(connection: HTTPConnection) -> tuple[str, ...]:
    """The access token and the API key that came with a connection; "" for one that can't be anybody's."""
    shown = (await _access_token(connection), await _key(connection))
    return tuple(one for one in shown if one is not None)


async def _signed_in(
    request: Request,
    services: Services,
    address: Address,
    token: Annotated[str | None, Security(_access_token)],
    key: Annotated[str | None, Security(_key)],
) -> Caller | None:
    """Who is behind the credentials, None for nobody; wrong ones count against the address that sends them."""
    if token is None and key is None:
        return None
    try:
        if token is not None and key is not None:
            raise TokenInvalidError("Send an access token or an API key, not both.")
        known = services.auth.authenticate(token) if token is not None else services.keys.authenticate(key or "")
        caller = await known
    except Unauthenticated:
        await _spend(request, Bucket.ADDRESS, address)
        raise
    request.state.caller = caller.id
    return caller


async def _caller_or_guest(
    needed: SecurityScopes,
    request: Request,
    services: Services,
    address: Address,
    caller: Annotated[Caller | None, Depends(_signed_in)],
) -> Caller | None:
    if caller is None and services.edge.allow_guests:
        await _spend(request, Bucket.GUEST_READINGS, address)
        return None
    return await _caller(needed, request, address, caller)


async def _caller(
    needed: SecurityScopes,
    request: Request,
    address: Address,
    caller: Annotated[Caller | None, Depends(_signed_in)],
) -> Caller:
    return await _admitted(needed, request, address, caller, max(COSTS.get(scope, 1) for scope in needed.scopes))


async def _watcher(
    needed: SecurityScopes,
    request: Request,
    address: Address,
    caller: Annotated[Caller | None, Depends(_signed_in)],
) -> Caller:
    return await _admitted(needed, request, address, caller, 1)


async def _filmer(
    needed: SecurityScopes,
    request: Request,
    address: Address,
    caller: Annotated[Caller | None, Depends(_signed_in)],
) -> Caller:
    return await _admitted(needed, request, address, caller, COSTS["video"])


async def _admitted(needed: SecurityScopes, request: Request, address: str, caller: Caller | None, cost: int) -> Caller:
    if caller is None:
        await _spend(request, Bucket.ADDRESS, address)
        raise Unauthenticated("Sign in, or send an API key.")
    scopes = _NEEDED.validate_python(needed.scopes)
    await _spend(request, Bucket.CALLER, f"user:{caller.user_id}", cost)  # all keys of a user count together
    for scope in scopes:
        caller.require(scope)
    return caller


async def count_points(connection: HTTPConnection, caller: Caller, cost: int) -> None:
    """Counts what a call costs beyond what its scope does; raises RateLimited."""
    await _spend(connection, Bucket.CALLER, f"user:{caller.user_id}", cost)


async def count_address(connection: HTTPConnection, address: str) -> None:
    """Counts a call of an address without an account; raises RateLimited."""
    await _spend(connection, Bucket.ADDRESS, address)


async def count_guest(connection: HTTPConnection, address: str) -> None:
    """Counts a reading for a guest; raises RateLimited."""
    await _spend(connection, Bucket.GUEST_READINGS, address)


async def _anyone(request: Request, address: Address) -> None:
    await _spend(request, Bucket.ADDRESS, address)


async def count_password(connection: HTTPConnection, account: str) -> None:
    """Counts a try at an account's password; raises RateLimited, or LimitsUnknownError where nobody can count."""
    await _spend(connection, Bucket.LOGIN_ACCOUNT, account)


async def _login_form(
    request: Request, address: Address, form: Annotated[OAuth2PasswordRequestForm, Depends()]
) -> OAuth2PasswordRequestForm:
    await _spend(request, Bucket.LOGIN_ADDRESS, address)
    await count_password(request, account_key(form.username))
    return form


async def count_export(connection: HTTPConnection, caller: Caller) -> None:
    """Counts a download of all own data; raises RateLimited."""
    await _spend(connection, Bucket.EXPORTS, f"user:{caller.user_id}")


async def count_mail(connection: HTTPConnection, account: str) -> None:
    """Counts a mail, whether or not it will be sent; raises RateLimited."""
    await _spend(connection, Bucket.MAIL_ACCOUNT, account)


def account_key(email: str) -> str:
    """The same for every way to write an address, and it doesn't tell the address."""
    try:
        address = canonical_email(email)
    except InvalidEmailError:
        address = ""  # nobody has such an address, so all of them may share
    return hashlib.sha256(address.encode()).hexdigest()[:32]


LoginForm = Annotated[OAuth2PasswordRequestForm, Depends(_login_form)]
Anyone = Depends(_anyone)  # for a route's `dependencies`: no credentials, counted by address
FaceReader = Annotated[Caller | None, Security(_caller_or_guest, scopes=["analyze"])]  # None is a guest
ReadsFaces = Annotated[Caller, Security(_caller, scopes=["analyze"])]  # never a guest
ReadsVideos = Annotated[Caller, Security(_filmer, scopes=["analyze"])]
WatchesTasks = Annotated[Caller, Security(_watcher, scopes=["analyze"])]  # paid when the task was submitted
ComparesFaces = Annotated[Caller, Security(_caller, scopes=["match"])]
ReadsHistory = Annotated[Caller, Security(_caller, scopes=["history:read"])]
WritesHistory = Annotated[Caller, Security(_caller, scopes=["history:write"])]
CurrentUser = Annotated[Caller, Security(_caller, scopes=["account"])]
AdminUser = Annotated[Caller, Security(_caller, scopes=["admin"])]
