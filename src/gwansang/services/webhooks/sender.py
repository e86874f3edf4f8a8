"""Sends signed events to the receivers of webhooks, over connections to addresses that were checked."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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
_LOOKUPS: Final = 16  # of names at once; one that was given up keeps its thread until the resolver answers
_MAX_HEAD: Final = 16 * 1024
_MAX_ANSWER: Final = 64 * 1024
_READ: Final = 4096
_FAREWELL_S: Final = 1.0  # for the rest of an answer whose status is known


class SendError(Exception):
    """A message was not answered, for the reason in `fault`."""

    def __init__(self, fault: SendFault) -> None:
        super().__init__(fault)
        self.fault: SendFault = fault


def resolve_name(host: str, port: int) -> Sequence[str]:
    """Return every address of a host; raises OSError, UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def connect_to(address: str, port: int, tls: ssl.SSLContext | None, name: str | None) -> Streams:
    """Open a connection to an address, which is not resolved again; `name` is the one of the certificate."""
    return await asyncio.open_connection(address, port, ssl=tls, server_hostname=name, limit=_MAX_ANSWER)


class WebhookSender:
    """Sends each request over a connection of its own: no redirect is followed, no proxy is used, and the whole of it
    is limited in time and bytes. Names are resolved in threads that nothing else uses."""

    def __init__(
        self,
        *,
        resolve: Resolve | None = None,
        connect: Connect = connect_to,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        self._lookups = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="webhook-lookup")
        self._resolve = resolve or self._look_up
        self._connect = connect
        self._tls = tls
        self._timeout_s = timeout_s

    def close(self) -> None:
        """Take no further lookups, and do not wait for those that have not ended."""
        self._lookups.shutdown(wait=False, cancel_futures=True)

    async def post(self, target: WebhookTarget, headers: Mapping[str, str], body: bytes) -> int:
        """Send a body of JSON and return the status of the answer; raises SendError."""
        opened: Streams | None = None
        try:
            async with asyncio.timeout(self._timeout_s) as limit:
                opened = await self._open(target, limit)
                status = await _exchange(*opened, _request(target, headers, body), body)
            await _read_rest(opened[0])
            return status
        except TimeoutError:
            raise SendError("timeout") from None
        except ssl.SSLError as error:
            raise SendError("tls_failed") from error
        except (OSError, EOFError) as error:
            raise SendError("unreachable") from error
        except h11.ProtocolError as error:
            raise SendError("answer_invalid") from error
        finally:
            if opened is not None:
                opened[1].transport.abort()

    async def _open(self, target: WebhookTarget, limit: asyncio.Timeout) -> Streams:
        """Connect to one of the addresses that were checked; the name is resolved once."""
        try:
            addresses = await self._resolve(target.host, target.port)
        except (OSError, UnicodeError) as error:
            raise SendError("name_unknown") from error
        if not target.accepts(addresses):
            raise SendError("address_refused")
        tls = self._context() if target.tls else None
        name = target.host if tls else None
        *others, last = addresses[:_MAX_ADDRESSES]
        for number, address in enumerate(others):
            try:
                async with asyncio.timeout(_share(limit, len(others) - number + 2)):
                    return await self._connect(address, target.port, tls, name)
            except ssl.SSLError:
                raise
            except OSError:  # such as one without a route to it; a TimeoutError is one, too
                continue
        return await self._connect(last, target.port, tls, name)

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        return await asyncio.get_running_loop().run_in_executor(self._lookups, resolve_name, host, port)

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:  # made when it is needed: it loads the authorities of the system, 20 ms
            self._tls = ssl.create_default_context()
        return self._tls


def _share(limit: asyncio.Timeout, parts: int) -> float | None:
    """Return the seconds of one of so many equal parts of the time that is left until a limit."""
    end = limit.when()
    return None if end is None else max(0.0, end - asyncio.get_running_loop().time()) / parts


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
    return status


async def _read_rest(reader: asyncio.StreamReader) -> None:
    """Let the receiver end in order: read what follows the status for a moment, and look at none of it."""
    received = 0
    with suppress(OSError):
        async with asyncio.timeout(_FAREWELL_S):
            while received <= _MAX_ANSWER and (piece := await reader.read(_READ)):
                received += len(piece)
