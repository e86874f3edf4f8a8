"""Answers to unexpected errors: the client gets the request id and nothing else, the log gets the traceback."""

from collections.abc import Callable
from contextlib import suppress

import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = structlog.get_logger("gwansang.errors")

ErrorResponder = Callable[[Scope, Exception], Response]


class ErrorBoundary:
    """Answers for an application that raised; `error_response` makes the answer from the exception."""

    def __init__(self, app: ASGIApp, *, error_response: ErrorResponder) -> None:
        self.app = app
        self._error_response = error_response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._guard_socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def observe_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, observe_send)
        except ClientDisconnect:
            _log.info("http.client_disconnected")
        except Exception as error:  # the one place that has to catch everything: callers are promised an answer
            _log.exception("http.unexpected_error")
            if started:
                raise
            await self._error_response(scope, error)(scope, receive, send)

    async def _guard_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        opened = closed = False

        async def observe_send(message: Message) -> None:
            nonlocal opened, closed
            opened = opened or message["type"] == "websocket.accept"
            closed = closed or message["type"] == "websocket.close"
            await send(message)

        try:
            await self.app(scope, receive, observe_send)
        except Exception as error:  # as above
            _log.exception("socket.unexpected_error")
            if not opened:
                await self._error_response(scope, error)(scope, receive, send)
            elif not closed:
                with suppress(OSError):  # the client may be gone
                    await self._send_problem(scope, error, send)

    async def _send_problem(self, scope: Scope, error: Exception, send: Send) -> None:
        problem = bytes(self._error_response(scope, error).body).decode()
        await send({"type": "websocket.send", "text": f'{{"type":"error","problem":{problem}}}'})
        await send({"type": "websocket.close", "code": 1011})
