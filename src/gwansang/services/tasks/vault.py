"""Where a task's inputs and outcomes lie: sealed with their owner's key, and nowhere else."""

import asyncio
import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

from gwansang.services.protection.sealing import DataKey, Sealer, row_aad
from gwansang.storage.base import ObjectStore

_PREFIX: Final = "jobs/"
_WORTH_A_THREAD: Final = 256 * 1024  # bytes that take longer to seal than a thread takes to begin
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoredInputs:
    """How many inputs were put down, and what tells them from others."""

    inputs: int
    sha256: str


class TaskVault:
    """The inputs of tasks as sealed objects; they are here from the submission of a task to its end."""

    def __init__(self, store: ObjectStore, sealer: Sealer) -> None:
        self._store = store
        self._sealer = sealer

    async def put(self, key: DataKey, task_id: UUID, inputs: Sequence[bytes] | AsyncIterable[bytes]) -> StoredInputs:
        """Keeps the inputs of a task, each as it comes."""
        sha256, number = hashlib.sha256(), 0
        async for content in inputs if isinstance(inputs, AsyncIterable) else _coming(inputs):
            digest, sealed = await _aside(content, partial(self._closed, key, row_aad("jobs", task_id, str(number))))
            sha256.update(digest)
            await self._store.put(f"{_PREFIX}{task_id}/{number}", sealed)
            number += 1
        return StoredInputs(number, sha256.hexdigest())

    async def get(self, key: DataKey, task_id: UUID, number: int) -> bytes:
        """An input; raises ObjectNotFoundError, SealBrokenError."""
        sealed = await self._store.get(f"{_PREFIX}{task_id}/{number}")
        where = row_aad("jobs", task_id, str(number))
        return await _aside(sealed, lambda content: self._sealer.unseal_bytes(key, content, where))

    async def delete(self, task_id: UUID) -> None:
        """Deletes the inputs of a task; there may be none."""
        await self._store.delete_prefix(f"{_PREFIX}{task_id}/")

    async def stored_before(self, moment: datetime) -> frozenset[UUID]:
        """Tasks with inputs that were put here before that time."""
        old = {found.key async for found in self._store.list(_PREFIX) if found.modified_at < moment}
        return frozenset(UUID(key.split("/")[1]) for key in old)

    def _closed(self, key: DataKey, where: bytes, content: bytes) -> tuple[bytes, bytes]:
        return hashlib.sha256(content).digest(), self._sealer.seal_bytes(key, content, where)


async def _aside(content: bytes, work: Callable[[bytes], T]) -> T:
    """Work on some bytes, in a thread where the event loop would have to wait for it."""
    return work(content) if len(content) < _WORTH_A_THREAD else await asyncio.to_thread(work, content)


async def _coming(inputs: Sequence[bytes]) -> AsyncIterator[bytes]:
    for content in inputs:
        yield content
