"""Access for operators only: with the configured token, or, if none is set, from this machine."""

import hmac
from ipaddress import ip_address

from fastapi import Depends
from starlette.requests import Request

from gwansang.core.exceptions import NotFound
from gwansang.dependencies.services import container_of

_PROXY_HEADERS = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


async def _require_operator(request: Request) -> None:
    """Raise NotFound for everyone else, as for an address that does not exist."""
    token = container_of(request).edge.metrics_token
    allowed = is_local(request) if token is None else _has_token(request, token)
    if not allowed:
        raise NotFound("There is nothing at this address.")


def _has_token(request: Request, token: str) -> bool:
    lines = request.headers.getlist("authorization")
    scheme, _, sent = (lines[0] if len(lines) == 1 else "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(sent.encode(), token.encode())


def is_local(request: Request) -> bool:
    """Return whether the request comes from this machine, and through no proxy."""
    if request.client is None or any(name in request.headers for name in _PROXY_HEADERS):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False


OperatorOnly = Depends(_require_operator)
