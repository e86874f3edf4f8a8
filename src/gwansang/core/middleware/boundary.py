"""Where the unexpected ends: an answer that tells nothing but the request id, and a log line that tells the rest."""

from collections.abc import Callable
from contextlib import suppress

import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = structlog.get_logger("gwansang.errors")

Answer = Callable[[Scope, Exception], Response]


class ErrorBoundary:
    """Answers in the place of an application that raised; `answer` makes the response from the exception."""

    def __init__(self, app: ASGIApp, *, answer: Answer) -> None:
        self.app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._guard_socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except ClientDisconnect:
            _log.info("http.client_gone")
        except Exception as error:  # the one place that must catch everything: callers are promised an answer
            _log.exception("http.unexpected_error")
            if started:
                raise
            await self._answer(scope, error)(scope, receive, send)

    async def _guard_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        opened = closed = False

        async def send_and_note(message: Message) -> None:
            nonlocal opened, closed
            opened = opened or message["type"] == "websocket.accept"
            closed = closed or message["type"] == "websocket.close"
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except Exception as error:  # as above
            _log.exception("socket.unexpected_error")
            if not opened:
                await self._answer(scope, error)(scope, receive, send)
            elif not closed:
                with suppress(OSError):  # the client may be gone
                    await self._tell(scope, error, send)

    async def _tell(self, scope: Scope, error: Exception, send: Send) -> None:
        problem = bytes(self._answer(scope, error).body).decode()
        await send({"type": "websocket.send", "text": f'{{"type":"error","problem":{problem}}}'})
        await send({"type": "websocket.close", "code": 1011})
