"""Where a task's inputs and outcomes lie: sealed with their owner's key, and nowhere else."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from gwansang.services.sealing import DataKey, Sealer, place
from gwansang.storage.base import ObjectStore

_PREFIX: Final = "jobs/"
_WORTH_A_THREAD: Final = 256 * 1024  # bytes that take longer to seal than a thread takes to begin


class TaskVault:
    """The inputs of tasks as sealed objects; they are here from the submission of a task to its end."""

    def __init__(self, store: ObjectStore, sealer: Sealer) -> None:
        self._store = store
        self._sealer = sealer

    async def put(self, key: DataKey, task_id: UUID, inputs: Sequence[bytes]) -> None:
        """Keeps the inputs of a task."""
        for number, content in enumerate(inputs):
            where = place("jobs", task_id, str(number))
            if len(content) < _WORTH_A_THREAD:
                sealed = self._sealer.seal_bytes(key, content, where)
            else:
                sealed = await asyncio.to_thread(self._sealer.seal_bytes, key, content, where)
            await self._store.put(f"{_PREFIX}{task_id}/{number}", sealed)

    async def get(self, key: DataKey, task_id: UUID, number: int) -> bytes:
        """An input; raises ObjectNotFoundError, SealBrokenError."""
        sealed = await self._store.get(f"{_PREFIX}{task_id}/{number}")
        where = place("jobs", task_id, str(number))
        if len(sealed) < _WORTH_A_THREAD:
            return self._sealer.open_bytes(key, sealed, where)
        return await asyncio.to_thread(self._sealer.open_bytes, key, sealed, where)

    async def forget(self, task_id: UUID) -> None:
        """Deletes the inputs of a task; there may be none."""
        await self._store.delete_prefix(f"{_PREFIX}{task_id}/")

    async def older_than(self, moment: datetime) -> frozenset[UUID]:
        """Tasks with inputs that were put here before that time."""
        old = {found.key async for found in self._store.list(_PREFIX) if found.modified_at < moment}
        return frozenset(UUID(key.split("/")[1]) for key in old)
