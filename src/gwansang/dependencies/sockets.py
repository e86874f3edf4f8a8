"""Opening of WebSockets: allowed origins, credentials, and the rate limit that an opening is counted against."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from gwansang.core.exceptions import Forbidden, Unauthenticated
from gwansang.core.rate_limit import Bucket
from gwansang.dependencies.callers import COSTS, TwoCredentialsError, count_failure, read_credentials, spend, user_key
from gwansang.dependencies.services import container_of
from gwansang.services.accounts.caller import Caller, Scope

TICKET = "ticket"  # the query parameter


class ForeignOriginError(Forbidden):
    code = "FOREIGN_ORIGIN"
    title = "Not from this site"


def check_origin(connection: HTTPConnection, allowed: Sequence[str]) -> None:
    """Raise ForeignOriginError for a page of a site that is neither allowed nor this one.

    Clients without an Origin are no browsers. CORS does not cover WebSockets: any page can open one to any site.
    """
    origins = connection.headers.getlist("origin")
    if not origins or "*" in allowed:
        return
    host = connection.headers.get("host", "").lower()
    same_site = bool(host) and urlsplit(origins[0].lower()).netloc == host
    if len(origins) > 1 or not (same_site or origins[0].rstrip("/") in allowed):
        raise ForeignOriginError("Pages of this site may not open connections here.")


async def authenticate_opening(connection: HTTPConnection, address: str) -> Caller | None:
    """Return the caller of the headers or the ticket, None if there is neither; raises Unauthenticated."""
    tickets = connection.query_params.getlist(TICKET)
    async with count_failure(connection, address):
        credentials = await read_credentials(connection)
        if not tickets and not credentials:
            return None
        if len(tickets) + len(credentials) > 1:
            raise TwoCredentialsError("Send one access token, API key or ticket.")
        service = container_of(connection).tickets
        return await (service.redeem(tickets[0]) if tickets else service.authenticate(credentials[0]))


async def authenticate_message(connection: HTTPConnection, address: str, token: str | None) -> Caller:
    """Return the caller of the token in a first message; raises Unauthenticated, also if there was no token."""
    async with count_failure(connection, address):
        if token is None:
            raise Unauthenticated("Send an access token, an API key or a ticket.")
        return await container_of(connection).tickets.authenticate(token)


async def count_opening(connection: HTTPConnection, address: str, caller: Caller | None, scope: Scope) -> None:
    """Count an opening against the limit of its caller or guest; raises RateLimited, ScopeMissingError."""
    if caller is None:
        await spend(connection, Bucket.GUEST_READINGS, address)
        return
    await spend(connection, Bucket.CALLER, user_key(caller), COSTS.get(scope, 1))
    caller.require(scope)
