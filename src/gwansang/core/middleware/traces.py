"""The trace of a request: taken over from its header `traceparent`, or begun, if traces are recorded."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gwansang.core.middleware.access_log import METHODS, route_template
from gwansang.core.tracing import NO_TRACER, TracePosition, Tracer, inside_trace

_HEADER: Final = b"traceparent"
_PROBES: Final = ("/health", "/metrics")  # asked every few seconds by machines; their spans would bury all others
_SERVER_ERRORS: Final = 500


class Traces:
    """Puts the trace id of a request into its log lines. The `tracer` that the lifespan put into the scope's state
    records the request: method, route template and status, nothing else that the caller sent.

    A WebSocket has no span: it lives for minutes, and its frames would be thousands.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        given = [value for name, value in scope["headers"] if name == _HEADER]
        position = TracePosition.parse(given[0].decode("latin-1")) if len(given) == 1 else None
        tracer = scope.get("state", {}).get("tracer", NO_TRACER)
        if tracer.records and scope["type"] == "http" and not scope["path"].startswith(_PROBES):
            await self._record(tracer, position, scope, receive, send)
            return
        with inside_trace(position):
            await self.app(scope, receive, send)

    async def _record(
        self, tracer: Tracer, position: TracePosition | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        status = 0

        async def observe_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        with tracer.entry_span(method, "server", position, {"http.request.method": method}) as span:
            try:
                await self.app(scope, receive, observe_send)
            finally:
                route = route_template(scope)
                answered = {"http.response.status_code": status} if status else {}
                span.describe(f"{method} {route}", {"http.route": route, **answered})
                if status >= _SERVER_ERRORS:
                    span.fail(str(status))
