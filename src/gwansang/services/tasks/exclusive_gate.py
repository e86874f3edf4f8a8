"""Shared and exclusive access: a task that was running when processes died may have killed them, so its last try runs
alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class ExclusiveGate:
    """Readers-writer lock: many shared holders, or one exclusive holder, who is served before later arrivals."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._free = asyncio.Event()
        self._free.set()
        self._inside = 0

    @asynccontextmanager
    async def enter(self, *, exclusive: bool) -> AsyncIterator[None]:
        """Hold the gate, shared or exclusively."""
        if exclusive:
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
