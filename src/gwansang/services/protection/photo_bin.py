"""Objects of photos that nobody keeps any more: deleted at once where that works, and later where it does not."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from gwansang.core.clock import Clock
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.storage.base import ObjectStore, StorageUnavailableError

_log = structlog.get_logger("gwansang.photos")
_PATIENCE_S: Final = 5.0  # of somebody who withdraws a consent; what is not gone by then, the sweep deletes
_AT_ONCE: Final = 16
_SWEPT_AT_ONCE: Final = 200


class PhotoBin:
    """Deletes the objects first and then the rows that remember them, so that none is left over and forgotten."""

    def __init__(self, uow: UnitOfWork, store: ObjectStore, *, clock: Clock) -> None:
        self._uow = uow
        self._store = store
        self._clock = clock

    async def empty(self, keys: Sequence[str]) -> None:
        """Deletes these objects, which are due; raises nothing, because the sweep tries again."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._erase(keys)
        except (StorageUnavailableError, TimeoutError):
            _log.warning("photos.left_for_the_sweep", objects=len(keys))

    async def sweep(self) -> int:
        """Deletes every object that is due and says how many there were; raises StorageUnavailableError."""
        swept = 0
        while True:
            async with self._uow.read() as tx:
                keys = await tx.photo_objects.list_orphans(self._clock(), _SWEPT_AT_ONCE)
            if not keys:
                return swept
            await self._erase(keys)
            swept += len(keys)

    async def _erase(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            await asyncio.gather(*map(self._store.delete, some))
            async with self._uow.write() as tx:
                await tx.photo_objects.delete(some)
