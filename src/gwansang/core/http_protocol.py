"""The HTTP protocol of the server, with bounds on heads, on idle connections, and on the connections of one address.

uvicorn's own protocol reads request heads of any length and waits for them forever. This one is passed to uvicorn as
`http`; its settings come with the state of the application's lifespan, under OPEN_CONNECTIONS.
"""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gwansang.core.addresses import client_address

OPEN_CONNECTIONS: Final = "open_connections"  # key in the lifespan's state
LIVE_PATHS: Final = frozenset({b"/health", b"/health/live"})  # answered whatever the number of connections is
_MAX_HEAD_BYTES: Final = 64 * 1024
_MAX_HEADERS: Final = 100
_LINGER_S: Final = 1.0  # time for a refused client to stop sending and to read the answer


@dataclass(frozen=True, slots=True)
class _Refusal:
    status: HTTPStatus
    code: str
    title: str

    def answer(self) -> bytes:
        problem = {
            "type": "/problems/" + self.code.lower().replace("_", "-"),
            "title": self.title,
            "status": self.status,
            "detail": self.title,
            "error": {"code": self.code, "message": self.title},
        }
        body = json.dumps(problem).encode()
        head = (
            f"HTTP/1.1 {self.status} {self.status.phrase}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        return head.encode() + body


_HEAD_TOO_LARGE = _Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "HEADERS_TOO_LARGE", "The head of the request is too large"
)
_HEAD_TIMEOUT = _Refusal(HTTPStatus.REQUEST_TIMEOUT, "HEADERS_TIMEOUT", "The head of the request came too slowly")
_NOT_HTTP = _Refusal(HTTPStatus.BAD_REQUEST, "INVALID_HTTP", "This is no valid HTTP request")


@dataclass(slots=True)
class OpenConnections:
    """Connections of one event loop.

    per_address: how many one address may have, None for any number. head_timeout_s: time for the first byte and for the
    rest of a head. WebSockets are not counted here, they have limits of their own.
    """

    per_address: int | None = None
    head_timeout_s: float = 10.0
    _count: Counter[str] = field(default_factory=Counter)
    waiting: "dict[BoundedHttpProtocol, None]" = field(default_factory=dict)  # for a head, longest first

    def enter(self, address: str) -> None:
        self._count[address] += 1

    def leave(self, address: str) -> None:
        self._count[address] -= 1
        if not self._count[address]:
            del self._count[address]

    def exceeded(self, address: str) -> bool:
        return self.per_address is not None and self._count[address] > self.per_address


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection.

    A new connection beyond a limit takes the place of the one that has waited longest for a head, so that idle
    connections keep nobody out. If all others are at work, it gets a 503, unless it asks whether the process lives.
    """

    def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any], _loop: Any = None) -> None:  # noqa: ANN401 - uvicorn's own types
        super().__init__(config, server_state, app_state, _loop)
        self._open: OpenConnections = app_state.get(OPEN_CONNECTIONS) or OpenConnections()
        self._address: str | None = None  # None while the connection is not counted
        self._deadline: asyncio.TimerHandle | None = None
        self._in_head = False
        self._undelivered = 0  # bytes since the parser last made something of them
        self._fields = 0
        self._field_bytes = 0
        self._refused = False

    @property
    def _at_work(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own
        super().connection_made(transport)
        self._address = client_address(self.client[0] if self.client else None, (), 0)
        self._open.enter(self._address)
        if self._open.exceeded(self._address):
            self._evict(self._address)
        if self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency:
            self._evict(None)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._undelivered += len(data)
        super().data_received(data)
        if self.transport.is_closing() or self._address is None:
            return
        if self._undelivered > _MAX_HEAD_BYTES:
            self._refuse(_HEAD_TOO_LARGE)
        elif self._deadline is None and (self._in_head or not self._at_work):
            self._wait_for_head()

    def send_400_response(self, msg: str) -> None:
        self._refuse(_HEAD_TOO_LARGE if self._head_too_large() else _NOT_HTTP)

    def handle_websocket_upgrade(self) -> None:
        self._leave()
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        self._in_head = True
        self._fields = self._field_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count_field(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_field(name + value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._undelivered = 0
        self._stop_waiting()
        self.limit_concurrency = self._limit_of_request()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._undelivered = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._undelivered = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._at_work and not self.transport.is_closing() and self._address is not None:
            self._open.waiting[self] = None  # the keep-alive timeout of uvicorn runs

    def _limit_of_request(self) -> int | None:
        """Return the limit on all connections that this request is held to; 0 refuses it."""
        if self.url.partition(b"?")[0] in LIVE_PATHS:
            return None
        if self._address is not None and self._open.exceeded(self._address):
            return 0
        limit: int | None = self.config.limit_concurrency
        return limit

    def _count_field(self, content: bytes) -> None:
        """Count a part of the head or of a trailer; what is raised here ends in `send_400_response`."""
        self._fields += 1
        self._field_bytes += len(content)
        if self._head_too_large():
            raise ValueError("too large")

    def _head_too_large(self) -> bool:
        return self._fields > _MAX_HEADERS + 1 or self._field_bytes > _MAX_HEAD_BYTES

    def _wait_for_head(self) -> None:
        if not self._at_work:
            self._open.waiting.setdefault(self)
        self._deadline = self.loop.call_later(self._open.head_timeout_s, self._head_is_late)

    def _stop_waiting(self) -> None:
        self._open.waiting.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _head_is_late(self) -> None:
        self._deadline = None
        if self._at_work:
            self._wait_for_head()  # a pipelined request: the answer to the one before is not cut off
        elif self._in_head:
            self._refuse(_HEAD_TIMEOUT)
        else:
            self.transport.close()

    def _evict(self, address: str | None) -> None:
        """Close the connection, of this address or of any, that has waited longest for a head."""
        others = (other for other in self._open.waiting if address in (None, other._address))
        longest = next(others, None)
        if longest is not None:
            longest._leave()
            longest.transport.close()

    def _leave(self) -> None:
        self._stop_waiting()
        if self._address is not None:
            self._open.leave(self._address)
            self._address = None

    def _refuse(self, refusal: _Refusal) -> None:
        self._refused = True
        self._stop_waiting()
        self._unset_keepalive_if_required()
        if self._at_work or self.transport.is_closing():
            self.transport.close()
            return
        self.transport.write(refusal.answer())
        self.loop.call_later(_LINGER_S, self.transport.close)
