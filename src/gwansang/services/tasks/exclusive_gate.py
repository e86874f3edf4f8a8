"""Who was being worked on when a process died may have killed it; so its last try is made alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class ExclusiveGate:
    """Many may pass together, or one alone; who wants to be alone is let in before those who come later."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._free = asyncio.Event()
        self._free.set()
        self._inside = 0

    @asynccontextmanager
    async def passing(self, *, alone: bool) -> AsyncIterator[None]:
        """The time inside."""
        if alone:
            async with self._turn:
                await self._free.wait()
                yield
            return
        async with self._turn:
            self._inside += 1
            self._free.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._free.set()
