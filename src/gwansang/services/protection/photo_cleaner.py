"""Deletion of the stored objects of discarded photos: at once if the store answers, later if it does not."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from gwansang.core.clock import Clock
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.storage.base import ObjectStore, StorageUnavailableError

_log = structlog.get_logger("gwansang.photos")
_TIMEOUT_S: Final = 5.0  # for a request that withdraws a consent; the sweep deletes what is left
_CONCURRENCY: Final = 16
_SWEEP_BATCH: Final = 200


class PhotoCleaner:
    """Deletes objects before the rows that name them, so that no object is ever left without a row."""

    def __init__(self, uow: UnitOfWork, store: ObjectStore, *, clock: Clock) -> None:
        self._uow = uow
        self._store = store
        self._clock = clock

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete these objects, which are due; raises nothing, because the sweep tries again."""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await self._delete(keys)
        except (StorageUnavailableError, TimeoutError):
            _log.warning("photo.deletion_deferred", objects=len(keys))

    async def sweep(self) -> int:
        """Delete every object that is due and return their number; raises StorageUnavailableError."""
        deleted = 0
        while True:
            async with self._uow.read() as tx:
                keys = await tx.photo_objects.list_orphans(self._clock(), _SWEEP_BATCH)
            if not keys:
                return deleted
            async with self._uow.write() as tx:
                keys = await tx.photo_objects.claim(keys)
            await self._delete(keys)
            deleted += len(keys)

    async def _delete(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), _CONCURRENCY):
            batch = keys[start : start + _CONCURRENCY]
            await asyncio.gather(*map(self._store.delete, batch))
            async with self._uow.write() as tx:
                await tx.photo_objects.delete(batch)
