"""Callers: authentication, scopes, and the rate limit that each call is counted against."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import APIKeyIn
from fastapi.routing import APIRoute
from fastapi.security import OAuth2PasswordBearer
from fastapi.security.api_key import APIKeyBase
from starlette.requests import HTTPConnection
from starlette.types import Scope as HttpScope

from gwansang.core.addresses import client_address
from gwansang.core.exceptions import Unauthenticated
from gwansang.core.middleware.body_gate import BODY_HOLDER
from gwansang.core.rate_limit import Bucket, Quota
from gwansang.dependencies.services import container_of
from gwansang.services.accounts.auth_service import InactiveUserError
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


_QUERY_SECRETS = frozenset(("authorization", "auth", "bearer", "jwt", "credential", "credentials", "apikey", "xapikey"))
_OWN_QUERY = frozenset(("api_key", "ticket"))


class TokenInQueryError(Unauthenticated):
    """A token was sent in the URL, which ends up in logs; without this error its sender would be taken for a guest."""

    code = "TOKEN_IN_QUERY"
    title = "Tokens don't belong into the URL"


class TwoCredentialsError(Unauthenticated):
    """More than one credential was sent; which one counts would be a guess."""

    code = "TWO_CREDENTIALS"
    title = "Two credentials at once"


def _is_secret(name: str) -> bool:
    """Return whether a query parameter is what clients elsewhere send a token or key in."""
    plain = name.lower().replace("-", "").replace("_", "")
    return name not in _OWN_QUERY and ("token" in plain or plain in _QUERY_SECRETS)


class _AccessTokenScheme(OAuth2PasswordBearer):
    """Bearer token of a single Authorization header; "", which is no valid token, for any other use of that header.

    Raises TokenInQueryError for a token in the query.
    """

    async def __call__(self, connection: HTTPConnection) -> str | None:
        lines = connection.headers.getlist("authorization")
        if any(map(_is_secret, connection.query_params)):
            message = "A token in the URL is not taken: send it as a header, or open a socket with a ticket."
            raise TokenInQueryError(message)
        if not lines:
            return None
        scheme, _, token = lines[0].partition(" ")
        return token if len(lines) == 1 and scheme.lower() == "bearer" else ""


class _ApiKeyScheme(APIKeyBase):
    """API key from its header or, if the settings allow it, from the query; "", which is no valid key, for more than
    one key or for a key in a query that the settings do not allow."""

    async def __call__(self, connection: HTTPConnection) -> str | None:
        lines = connection.headers.getlist(self.model.name)
        in_query = connection.query_params.getlist("api_key")
        if not lines and not in_query:
            return None
        misplaced = bool(in_query) and not container_of(connection).edge.api_key_in_query
        return "" if misplaced or len(lines) + len(in_query) > 1 else next(iter((*lines, *in_query)))


_access_token = _AccessTokenScheme(
    tokenUrl="/api/v1/auth/login",
    refreshUrl="/api/v1/auth/refresh",
    scopes=SCOPES,
    scheme_name="AccessToken",
    auto_error=False,
)
_api_key = _ApiKeyScheme(APIKeyIn.header, "X-API-Key", "A key of `POST /keys`.", "ApiKey", auto_error=False)


def address_of(connection: HTTPConnection) -> str:
    """Return the address of the client that limits are counted against."""
    peer = connection.client.host if connection.client else None
    forwarded = connection.headers.getlist("x-forwarded-for")
    return client_address(peer, forwarded, container_of(connection).edge.trusted_proxies)


def body_holder(scope: HttpScope) -> str:
    """Return whose share the body of a request without a known user counts to."""
    return address_of(HTTPConnection(scope))


async def spend(connection: HTTPConnection, bucket: Bucket, spender: str, cost: int = 1) -> Quota:
    """Count a call, note the remaining quota for the response headers, and return it.

    Raises RateLimited, or LimitsUnknownError for a limit that guards passwords while nothing can be counted.
    """
    quota = await container_of(connection).limits.spend(bucket, spender, cost)
    noted: Quota | None = getattr(connection.state, "quota", None)
    if noted is None or quota.refused or quota.remaining * noted.amount < noted.remaining * quota.amount:
        connection.state.quota = quota
    quota.check()
    return quota


@asynccontextmanager
async def count_failure(connection: HTTPConnection, address: str) -> AsyncIterator[None]:
    """Count an authentication that fails in the block against the address that sent the credentials."""
    try:
        yield
    except (Unauthenticated, InactiveUserError):
        await spend(connection, Bucket.ADDRESS, address)
        raise


def user_key(caller: Caller) -> str:
    """Return the spender under which all API keys of a user count together."""
    return f"user:{caller.user_id}"


async def read_credentials(connection: HTTPConnection) -> tuple[str, ...]:
    """Return the access token and the API key of a connection; "" for one that can't be valid."""
    credentials = (await _access_token(connection), await _api_key(connection))
    return tuple(credential for credential in credentials if credential is not None)


async def _authenticate(
    request: Request,
    token: Annotated[str | None, Security(_access_token)],
    key: Annotated[str | None, Security(_api_key)],
) -> Caller | None:
    """Return the caller of the credentials, None if there are none; invalid ones count against their address."""
    if token is None and key is None:
        return None
    async with count_failure(request, address_of(request)):
        if token is not None and key is not None:
            raise TwoCredentialsError("Send an access token or an API key, not both.")
        if token is not None:
            caller = await container_of(request).auth.authenticate(token)
        else:
            caller = await container_of(request).keys.authenticate(key or "")
    request.state.caller = caller.id
    setattr(request.state, BODY_HOLDER, user_key(caller))
    return caller


_Authenticated = Annotated[Caller | None, Depends(_authenticate)]


async def _admit(request: Request, caller: Caller | None, scope: Scope, cost: int) -> Caller:
    if caller is None:
        await spend(request, Bucket.ADDRESS, address_of(request))
        raise Unauthenticated("Sign in, or send an API key.")
    await spend(request, Bucket.CALLER, user_key(caller), cost)
    caller.require(scope)
    return caller


def _caller_with(scope: Scope, cost: int | None = None) -> Any:  # noqa: ANN401 - what FastAPI's Security returns
    """Return the dependency on a caller with a scope, whose calls cost `cost` points instead of those of the scope."""
    points = COSTS.get(scope, 1) if cost is None else cost

    async def admit(request: Request, caller: _Authenticated) -> Caller:
        return await _admit(request, caller, scope, points)

    return Security(admit, scopes=[scope])


def _caller_or_guest(faces: int) -> Any:  # noqa: ANN401 - what FastAPI's Security returns
    """Return the dependency on a caller, or None for a guest, whose calls read so many faces."""

    async def admit(request: Request, caller: _Authenticated) -> Caller | None:
        if caller is None and container_of(request).edge.allow_guests:
            await spend(request, Bucket.GUEST_READINGS, address_of(request), faces)
            return None
        return await _admit(request, caller, "analyze", faces * COSTS["analyze"])

    return Security(admit, scopes=["analyze"])


async def _count_address(request: Request) -> None:
    await spend(request, Bucket.ADDRESS, address_of(request))


AddressLimit = Depends(_count_address)  # for a route's `dependencies`: no credentials, counted by address
FaceCallerOrGuest = Annotated[Caller | None, _caller_or_guest(1)]  # None for a guest
PairCallerOrGuest = Annotated[Caller | None, _caller_or_guest(2)]
FaceCaller = Annotated[Caller, _caller_with("analyze")]
VideoCaller = Annotated[Caller, _caller_with("analyze", COSTS["video"])]
TaskCaller = Annotated[Caller, _caller_with("analyze", 1)]  # the reading was paid for when its task was submitted
MatchCaller = Annotated[Caller, _caller_with("match")]
HistoryReader = Annotated[Caller, _caller_with("history:read")]
HistoryWriter = Annotated[Caller, _caller_with("history:write")]
CurrentUser = Annotated[Caller, _caller_with("account")]
AdminUser = Annotated[Caller, _caller_with("admin")]


async def admit_body(scope: HttpScope) -> None:
    """Raise RateLimited before a body is read for which its address has no calls left.

    FastAPI parses bodies of JSON and forms before it calls dependencies, so such a call would be refused only after
    its body was read. Nothing is spent here, and who proves to be a user is not limited by address.
    """
    connection = HTTPConnection(scope)
    route = scope.get("route")
    for_callers = isinstance(route, APIRoute) and _takes_caller(route.dependant)
    for_addresses = isinstance(route, APIRoute) and AddressLimit in route.dependencies
    if "quota" in scope["state"] or not (for_callers or for_addresses):
        return
    quota = await container_of(connection).limits.peek(Bucket.ADDRESS, address_of(connection))
    if quota.refused and not (for_callers and await _is_user(connection)):
        connection.state.quota = quota
        quota.check()


def _takes_caller(dependant: Dependant) -> bool:
    return dependant.call is _authenticate or any(map(_takes_caller, dependant.dependencies))


async def _is_user(connection: HTTPConnection) -> bool:
    try:
        credentials = await read_credentials(connection)
        await container_of(connection).tickets.authenticate("".join(credentials[:1]))
    except (Unauthenticated, InactiveUserError):
        return False
    return len(credentials) == 1
