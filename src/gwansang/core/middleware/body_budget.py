"""Bound on the bytes of request bodies that the process holds at once.

Bytes count when they arrive, so a client gains nothing by announcing much and sending little. Once the budget is spent,
a body is read on only if it is among the oldest few, so that some always complete. The others are not read (the
connection's flow control stops their senders) until there is room again or their wait times out.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from gwansang.core.exceptions import Unavailable

_GUARANTEED = 4  # complete photos that keep the inference threads busy


class BodyBudgetError(Unavailable):
    """Carries `retry_after_s` in its context."""

    code = "INTAKE_FULL"
    title = "Too many uploads at once"


class BodyBudget:
    """Budget of one event loop.

    guaranteed: how many bodies, complete ones included, go on when the budget is spent.
    """

    def __init__(self, *, max_bytes: int, timeout_s: float, guaranteed: int = _GUARANTEED) -> None:
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._guaranteed = guaranteed
        self._unfinished: dict[BodyReservation, None] = {}  # oldest first
        self._complete: set[BodyReservation] = set()
        self._changed = asyncio.Event()
        self.held_bytes = 0

    @contextmanager
    def reserve(self) -> Iterator["BodyReservation"]:
        """Yield the reservation of one request; what it holds is released with the block."""
        reservation = BodyReservation(self)
        self._unfinished[reservation] = None
        try:
            yield reservation
        finally:
            self._unfinished.pop(reservation, None)
            self._complete.discard(reservation)
            reservation.release()

    async def wait(self, reservation: "BodyReservation") -> None:
        """Return when this body can be read on; raises BodyBudgetError if that takes too long."""
        if self._may_read(reservation):
            return
        try:
            async with asyncio.timeout(self._timeout_s):
                while not self._may_read(reservation):
                    await self._changed.wait()
        except TimeoutError:
            message = "The server holds as many uploads as it can; send yours again in a few seconds."
            raise BodyBudgetError(message, retry_after_s=5) from None

    def complete(self, reservation: "BodyReservation") -> None:
        """Count a body among the complete ones, which hold back younger ones while the budget is spent."""
        self._unfinished.pop(reservation, None)
        self._complete.add(reservation)
        self.wake()

    def wake(self) -> None:
        """Wake all waiting bodies to check the budget."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _may_read(self, reservation: "BodyReservation") -> bool:
        oldest = max(0, self._guaranteed - len(self._complete))
        return self.held_bytes < self._max_bytes or reservation in islice(self._unfinished, oldest)


class BodyReservation:
    """The part of a budget that one request holds."""

    def __init__(self, budget: BodyBudget) -> None:
        self._budget = budget
        self._held = 0

    async def wait(self) -> None:
        """Return when the body can be read on; raises BodyBudgetError if that takes too long."""
        await self._budget.wait(self)

    def add(self, size: int, *, last: bool) -> None:
        """Count bytes that have arrived."""
        self._held += size
        self._budget.held_bytes += size
        if last:
            self._budget.complete(self)

    def release(self) -> None:
        """Give back all bytes, because they were stored elsewhere or the request has ended."""
        self._budget.held_bytes -= self._held
        self._held = 0
        self._budget.wake()
