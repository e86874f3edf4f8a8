"""Values that are derived at their first use, and only once however many ask for them at the same time."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from gwansang.core.turns import Turns

_T = TypeVar("_T")


class Lazy(Generic[_T]):
    """A value that a thread derives at its first use. Whoever asks meanwhile waits for it and holds no thread; if
    deriving it fails, the next one tries again."""

    def __init__(self, derive: Callable[[], _T]) -> None:
        self._derive = derive
        self._turns = Turns()
        self._derived: tuple[_T] | None = None

    async def get(self) -> _T:
        """Return the value; raises what deriving it raises."""
        if self._derived is None:
            async with self._turns.of(None):
                if self._derived is None:
                    self._derived = (await asyncio.to_thread(self._derive),)
        return self._derived[0]
