"""Sends signed events to the receivers of webhooks, over connections to addresses that were checked."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, Literal

import h11

from gwansang.services.webhooks.targets import WebhookTarget

SendFault = Literal["name_unknown", "address_refused", "unreachable", "tls_failed", "timeout", "answer_invalid"]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Connect = Callable[[str, int, ssl.SSLContext | None, str | None], Awaitable[Streams]]
_TIMEOUT_S: Final = 10.0
_MAX_ADDRESSES: Final = 3  # of one name, that are tried
_MAX_HEAD: Final = 16 * 1024
_MAX_ANSWER: Final = 64 * 1024
_READ: Final = 4096
_FAREWELL_S: Final = 1.0  # for the rest of an answer whose status is known


class SendError(Exception):
    """A message was not answered, for the reason in `fault`."""

    def __init__(self, fault: SendFault) -> None:
        super().__init__(fault)
        self.fault: SendFault = fault


async def resolve_name(host: str, port: int) -> Sequence[str]:
    """Return every address of a host; raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def connect_to(address: str, port: int, tls: ssl.SSLContext | None, name: str | None) -> Streams:
    """Open a connection to an address, which is not resolved again; `name` is the one of the certificate."""
    return await asyncio.open_connection(address, port, ssl=tls, server_hostname=name, limit=_MAX_ANSWER)


class WebhookSender:
    """Sends one request at a time over a connection of its own: no redirect is followed, no proxy is used, and the
    whole of it is limited in time and bytes."""

    def __init__(
        self,
        *,
        resolve: Resolve = resolve_name,
        connect: Connect = connect_to,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        self._resolve = resolve
        self._connect = connect
        self._tls = tls
        self._timeout_s = timeout_s

    async def post(self, target: WebhookTarget, headers: Mapping[str, str], body: bytes) -> int:
        """Send a body of JSON and return the status of the answer; raises SendError."""
        try:
            async with asyncio.timeout(self._timeout_s):
                reader, writer = await self._open(target)
                try:
                    return await _exchange(reader, writer, _request(target, headers, body), body)
                finally:
                    writer.transport.abort()
        except TimeoutError:
            raise SendError("timeout") from None
        except ssl.SSLError as error:
            raise SendError("tls_failed") from error
        except (OSError, EOFError) as error:
            raise SendError("unreachable") from error
        except h11.ProtocolError as error:
            raise SendError("answer_invalid") from error

    async def _open(self, target: WebhookTarget) -> Streams:
        """Connect to one of the addresses that were checked; the name is resolved once."""
        try:
            addresses = await self._resolve(target.host, target.port)
        except (OSError, UnicodeError) as error:
            raise SendError("name_unknown") from error
        if not target.accepts(addresses):
            raise SendError("address_refused")
        tls = self._context() if target.tls else None
        *others, last = addresses[:_MAX_ADDRESSES]
        for address in others:
            with suppress(ConnectionError):
                return await self._connect(address, target.port, tls, target.host if tls else None)
        return await self._connect(last, target.port, tls, target.host if tls else None)

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:  # made when it is needed: it loads the authorities of the system, 20 ms
            self._tls = ssl.create_default_context()
        return self._tls


def _request(target: WebhookTarget, headers: Mapping[str, str], body: bytes) -> h11.Request:
    own = {
        "Host": target.authority,
        "User-Agent": "GwanSang-AI-Webhooks/1",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    return h11.Request(method="POST", target=target.path, headers=[*own.items(), *headers.items()])


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: h11.Request, body: bytes
) -> int:
    """Send a request and return the status of its final answer; informational ones count against the limit."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD)
    for part in (request, h11.Data(data=body), h11.EndOfMessage()):
        writer.write(connection.send(part) or b"")
    await writer.drain()
    received, status = 0, None
    while status is None:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            piece = await reader.read(_READ)
            received += len(piece)
            if received > _MAX_ANSWER:
                raise h11.RemoteProtocolError("the answer has no end")
            connection.receive_data(piece)
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.ConnectionClosed):
            raise h11.RemoteProtocolError("there was no answer")
    with suppress(OSError, TimeoutError):  # lets the receiver end in order; the content is not looked at
        async with asyncio.timeout(_FAREWELL_S):
            while received <= _MAX_ANSWER and (piece := await reader.read(_READ)):
                received += len(piece)
    return status
