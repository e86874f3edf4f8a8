"""Values that are computed at their first use, once for all concurrent callers."""

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from gwansang.core.turns import Turns

_T = TypeVar("_T")


class Lazy(Generic[_T]):
    """A value that is computed in a worker thread at its first use.

    Concurrent callers share that computation and hold no thread while they wait. It goes on if its caller is cancelled.
    After a failure the next caller computes it again.
    """

    def __init__(self, compute: Callable[[], _T]) -> None:
        self._compute = compute
        self._turns = Turns()
        self._lock = threading.Lock()  # against the thread of a caller that was cancelled
        self._computed: tuple[_T] | None = None

    async def get(self) -> _T:
        """Return the value; raises what computing it raises."""
        if self._computed is not None:
            return self._computed[0]
        async with self._turns.of(None):
            return await asyncio.to_thread(self._compute_once)

    def _compute_once(self) -> _T:
        with self._lock:
            if self._computed is None:
                self._computed = (self._compute(),)
            return self._computed[0]
