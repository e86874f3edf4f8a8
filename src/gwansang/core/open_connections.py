"""The connections of one event loop: how many each address has, which of them are idle, and which take no answers."""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final, Protocol

import structlog

OPEN_CONNECTIONS: Final = "open_connections"  # key in the lifespan's state
_LOOKS: Final = 6  # at every connection, in the time that an answer may stay where it is
_LEAST_SENT_PER_S: Final = 1024  # bytes of an answer that a client has to take
_MAX_UNSENT_BYTES: Final = 64 * 1024 * 1024  # of all answers that wait for their clients
_MAX_UNSENT_OF_ADDRESS: Final = 8 * 1024 * 1024
_BURST_S: Final = 2.0  # what an address may spend at once, in seconds of its pace
_REFUSAL_COST: Final = 10.0  # in requests: whoever floods is heard less
_MAX_IN_SYSTEM: Final = 128 * 1024  # unsent bytes of a connection in the system's own buffer
_LOG_PAUSE_S: Final = 10.0
_log = structlog.get_logger("gwansang.connections")


class CountedTransport:
    """A transport that counts the bytes written to it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.written = 0

    def write(self, data: bytes) -> None:
        self.written += len(data)
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a transport has
        return getattr(self._transport, name)


class Connection(Protocol):
    """A connection, whatever protocol it speaks."""

    address: str

    @property
    def transport(self) -> Any:  # noqa: ANN401 - uvicorn calls it an asyncio.Transport; it is a CountedTransport
        ...


@dataclass(slots=True)
class _Unsent:
    """Bytes that a client has taken at the begin of the window in which it has to take more."""

    taken: int
    since: float


@dataclass(slots=True)
class Pace:
    """How fast requests and new connections of an address are begun; those beyond it wait for their turn.

    Refusals cost the event loop a millisecond each, so that thousands of them would slow all others down.
    """

    per_s: float
    _spent: dict[str, tuple[float, float]] = field(default_factory=dict)  # of the burst, and when that was

    @property
    def burst(self) -> float:
        """How many may come at once."""
        return _BURST_S * self.per_s

    def spend(self, address: str, cost: float = 1.0) -> float:
        """Count a request or a connection, and return the seconds that it has to wait."""
        spent = self._left(address) + cost
        self._spent[address] = (spent, monotonic())
        return max(0.0, spent - self.burst) / self.per_s

    def forget(self) -> None:
        """Forget addresses that have been quiet."""
        for address in [address for address in self._spent if not self._left(address)]:
            del self._spent[address]

    def _left(self, address: str) -> float:
        spent, at = self._spent.get(address, (0.0, 0.0))
        return max(0.0, spent - (monotonic() - at) * self.per_s)


@dataclass(slots=True)
class OpenConnections:
    """Connections of one event loop.

    per_address: how many one address may have, None for any number. pace: of the requests of an address.
    head_timeout_s: time for the first byte and for the rest of a head. send_timeout_s: how long an answer may lie here
    while its client takes less than a KiB a second; after that, and when all such answers together grow too large, the
    connection is aborted. observe: called with the code of each refusal.
    """

    per_address: int | None = None
    pace: Pace | None = None
    head_timeout_s: float = 10.0
    send_timeout_s: float = 30.0
    observe: Callable[[str], None] = lambda code: None
    waiting: dict[Connection, None] = field(default_factory=dict)  # for a head, longest first
    _count: Counter[str] = field(default_factory=Counter)
    _unsent: dict[Connection, _Unsent] = field(default_factory=dict)
    _paused: dict[Connection, None] = field(default_factory=dict)  # have more to send than fits, longest first
    _next_look: asyncio.TimerHandle | None = None
    _unlogged: Counter[str] = field(default_factory=Counter)
    _log_at: dict[str, float] = field(default_factory=dict)

    def enter(self, connection: Connection) -> None:
        """Count a connection until it leaves."""
        _show_unsent(connection.transport)
        self._count[connection.address] += 1
        self._unsent[connection] = _Unsent(0, monotonic())
        if self._next_look is None:
            self._look_later()

    def leave(self, connection: Connection) -> None:
        """Forget a connection that is lost, or that another protocol has entered in its place."""
        self.waiting.pop(connection, None)
        self._paused.pop(connection, None)
        if self._unsent.pop(connection, None) is not None:
            self._count[connection.address] -= 1
            if not self._count[connection.address]:
                del self._count[connection.address]

    def begin_request(self, address: str) -> float:
        """Count a request and return the seconds that it has to wait, so that its address keeps the pace."""
        return 0.0 if self.pace is None else self.pace.spend(address)

    def floods(self, connection: Connection) -> bool:
        """Count a new connection; return whether its address is so far beyond the pace that it would wait in vain."""
        if self.pace is None or self.pace.spend(connection.address) * self.pace.per_s <= self.pace.burst:
            return False
        self.note("CONNECTION_FLOOD")
        return True

    def exceeded(self, address: str) -> bool:
        """Return whether an address has more connections than it may have."""
        return self.per_address is not None and self._count[address] > self.per_address

    def evict(self, address: str | None) -> None:
        """Abort the connection, of this address or of any, that has waited longest for a head."""
        others = (other for other in self.waiting if address in (None, other.address))
        longest = next(others, None)
        if longest is not None:
            self._abort(longest, "IDLE_CONNECTION")

    def pause(self, connection: Connection) -> None:
        """Note that a client does not take an answer as fast as it is sent."""
        self._paused.setdefault(connection)
        sizes = {each: each.transport.get_write_buffer_size() for each in self._paused}
        by_address: Counter[str] = Counter()
        for each, size in sizes.items():
            by_address[each.address] += size
        while by_address:
            heaviest, size = by_address.most_common(1)[0]
            if size <= self._max_unsent_of_address and by_address.total() <= _MAX_UNSENT_BYTES:
                return
            longest = next(each for each in sizes if each.address == heaviest)
            by_address[heaviest] -= sizes.pop(longest)
            self._abort(longest, "ANSWERS_NOT_TAKEN")

    def resume(self, connection: Connection) -> None:
        """Note that a client has taken nearly all that was sent."""
        self._paused.pop(connection, None)

    def refuse(self, connection: Connection, code: str) -> None:
        """Count a refusal that a client has caused by what it sent, also against the pace of its address."""
        self.note(code)
        self.charge_refusal(connection.address)

    def charge_refusal(self, address: str) -> None:
        """Count a refusal against the pace of an address."""
        if self.pace is not None:
            self.pace.spend(address, _REFUSAL_COST)

    def note(self, code: str) -> None:
        """Count a refusal, and log it unless the same one was logged a moment ago."""
        self.observe(code)
        self._unlogged[code] += 1
        if monotonic() >= self._log_at.get(code, 0.0):
            _log.warning("connection.refused", code=code, count=self._unlogged.pop(code))
            self._log_at[code] = monotonic() + _LOG_PAUSE_S

    @property
    def _max_unsent_of_address(self) -> int:
        return _MAX_UNSENT_BYTES if self.per_address is None else _MAX_UNSENT_OF_ADDRESS

    def _abort(self, connection: Connection, code: str) -> None:
        """Drop a connection with all that was not sent yet; `close` would wait for a client that reads nothing."""
        self.waiting.pop(connection, None)
        self._paused.pop(connection, None)
        connection.transport.abort()
        self.note(code)

    def _look_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._next_look = loop.call_later(self.send_timeout_s / _LOOKS, self._look)

    def _look(self) -> None:
        """Abort the connections whose clients do not take what was sent."""
        self._next_look = None
        now = monotonic()
        for connection, before in list(self._unsent.items()):
            size = connection.transport.get_write_buffer_size()
            taken = connection.transport.written - size
            if size == 0 or taken - before.taken >= _LEAST_SENT_PER_S * self.send_timeout_s:
                self._unsent[connection] = _Unsent(taken, now)
            elif now - before.since >= self.send_timeout_s:
                self._abort(connection, "ANSWERS_NOT_TAKEN")
        if self.pace is not None:
            self.pace.forget()
        if self._unsent:
            self._look_later()


def _show_unsent(transport: CountedTransport) -> None:
    """Let the system take 128 KiB of an answer at most beyond what it has sent, instead of megabytes.

    So what a client has not taken shows, and a slow client differs from one that reads nothing.
    """
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)  # Linux and macOS
    if option is not None:
        with suppress(OSError):  # no TCP
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, option, _MAX_IN_SYSTEM)
