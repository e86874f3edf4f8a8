"""The Server-Timing header: the duration of an answer, for the network view of browsers and for monitoring of pages."""

from time import perf_counter

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class ServerTiming:
    """Adds `Server-Timing: total`, the milliseconds from a request's head to the head of its answer.

    Whole milliseconds: finer ones would tell a stranger what the noise of the network hides, such as whether a row
    exists.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = perf_counter()

        async def send_with_timing(message: Message) -> None:
            if message["type"] == "http.response.start":
                took_ms = (perf_counter() - started) * 1000
                MutableHeaders(scope=message).append("Server-Timing", f"total;dur={took_ms:.0f}")
            await send(message)

        await self.app(scope, receive, send_with_timing)
