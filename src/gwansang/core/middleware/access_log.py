"""One log line per request or WebSocket, without anything that the caller sent but the method."""

from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = structlog.get_logger("gwansang.access")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class AccessLog:
    """Logs `http.request` with method, route template, status, milliseconds and the caller's id, if it is known, and
    `socket.closed` with the close code, or with the status of a refusal."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 0  # stays 0 if the client disconnects before an answer
        started = perf_counter()

        async def observe_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, observe_send)
        finally:
            _log.info(
                "http.request",
                method=scope["method"] if scope["method"] in METHODS else "other",
                route=route_template(scope),
                status=status,
                ms=round((perf_counter() - started) * 1000, 1),
                caller=scope.get("state", {}).get("caller"),
            )

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        codes: list[int] = []  # the first one counts; later ones are its echo
        started = perf_counter()

        async def observe_receive() -> Message:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                codes.append(message.get("code", 1005))
            return message

        async def observe_send(message: Message) -> None:
            if message["type"] == "websocket.close":
                codes.append(message.get("code", 1000))
            elif message["type"] == "websocket.http.response.start":
                codes.append(message["status"])
            await send(message)

        try:
            await self.app(scope, observe_receive, observe_send)
        finally:
            _log.info(
                "socket.closed",
                route=route_template(scope),
                code=codes[0] if codes else 1006,
                ms=round((perf_counter() - started) * 1000, 1),
                caller=scope.get("state", {}).get("caller"),
            )


def route_template(scope: Scope) -> str:
    """Return the template of the matched route such as /things/{id}, or "unmatched"."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "unmatched"
