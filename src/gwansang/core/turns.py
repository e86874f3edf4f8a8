"""Work on one thing at a time, within this process."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Turns:
    """Lets work on the same key take turns, first come, first served; other keys do not wait. Belongs to one event
    loop. Processes do not wait for each other: the database decides between them."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()  # as long as somebody has one

    @asynccontextmanager
    async def of(self, key: Hashable) -> AsyncIterator[None]:
        """Wait for the turn on a key, and hold it in the block."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            yield
