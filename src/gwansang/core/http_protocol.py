"""The HTTP protocol of the server, with bounds on heads, on idle connections, on unread answers, and for each address.

uvicorn's own protocol reads heads of any length, waits for them forever, and keeps a connection until its client has
taken the last byte. This one is passed to uvicorn as `http`; its settings come with the state of the application's
lifespan, under OPEN_CONNECTIONS.
"""

import asyncio
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, NoReturn, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from gwansang.core.addresses import client_address
from gwansang.core.open_connections import OPEN_CONNECTIONS, CountedTransport, OpenConnections

LIVE_PATHS: Final = frozenset({b"/health", b"/health/live"})  # answered whatever the number of connections is
_MAX_HEAD_BYTES: Final = 64 * 1024
_MAX_HEADERS: Final = 100
_MAX_PIPELINED: Final = 16  # requests that wait for the answer to an earlier one of their connection
_LINGER_S: Final = 1.0  # time for a refused client to stop sending and to read the answer


@dataclass(frozen=True, slots=True)
class _Refusal:
    status: HTTPStatus
    code: str
    title: str
    retry_after_s: int | None = None

    def answer(self) -> bytes:
        problem = {
            "type": "/problems/" + self.code.lower().replace("_", "-"),
            "title": self.title,
            "status": self.status,
            "detail": self.title,
            "error": {"code": self.code, "message": self.title},
        }
        body = json.dumps(problem).encode()
        retry = "" if self.retry_after_s is None else f"retry-after: {self.retry_after_s}\r\n"
        head = (
            f"HTTP/1.1 {self.status} {self.status.phrase}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\n{retry}connection: close\r\n\r\n"
        )
        return head.encode() + body


_HEAD_TOO_LARGE = _Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "HEADERS_TOO_LARGE", "The head of the request is too large"
)
_HEAD_TIMEOUT = _Refusal(HTTPStatus.REQUEST_TIMEOUT, "HEADERS_TIMEOUT", "The head of the request came too slowly")
_NOT_HTTP = _Refusal(HTTPStatus.BAD_REQUEST, "INVALID_HTTP", "This is no valid HTTP request")
_TOO_MANY_PIPELINED = _Refusal(
    HTTPStatus.TOO_MANY_REQUESTS, "TOO_MANY_PIPELINED", "Too many requests wait on this connection", 1
)
_TOO_MANY_CONNECTIONS = _Refusal(
    HTTPStatus.SERVICE_UNAVAILABLE, "TOO_MANY_CONNECTIONS", "Too many connections are open", 5
)


class _PacedHttpProtocol(HttpToolsProtocol):
    """A connection that counts among those of its address until it is lost, and waits for the turns of its address."""

    def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any], _loop: Any = None) -> None:  # noqa: ANN401 - uvicorn's own types
        super().__init__(config, server_state, app_state, _loop)
        self.limit_concurrency = None  # `_busy` holds requests to it, and its refusal is a problem as all others are
        self._open: OpenConnections = app_state.get(OPEN_CONNECTIONS) or OpenConnections()
        self.address = ""
        self._cycles: list[RequestResponseCycle] = []  # of the requests that are not answered yet
        self._delayed: asyncio.TimerHandle | None = None
        self._counted = False  # the next request, as its first bytes have come
        self._in_head = False
        self._ended = False  # refused, or handed to another protocol

    @property
    def _at_work(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own
        super().connection_made(cast("asyncio.Transport", CountedTransport(transport)))
        self.address = client_address(self.client[0] if self.client else None, (), 0)
        self._open.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        if self._delayed is not None:
            self._delayed.cancel()
        self._open.leave(self)
        for cycle in self._cycles:  # uvicorn only knows the newest, and an older one would write to what is closed
            cycle.disconnected = not cycle.response_complete
            cycle.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._ended or self.transport.is_closing():
            return
        if not (self._counted or self._in_head or self._at_work):
            self._counted = True
            wait_s = self._open.begin_request(self.address)
            if wait_s > 0:
                self._delay(data, wait_s)
                return
        self._parse(data)

    def _delay(self, data: bytes, wait_s: float) -> None:
        """Begin a request later; the system's buffers stop the client meanwhile."""
        self._stop_waiting()
        self._unset_keepalive_if_required()
        self.transport.pause_reading()
        self._delayed = self.loop.call_later(wait_s, self._begin_delayed, data)

    def _begin_delayed(self, data: bytes) -> None:
        self._delayed = None
        if not self.transport.is_closing():
            self.transport.resume_reading()
            self._parse(data)

    def _parse(self, data: bytes) -> None:
        """Take bytes of a connection that is at its turn."""

    def _stop_waiting(self) -> None:
        """End the wait for a head."""

    def pause_writing(self) -> None:
        super().pause_writing()
        self._open.pause(self)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._open.resume(self)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._cycles = [cycle for cycle in (*self._cycles, self.cycle) if cycle and not cycle.response_complete]

    def on_body(self, body: bytes) -> None:
        """Let a piece of a body that the application takes alone, as large ones are, reach it without copies.

        uvicorn adds pieces to a bytearray and hands over a copy of it; bytes that are added to no bytes stay the same
        object. Further pieces that come meanwhile need the bytearray: to add to bytes copies all of them each time.
        """
        if self._at_work:
            kept: bytes | bytearray = self.cycle.body
            if not kept:
                self.cycle.body = b""  # type: ignore[assignment]  # uvicorn makes bytes of it
            elif isinstance(kept, bytes):
                self.cycle.body = bytearray(kept)
        super().on_body(body)

    def _busy(self, path: bytes) -> bool:
        """Return whether a request for a path meets a limit on connections or requests."""
        if path in LIVE_PATHS:
            return False
        limit = self.config.limit_concurrency
        full = limit is not None and max(len(self.connections), len(self.tasks)) >= limit
        return full or self._open.exceeded(self.address)


class BoundedHttpProtocol(_PacedHttpProtocol):
    """One connection.

    A new connection beyond a limit takes the place of the one that has waited longest for a head, so that idle
    connections keep nobody out. If all others are at work, it gets a 503, unless it asks whether the process lives.
    """

    def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any], _loop: Any = None) -> None:  # noqa: ANN401 - uvicorn's own types
        super().__init__(config, server_state, app_state, _loop)
        self._deadline: asyncio.TimerHandle | None = None
        self._undelivered = 0  # bytes since the parser last made something of them
        self._fields = 0
        self._field_bytes = 0
        self._reason = _NOT_HTTP  # why the parser was stopped

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own
        super().connection_made(transport)
        if self._open.floods(self):
            self._ended = True
            transport.pause_reading()
            # Later, unless there are too many already: a client that is refused at once comes again at once.
            self.loop.call_later(0.0 if self._open.exceeded(self.address) else _LINGER_S, transport.abort)
            return
        if self._open.exceeded(self.address):
            self._open.evict(self.address)
        limit = self.config.limit_concurrency
        if limit is not None and len(self.connections) >= limit:
            self._open.evict(None)
        self._wait_for_head()

    def _parse(self, data: bytes) -> None:
        self._undelivered += len(data)
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
        except httptools.HttpParserError:
            self._refuse(self._reason)
        if self._ended or self.transport.is_closing():
            return
        if self._undelivered > _MAX_HEAD_BYTES:
            self._refuse(_HEAD_TOO_LARGE)
        elif self._deadline is None and (self._in_head or not self._at_work):
            self._wait_for_head()

    def handle_websocket_upgrade(self) -> None:
        self._ended = True
        self._stop_waiting()
        self._open.leave(self)  # and the protocol of the WebSocket enters
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= _MAX_PIPELINED:
            self._stop_parser(_TOO_MANY_PIPELINED)
        if not self._counted:
            self._open.begin_request(self.address)  # sent ahead: those after it wait
        self._counted = False
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
        if not self._at_work and self._busy(self.url.partition(b"?")[0]):
            self._stop_parser(_TOO_MANY_CONNECTIONS)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._undelivered = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._undelivered = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if self.pipeline and self._busy(self.pipeline[-1][0].scope["raw_path"]):
            self.pipeline.clear()
            self.cycle = None  # type: ignore[assignment]  # as before the first request: none is at work
            self._refuse(_TOO_MANY_CONNECTIONS)
            return
        super().on_response_complete()
        if not self._at_work and not self.transport.is_closing():
            self._open.waiting[self] = None  # the keep-alive timeout of uvicorn runs

    def _count_field(self, content: bytes) -> None:
        """Count a part of the head or of a trailer."""
        self._fields += 1
        self._field_bytes += len(content)
        if self._fields > _MAX_HEADERS + 1 or self._field_bytes > _MAX_HEAD_BYTES:
            self._stop_parser(_HEAD_TOO_LARGE)

    def _stop_parser(self, reason: _Refusal) -> NoReturn:
        """Let `data_received` refuse; the parser makes an HttpParserError of what its callbacks raise."""
        self._reason = reason
        raise ValueError(reason.code)

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

    def _refuse(self, refusal: _Refusal) -> None:
        self._ended = True
        self._stop_waiting()
        self._unset_keepalive_if_required()
        self._open.refuse(self, refusal.code)
        if self._at_work or self.transport.is_closing():
            self.transport.close()
            return
        self.transport.write(refusal.answer())
        self.loop.call_later(_LINGER_S, self.transport.close)
