"""WebSockets for tests: to the application in this process, or to a server of its own."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message
from websockets.sync.client import ClientConnection, connect

from tests.support.serving import Server

LIVE = "/api/v1/analysis/live"
_TIMEOUT_S = 30.0


class AsgiSocket:
    """Client side of a WebSocket to an application in this process."""

    def __init__(self) -> None:
        self.to_app: asyncio.Queue[Message] = asyncio.Queue()
        self.from_app: asyncio.Queue[Message] = asyncio.Queue()
        self.closed_with: int | None = None
        self.reason: str | None = None

    def send(self, message: bytes | str | Mapping[str, object]) -> None:
        """Send bytes and text as they are, anything else as JSON."""
        if isinstance(message, bytes):
            self.to_app.put_nowait({"type": "websocket.receive", "bytes": message})
            return
        text = message if isinstance(message, str) else json.dumps(message)
        self.to_app.put_nowait({"type": "websocket.receive", "text": text})

    def leave(self, code: int = 1001) -> None:
        self.to_app.put_nowait({"type": "websocket.disconnect", "code": code})

    async def event(self) -> Message:
        async with asyncio.timeout(_TIMEOUT_S):
            message = await self.from_app.get()
        if message["type"] == "websocket.close":
            self.closed_with, self.reason = message.get("code", 1000), message.get("reason")
        return message

    async def next(self) -> dict[str, Any]:
        """Return the next message; {} if the socket was closed."""
        message = await self.event()
        content: dict[str, Any] = json.loads(message["text"]) if message["type"] == "websocket.send" else {}
        return content

    async def problem(self) -> dict[str, Any]:
        """Return the problem that was sent before the socket was closed."""
        last: dict[str, Any] = {}
        while message := await self.next():
            last = message
        assert last["type"] == "error", last
        problem: dict[str, Any] = last["problem"]
        return problem

    async def refusal(self) -> tuple[int, dict[str, Any]]:
        """Return the status and the body of a refused opening."""
        start, body = await self.event(), await self.event()
        assert start["type"] == "websocket.http.response.start"
        return start["status"], json.loads(body["body"])


@asynccontextmanager
async def open_socket(app: ASGIApp, address: str = LIVE, *headers: tuple[str, str]) -> AsyncIterator[AsgiSocket]:
    """Yield a socket to an application that may refuse it, as the first event shows."""
    socket, parts = AsgiSocket(), urlsplit(address)
    named = {name for name, _ in headers}
    scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "headers": [
            *([] if "host" in named else [(b"host", b"test")]),
            *((name.encode(), value.encode()) for name, value in headers),
        ],
        "client": ("127.0.0.1", 50000),
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
    }
    socket.to_app.put_nowait({"type": "websocket.connect"})
    running = asyncio.ensure_future(app(scope, socket.to_app.get, socket.from_app.put))
    try:
        yield socket
    finally:
        socket.leave()
        async with asyncio.timeout(_TIMEOUT_S):
            await running


@asynccontextmanager
async def accepted_socket(app: ASGIApp, address: str = LIVE, *headers: tuple[str, str]) -> AsyncIterator[AsgiSocket]:
    """Yield a socket that the application has accepted."""
    async with open_socket(app, address, *headers) as socket:
        assert (await socket.event())["type"] == "websocket.accept"
        yield socket


def connect_socket(server: Server, path: str = LIVE, **options: object) -> ClientConnection:
    """Open a socket to a server in its own process."""
    url = f"ws://127.0.0.1:{server.port}{path}"
    return connect(url, **{"proxy": None, "open_timeout": 10, "compression": None, **options})


def receive_message(socket: ClientConnection) -> dict[str, Any]:
    """Return the next message."""
    message: dict[str, Any] = json.loads(socket.recv(timeout=60))
    return message
