"""Bound on the bytes of request bodies that the process holds at once.

Bytes count when they arrive, so a client gains nothing by announcing much and sending little. Once the budget is spent,
a body is read on only if it is among the oldest few, so that some always complete, or if it is small. The others are
not read (the connection's flow control stops their senders) until there is room again or their wait times out.

No caller can take it all: of one caller at most two unfinished bodies are read at a time, and the second only while
all of the caller's hold less than a quarter of the budget. Small bodies are beside these two, and among the oldest few
they take nobody's place, but they count to their caller's share, and hold at most a quarter of the reserve for them.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from gwansang.core.exceptions import Unavailable

_GUARANTEED = 4  # complete photos that keep the inference threads busy
_UNFINISHED_OF_CALLER = 2
_SHARE_OF_CALLER = 1 / 4
_RESERVE = 1 / 8  # of the budget, beyond it, for small bodies


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
        self._unfinished: dict[BodyReservation, None] = {}  # oldest first, without small ones
        self._of_holder: dict[str, dict[BodyReservation, None]] = {}  # unfinished ones, oldest first
        self._complete: set[BodyReservation] = set()  # without small ones
        self._changed = asyncio.Event()
        self.held_bytes = 0

    @contextmanager
    def reserve(self, *, small: bool = False) -> Iterator["BodyReservation"]:
        """Yield the reservation of one request; what it holds is released with the block.

        small: whether its body is certainly small, so that it needs not wait for large ones.
        """
        reservation = BodyReservation(self, small=small)
        if not small:
            self._unfinished[reservation] = None
        try:
            yield reservation
        finally:
            self._finish(reservation)
            self._complete.discard(reservation)
            reservation.release()

    def assign(self, reservation: "BodyReservation", holder: str) -> None:
        """Count an unfinished body to a caller's share."""
        self._of_holder.setdefault(holder, {})[reservation] = None
        reservation.holder = holder

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
        self._finish(reservation)
        if not reservation.small:
            self._complete.add(reservation)
        self.wake()

    def wake(self) -> None:
        """Wake all waiting bodies to check the budget."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _finish(self, reservation: "BodyReservation") -> None:
        self._unfinished.pop(reservation, None)
        if reservation.holder is not None:
            mine = self._of_holder[reservation.holder]
            mine.pop(reservation, None)
            if not mine:
                del self._of_holder[reservation.holder]
            reservation.holder = None

    def _may_read(self, reservation: "BodyReservation") -> bool:
        if not self._within_share(reservation):
            return False
        if reservation.small:
            return self.held_bytes < self._max_bytes * (1 + _RESERVE)
        oldest = max(0, self._guaranteed - len(self._complete))
        readable = islice(filter(self._within_share, self._unfinished), oldest)
        return self.held_bytes < self._max_bytes or reservation in readable

    def _within_share(self, reservation: "BodyReservation") -> bool:
        if reservation.holder is None:
            return True
        mine = self._of_holder[reservation.holder]
        share = self._max_bytes * _SHARE_OF_CALLER
        if reservation.small:
            return sum(each.held for each in mine if each.small) < share * _RESERVE
        first, *others = islice((each for each in mine if not each.small), _UNFINISHED_OF_CALLER)
        if reservation is first:
            return True
        return reservation in others and sum(each.held for each in mine) < share


class BodyReservation:
    """The part of a budget that one request holds."""

    def __init__(self, budget: BodyBudget, *, small: bool) -> None:
        self._budget = budget
        self.small = small
        self.holder: str | None = None  # None until it is known, and once the body is complete
        self.held = 0

    def assign(self, holder: str) -> None:
        """Count the body to the share of this caller, while it is unfinished."""
        self._budget.assign(self, holder)

    async def wait(self) -> None:
        """Return when the body can be read on; raises BodyBudgetError if that takes too long."""
        await self._budget.wait(self)

    def add(self, size: int, *, last: bool) -> None:
        """Count bytes that have arrived."""
        self.held += size
        self._budget.held_bytes += size
        if last:
            self._budget.complete(self)

    def release(self) -> None:
        """Give back all bytes, because they were stored elsewhere or the request has ended."""
        self._budget.held_bytes -= self.held
        self.held = 0
        self._budget.wake()
