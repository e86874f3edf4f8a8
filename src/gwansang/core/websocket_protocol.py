"""The protocol of WebSockets of the server, with bounds on frames and on unread messages; passed to uvicorn as `ws`."""

import asyncio
from time import monotonic
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from gwansang.core.addresses import client_address
from gwansang.core.open_connections import OPEN_CONNECTIONS, OpenConnections

_FRAMES_PER_S, _MAX_FRAMES = 250.0, 500.0  # of a WebSocket, of any kind; its messages have a lower limit of their own
_PIECE_BYTES: Final = 1024  # of a WebSocket, between two looks at how many frames have come


class BoundedWebSocketProtocol(WebSocketsSansIOProtocol):
    """A WebSocket that counts among the connections of its address.

    It is aborted if its client takes no messages, or floods it with frames: one piece of 256 kB holds 40,000 pings,
    whose answers nothing else holds back.
    """

    def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any], _loop: Any = None) -> None:  # noqa: ANN401 - uvicorn's own types
        super().__init__(config, server_state, app_state, _loop)
        self._open: OpenConnections = app_state.get(OPEN_CONNECTIONS) or OpenConnections()
        self.address = ""
        self._frames_left = _MAX_FRAMES
        self._refilled_at = monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.address = client_address(self.client[0] if self.client else None, (), 0)
        self._open.enter(self)

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), _PIECE_BYTES):
            if not self.transport.is_closing():
                super().data_received(data[start : start + _PIECE_BYTES])

    def handle_cont(self, event: Frame) -> None:
        self._count_frame()
        super().handle_cont(event)

    def handle_ping(self) -> None:
        self._count_frame()
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()  # is discarded, because the client does not even take what was sent before

    def handle_pong(self, event: Frame) -> None:
        self._count_frame()
        super().handle_pong(event)

    def send_receive_event_to_app(self) -> None:
        self._count_frame()
        super().send_receive_event_to_app()

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.leave(self)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._open.pause(self)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._open.resume(self)

    def _count_frame(self) -> None:
        now = monotonic()
        self._frames_left = min(self._frames_left + (now - self._refilled_at) * _FRAMES_PER_S, _MAX_FRAMES) - 1
        self._refilled_at = now
        if self._frames_left < 0 and not self.transport.is_closing():
            self._open.refuse(self, "SOCKET_FLOOD")
            self.transport.abort()
