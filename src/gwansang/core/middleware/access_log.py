"""One log line a request or WebSocket, with nothing of what the caller sent but the method."""

from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = structlog.get_logger("gwansang.access")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class AccessLog:
    """Logs `http.request` with method, route template, status, milliseconds, and the caller's id where it is known;
    `socket.closed` with its close code, or the status where it was refused."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 0  # stays 0 where the client went away before an answer
        started = perf_counter()

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
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
        codes: list[int] = []  # the first is how it ended; what follows is its echo
        started = perf_counter()

        async def receive_and_note() -> Message:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                codes.append(message.get("code", 1005))
            return message

        async def send_and_note(message: Message) -> None:
            if message["type"] == "websocket.close":
                codes.append(message.get("code", 1000))
            elif message["type"] == "websocket.http.response.start":
                codes.append(message["status"])
            await send(message)

        try:
            await self.app(scope, receive_and_note, send_and_note)
        finally:
            _log.info(
                "socket.closed",
                route=route_template(scope),
                code=codes[0] if codes else 1006,
                ms=round((perf_counter() - started) * 1000, 1),
                caller=scope.get("state", {}).get("caller"),
            )


def route_template(scope: Scope) -> str:
    """The matched route's template such as /things/{id}; "unmatched" for anything else a caller made up."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "unmatched"
