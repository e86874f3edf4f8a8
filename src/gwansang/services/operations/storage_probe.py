"""Periodic probe of the file store, for metrics and `gwansang doctor`.

An unreachable store does not make the service unready. Most readings don't use it, and if all replicas share one store,
taking all of them out of service helps nobody; requests that need the store answer 503.
"""

from collections.abc import Callable
from uuid import UUID

from gwansang.storage.base import ObjectStore, storage_unavailable

_PROBE = b"gwansang"


class StorageProbe:
    """Writes, reads and deletes an object; `up` is the result of the last check, None before the first."""

    def __init__(self, store: ObjectStore, *, new_id: Callable[[], UUID]) -> None:
        self._store = store
        self._new_id = new_id
        self.up: bool | None = None

    async def check(self) -> None:
        """Raise StorageUnavailableError if the store does not keep an object."""
        key = f"probes/{self._new_id().hex}"
        self.up = False
        await self._store.put(key, _PROBE)
        content = await self._store.get(key)
        await self._store.delete(key)
        if content != _PROBE:
            raise storage_unavailable()
        self.up = True
