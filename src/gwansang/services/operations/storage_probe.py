"""Whether the file store keeps what it is given: tried every now and then, and told to operators.

A store that is away does not make the service unready. Most readings need none, and where all replicas share one,
taking them all out of work would help nobody; what does need it answers 503 on its own.
"""

from collections.abc import Callable
from uuid import UUID

from gwansang.storage.base import ObjectStore, storage_unavailable

_PROBE = b"gwansang"


class StorageProbe:
    """Writes, reads and deletes an object of its own; `up` is how that went the last time, None before the first."""

    def __init__(self, store: ObjectStore, *, new_id: Callable[[], UUID]) -> None:
        self._store = store
        self._new_id = new_id
        self.up: bool | None = None

    async def check(self) -> None:
        """Raises StorageUnavailableError where that does not work."""
        key = f"probes/{self._new_id().hex}"
        self.up = False
        await self._store.put(key, _PROBE)
        found = await self._store.get(key)
        await self._store.delete(key)
        if found != _PROBE:
            raise storage_unavailable()
        self.up = True
