"""The version of the API on each of its answers, and on answers of deprecated calls when they will end."""

from collections.abc import Callable, Iterable
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

VERSION_HEADER: Final = "API-Version"
DEPRECATION_HEADERS: Final = ("Deprecation", "Sunset", "Link")  # RFC 9745, RFC 8594, RFC 8288
DeprecationHeaders = Callable[[Scope], Iterable[tuple[str, str]]]


class ApiVersion:
    """Adds `API-Version` to answers below `prefix`, errors and refusals included, and the headers that
    `deprecation_headers` returns for the route that answers."""

    def __init__(self, app: ASGIApp, *, prefix: str, version: str, deprecation_headers: DeprecationHeaders) -> None:
        self.app = app
        self._prefix = f"{prefix}/"
        self._version = version
        self._deprecation_headers = deprecation_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._prefix):
            await self.app(scope, receive, send)
            return

        async def send_with_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[VERSION_HEADER] = self._version
                for name, value in self._deprecation_headers(scope):
                    headers.append(name, value)
            await send(message)

        await self.app(scope, receive, send_with_version)
