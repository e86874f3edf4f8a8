"""HEAD on everything that answers GET, as HTTP has it: the same headers, and no body."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Head:
    """Passes HEAD on as GET, and leaves the body of the answer out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        inner = {**scope, "method": "GET"}
        try:
            await self.app(inner, receive, send_without_body)
        finally:
            scope["route"] = inner.get("route")  # for the log and the metrics
