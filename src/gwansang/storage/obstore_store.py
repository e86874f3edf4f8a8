"""What the stores share: obstore, its errors as ours, and each call within a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from gwansang.storage.base import StoredObject, object_not_found, storage_unavailable, validate_key, validate_prefix

_log = structlog.get_logger("gwansang.storage")
_PATIENCE_S: Final = 30.0  # for one call; a photo takes milliseconds
_LISTED_AT_ONCE: Final = 1000


class ObstoreStore:
    """An obstore as an ObjectStore, but for what its kinds do differently."""

    def __init__(self, store: LocalStore | S3Store) -> None:
        self._store = store
        self.failures = 0  # calls that failed since the process began

    async def get(self, key: str) -> bytes:
        """The bytes; raises ObjectNotFoundError."""
        validate_key(key)
        async with self._translated():
            try:
                found = await self._store.get_async(key)
            except FileNotFoundError:
                raise object_not_found() from None
            return (await found.bytes_async()).to_bytes()

    async def delete(self, key: str) -> None:
        """Forgets an object; there may be none."""
        validate_key(key)
        async with self._translated():
            try:
                await self._store.delete_async(key)
            except FileNotFoundError:
                return

    async def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        """The objects whose keys begin like this."""
        validate_prefix(prefix)
        stream = aiter(self._store.list(prefix, chunk_size=_LISTED_AT_ONCE))
        while True:
            async with self._translated():
                found = await anext(stream, None)
            if found is None:
                return
            for one in found:
                yield StoredObject(one["path"], one["size"], one["last_modified"])

    @asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        """Errors of the store as StorageUnavailableError, each counted, and a line in the log."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                yield
        except (BaseError, OSError) as error:  # a timeout is an OSError, too
            self.failures += 1
            _log.warning("storage.failed", error=type(error).__name__)
            raise storage_unavailable() from error
