"""Where the unexpected ends: an answer that tells nothing but the request id, and a log line that tells the rest."""

from collections.abc import Callable

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = structlog.get_logger("gwansang.errors")

Answer = Callable[[Scope, Exception], ASGIApp]


class ErrorBoundary:
    """Answers in the place of an application that raised; `answer` makes the response from the exception."""

    def __init__(self, app: ASGIApp, *, answer: Answer) -> None:
        self.app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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
