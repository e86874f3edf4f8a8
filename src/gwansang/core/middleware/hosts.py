"""Refusal of requests for a host that is not served here."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gwansang.core.exceptions import Malformed
from gwansang.core.middleware.error_boundary import ErrorResponder


class UnknownHostError(Malformed):
    code = "UNKNOWN_HOST"
    title = "Unknown host"


class TrustedHosts:
    """Allows exact names, all subdomains of `*.example.org`, or any host with `*` or an empty list."""

    def __init__(self, app: ASGIApp, *, allowed: Sequence[str], error_response: ErrorResponder) -> None:
        self.app = app
        self._any = not allowed or "*" in allowed
        self._exact = frozenset(name.lower() for name in allowed)
        self._suffixes = tuple(name[1:].lower() for name in allowed if name.startswith("*."))
        self._error_response = error_response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] not in ("http", "websocket")
            or self._any
            or self._is_allowed(Headers(scope=scope).get("host", ""))
        ):
            await self.app(scope, receive, send)
            return
        error = UnknownHostError("This host name is not served here.")
        await self._error_response(scope, error)(scope, receive, send)

    def _is_allowed(self, host: str) -> bool:
        name = host.lower() if host.endswith("]") else host.rpartition(":")[0].lower() or host.lower()
        return name in self._exact or bool(self._suffixes and name.endswith(self._suffixes))
