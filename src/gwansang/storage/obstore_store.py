"""Base class of the stores: obstore with its errors mapped and a timeout for each call."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from gwansang.storage.base import StoredObject, object_not_found, storage_unavailable, validate_key, validate_prefix

_log = structlog.get_logger("gwansang.storage")
_TIMEOUT_S: Final = 30.0  # for one call; a photo takes milliseconds
_LIST_CHUNK: Final = 1000


class ObstoreStore:
    """The methods of ObjectStore that are the same for every obstore backend."""

    def __init__(self, store: LocalStore | S3Store) -> None:
        self._store = store
        self.record_failure: Callable[[], object] = object

    async def get(self, key: str) -> bytes:
        """Return an object's bytes; raises ObjectNotFoundError."""
        validate_key(key)
        async with self._map_errors():
            try:
                result = await self._store.get_async(key)
            except FileNotFoundError:
                raise object_not_found() from None
            return (await result.bytes_async()).to_bytes()

    async def delete(self, key: str) -> None:
        """Delete an object if there is one."""
        validate_key(key)
        async with self._map_errors():
            try:
                await self._store.delete_async(key)
            except FileNotFoundError:
                return

    async def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        """Yield the objects below the prefix."""
        validate_prefix(prefix)
        stream = aiter(self._store.list(prefix, chunk_size=_LIST_CHUNK))
        while True:
            async with self._map_errors():
                chunk = await anext(stream, None)
            if chunk is None:
                return
            for entry in chunk:
                yield StoredObject(entry["path"], entry["size"], entry["last_modified"])

    @asynccontextmanager
    async def _map_errors(self) -> AsyncIterator[None]:
        """Raise errors of the store as StorageUnavailableError, counted and logged."""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                yield
        except (BaseError, OSError) as error:  # a timeout is an OSError, too
            self.record_failure()
            _log.warning("storage.call_failed", error=type(error).__name__)
            raise storage_unavailable() from error
