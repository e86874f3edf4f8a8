"""Refuses requests that name a host which is not ours."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gwansang.core.exceptions import Malformed
from gwansang.core.middleware.boundary import Answer


class UnknownHostError(Malformed):
    code = "UNKNOWN_HOST"
    title = "Unknown host"


class TrustedHosts:
    """`allowed` holds exact names, `*.example.org` for all below a name, or `*` for any; none named means any."""

    def __init__(self, app: ASGIApp, *, allowed: Sequence[str], answer: Answer) -> None:
        self.app = app
        self._any = not allowed or "*" in allowed
        self._exact = frozenset(name.lower() for name in allowed)
        self._suffixes = tuple(name[1:].lower() for name in allowed if name.startswith("*."))
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] not in ("http", "websocket")
            or self._any
            or self._is_ours(Headers(scope=scope).get("host", ""))
        ):
            await self.app(scope, receive, send)
            return
        refusal = UnknownHostError("This host name is not served here.")
        await self._answer(scope, refusal)(scope, receive, send)

    def _is_ours(self, host: str) -> bool:
        name = host.lower() if host.endswith("]") else host.rpartition(":")[0].lower() or host.lower()
        return name in self._exact or bool(self._suffixes and name.endswith(self._suffixes))
