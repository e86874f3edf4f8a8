"""Who opens a WebSocket: from which site, with which credentials, and what that costs."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from gwansang.core.exceptions import Forbidden, Unauthenticated
from gwansang.dependencies.callers import COSTS, count_address, count_guest, count_points, presented
from gwansang.dependencies.services import container_of
from gwansang.services.accounts.auth_service import TokenInvalidError
from gwansang.services.accounts.caller import Caller, Scope

TICKET = "ticket"  # the query parameter


class ForeignOriginError(Forbidden):
    code = "FOREIGN_ORIGIN"
    title = "Not from this site"


def check_origin(connection: HTTPConnection, allowed: Sequence[str]) -> None:
    """Raises ForeignOriginError for a page of a site that is neither allowed nor ours; who sends no Origin is no
    browser. CORS does not cover WebSockets: a page may open them to anyone."""
    origins = connection.headers.getlist("origin")
    if not origins or "*" in allowed:
        return
    host = connection.headers.get("host", "").lower()
    ours = bool(host) and urlsplit(origins[0].lower()).netloc == host
    if len(origins) > 1 or not (ours or origins[0].rstrip("/") in allowed):
        raise ForeignOriginError("Pages of this site may not open connections here.")


async def caller_at_the_door(connection: HTTPConnection, address: str) -> Caller | None:
    """Who stands behind the headers or the ticket, None where there is neither; raises Unauthenticated."""
    tickets = connection.query_params.getlist(TICKET)
    shown = await presented(connection)
    if not tickets and not shown:
        return None
    try:
        if len(tickets) + len(shown) > 1:
            raise TokenInvalidError("Send one access token, API key or ticket.")
        services = container_of(connection)
        known = services.tickets.redeem(tickets[0]) if tickets else services.tickets.known(shown[0])
        return await known
    except Unauthenticated:
        await count_address(connection, address)
        raise


async def caller_of_message(connection: HTTPConnection, address: str, token: str | None) -> Caller:
    """Who stands behind the token of a first message, None where that held none; raises Unauthenticated."""
    try:
        if token is None:
            raise Unauthenticated("Send an access token, an API key or a ticket.")
        return await container_of(connection).tickets.known(token)
    except Unauthenticated:
        await count_address(connection, address)
        raise


async def count_opening(connection: HTTPConnection, address: str, caller: Caller | None, scope: Scope) -> None:
    """Counts what a connection costs a caller or a guest; raises RateLimited, ScopeMissingError."""
    if caller is None:
        await count_guest(connection, address)
        return
    await count_points(connection, caller, COSTS.get(scope, 1))
    caller.require(scope)
