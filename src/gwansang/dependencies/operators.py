"""Who may see what is for operators only: whoever knows the token, or, without one, whoever sits at the machine."""

import hmac
from ipaddress import ip_address

from fastapi import Depends
from starlette.requests import Request

from gwansang.core.exceptions import NotFound
from gwansang.dependencies.services import Services

_SIGNS_OF_A_PROXY = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


async def _operator(request: Request, services: Services) -> None:
    """Raises NotFound for everybody else, as for an address where nothing is."""
    token = services.edge.metrics_token
    known = _from_this_machine(request) if token is None else _knows(request, token)
    if not known:
        raise NotFound("There is nothing at this address.")


def _knows(request: Request, token: str) -> bool:
    lines = request.headers.getlist("authorization")
    scheme, _, sent = (lines[0] if len(lines) == 1 else "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(sent.encode(), token.encode())


def _from_this_machine(request: Request) -> bool:
    if request.client is None or any(name in request.headers for name in _SIGNS_OF_A_PROXY):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False


MetricsReader = Depends(_operator)
