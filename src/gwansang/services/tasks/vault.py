"""Encrypted storage of the inputs of tasks, from submission to the end of the task."""

import asyncio
import hashlib
from collections.abc import AsyncIterable, Callable
from datetime import datetime
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

from gwansang.services.protection.sealing import DataKey, Sealer, row_aad
from gwansang.storage.base import ObjectStore

_PREFIX: Final = "jobs/"
_THREAD_BYTES: Final = 256 * 1024  # from this size on, sealing takes longer than starting a thread
T = TypeVar("T")


class TaskVault:
    """Inputs of tasks as objects sealed with their owner's key."""

    def __init__(self, store: ObjectStore, sealer: Sealer) -> None:
        self._store = store
        self._sealer = sealer

    async def put(self, key: DataKey, task_id: UUID, inputs: AsyncIterable[bytes]) -> tuple[int, str]:
        """Store the inputs of a task, each as it arrives; return their number and the digest of them all."""
        sha256, number = hashlib.sha256(), 0
        async for content in inputs:
            digest, sealed = await _run(partial(self._seal, key, _aad(task_id, number)), content)
            sha256.update(digest)
            await self._store.put(f"{_PREFIX}{task_id}/{number}", sealed)
            number += 1
        return number, sha256.hexdigest()

    async def get(self, key: DataKey, task_id: UUID, number: int) -> bytes:
        """Load an input; raises ObjectNotFoundError, SealBrokenError."""
        sealed = await self._store.get(f"{_PREFIX}{task_id}/{number}")
        return await _run(lambda content: self._sealer.unseal_bytes(key, content, _aad(task_id, number)), sealed)

    async def delete(self, task_id: UUID) -> None:
        """Delete the inputs of a task, if there are any."""
        await self._store.delete_prefix(f"{_PREFIX}{task_id}/")

    async def stored_before(self, moment: datetime) -> frozenset[UUID]:
        """Return the tasks whose inputs were all stored before that time."""
        old: set[str] = set()
        young: set[str] = set()
        async for stored in self._store.list(_PREFIX):
            (old if stored.modified_at < moment else young).add(stored.key.split("/")[1])
        return frozenset(UUID(task_id) for task_id in old - young)

    def _seal(self, key: DataKey, aad: bytes, content: bytes) -> tuple[bytes, bytes]:
        return hashlib.sha256(content).digest(), self._sealer.seal_bytes(key, content, aad)


def _aad(task_id: UUID, number: int) -> bytes:
    return row_aad("jobs", task_id, str(number))


async def _run(work: Callable[[bytes], T], content: bytes) -> T:
    """Process bytes, in a thread if the event loop would be blocked for too long."""
    return work(content) if len(content) < _THREAD_BYTES else await asyncio.to_thread(work, content)
