"""Counts and durations of requests, by route template and never by path."""

from time import perf_counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gwansang.core.meters import Meters
from gwansang.core.middleware.access_log import METHODS, route_template


class Metrics:
    """Uses the `meters` that the lifespan put into the scope's state; without them nothing is counted."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        meters = scope.get("state", {}).get("meters")
        if not isinstance(meters, Meters) or scope["type"] not in _KINDS:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            with meters.sockets.track_inprogress():
                await self.app(scope, receive, send)
        else:
            await self._observe(meters, scope, receive, send)

    async def _observe(self, meters: Meters, scope: Scope, receive: Receive, send: Send) -> None:
        status = 0
        started = perf_counter()

        async def observe_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        meters.in_flight.inc()
        try:
            await self.app(scope, receive, observe_send)
        finally:
            meters.in_flight.dec()
            method = scope["method"] if scope["method"] in METHODS else "other"
            meters.observe_request(route_template(scope), method, status, perf_counter() - started)


_KINDS: Final = ("http", "websocket")
