"""How many bytes of request bodies the process holds at once.

Counting what has really arrived, instead of what is announced, leaves nothing to gain by announcing much and sending
little. When the room is full, a body is read on only while few are complete and being worked on, and then the oldest
first, so that some always get through. The others are not read (the connection's own flow control stops the sender)
until there is room again or their patience ends.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from gwansang.core.exceptions import Unavailable

_AT_WORK = 4  # complete photos that keep the inference threads busy


class IntakeFullError(Unavailable):
    """Carries `retry_after_s` in its context."""

    code = "INTAKE_FULL"
    title = "Too many uploads at once"


class Share:
    """What one request holds of the intake."""

    def __init__(self) -> None:
        self.held = 0


class Intake:
    """Bounds the bytes of all bodies together; belongs to one event loop. at_work: how many complete ones there are
    before a body has to wait for room."""

    def __init__(self, *, max_bytes: int, patience_s: float, at_work: int = _AT_WORK) -> None:
        self._max_bytes = max_bytes
        self._patience_s = patience_s
        self._at_work = at_work
        self._unfinished: dict[Share, None] = {}  # oldest first
        self._complete: set[Share] = set()
        self._changed = asyncio.Event()
        self.held_bytes = 0

    @contextmanager
    def share(self) -> Iterator[Share]:
        """A request's place in the intake; all it holds is given back at the end."""
        share = Share()
        self._unfinished[share] = None
        try:
            yield share
        finally:
            self.held_bytes -= share.held
            self._unfinished.pop(share, None)
            self._complete.discard(share)
            self._wake()

    async def turn(self, share: Share) -> None:
        """Returns when this request may read on; raises IntakeFullError where that takes too long."""
        if self._may_read(share):
            return
        try:
            async with asyncio.timeout(self._patience_s):
                while not self._may_read(share):
                    await self._changed.wait()
        except TimeoutError:
            message = "The server holds as many uploads as it can; send yours again in a few seconds."
            raise IntakeFullError(message, retry_after_s=5) from None

    def add(self, share: Share, size: int, *, last: bool) -> None:
        """Notes what has arrived."""
        share.held += size
        self.held_bytes += size
        if last:
            self._unfinished.pop(share, None)
            self._complete.add(share)
            self._wake()

    def give_back(self, share: Share) -> None:
        """Notes that what had arrived was put away, so that it is held no more."""
        self.held_bytes -= share.held
        share.held = 0
        self._wake()

    def _may_read(self, share: Share) -> bool:
        ahead = max(0, self._at_work - len(self._complete))
        return self.held_bytes < self._max_bytes or share in islice(self._unfinished, ahead)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
