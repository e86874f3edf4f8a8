"""Answers that clients take slowly, or not at all."""

import asyncio

import pytest

from gwansang.core.open_connections import OpenConnections

pytestmark = pytest.mark.anyio


class FakeTransport:
    """A transport with something to send at every look."""

    def __init__(self) -> None:
        self.written = 0
        self.waiting = 10_000
        self.aborted = False

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def get_extra_info(self, _: str) -> "FakeTransport":
        return self

    def setsockopt(self, *_: int) -> None:
        return

    def abort(self) -> None:
        self.aborted = True


class FakeConnection:
    def __init__(self) -> None:
        self.address = "203.0.113.1"
        self.transport = FakeTransport()


async def test_a_client_that_takes_an_endless_answer_keeps_its_connection_and_another_loses_it() -> None:
    connections = OpenConnections(send_timeout_s=1.5)
    taking, silent = FakeConnection(), FakeConnection()
    for connection in (taking, silent):
        connections.enter(connection)
    while not silent.transport.aborted:
        taking.transport.written += 5_000  # as many as before wait at any time
        await asyncio.sleep(0.05)
    for connection in (taking, silent):
        connections.leave(connection)
    assert not taking.transport.aborted
