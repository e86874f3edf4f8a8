"""Objects as files in a folder."""

import asyncio
import os
import shutil
import time
from pathlib import Path
from typing import Final
from uuid import uuid4

from obstore.store import LocalStore

from gwansang.core.file_links import FileLinks
from gwansang.storage.base import (
    MAX_LINK_S,
    RETRY_AFTER_S,
    ObjectLink,
    StorageUnavailableError,
    object_not_found,
    validate_key,
    validate_prefix,
)
from gwansang.storage.obstore_store import ObstoreStore

LINK_PATH: Final = "/api/v1/files/"
_UNFINISHED: Final = ".unfinished"  # no key starts with a dot
_STALE_S: Final = 3600.0  # no write takes that long


class LocalObjectStore(ObstoreStore):
    """A folder of this machine that no other program writes to."""

    def __init__(self, folder: Path, links: FileLinks) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            message = f"Nothing can be kept in {folder}: it can't be made ({error.strerror})."
            raise StorageUnavailableError(message, retry_after_s=RETRY_AFTER_S) from error
        self._folder = folder.resolve()
        self._links = links
        super().__init__(LocalStore(self._folder, automatic_cleanup=True))

    async def put(self, key: str, data: bytes) -> None:
        """Write to a temporary file, sync it and rename it, so that a killed process leaves no partial object."""
        validate_key(key)
        temporary = f"{_UNFINISHED}/{_flat(key)}~{uuid4().hex}"
        async with self._map_errors():
            try:
                await self._store.put_async(temporary, data, use_multipart=False)
                await asyncio.to_thread(_sync, self._folder / temporary)
                await self._store.rename_async(temporary, key)
            except BaseException:
                (self._folder / temporary).unlink(missing_ok=True)
                raise
            await asyncio.to_thread(_sync, (self._folder / key).parent)

    async def get(self, key: str) -> bytes:
        """Return an object's bytes; raises ObjectNotFoundError, also for a symbolic link out of the folder."""
        async with self._map_errors():
            path = self._folder / validate_key(key)
            if await asyncio.to_thread(path.resolve) != path:
                raise object_not_found()
        return await super().get(key)

    async def delete(self, key: str) -> None:
        """Delete an object and its partial writes, each of which may be a whole photo."""
        validate_key(key)
        async with self._map_errors():
            await asyncio.to_thread(self._delete_unfinished, f"{_flat(key)}~")
        await super().delete(key)

    async def delete_prefix(self, prefix: str) -> int:
        """Delete the folder of the prefix and partial writes of its objects; return the number of objects."""
        validate_prefix(prefix)
        async with self._map_errors():
            return await asyncio.to_thread(self._delete_folder, prefix)

    async def link(self, key: str, ttl_s: int) -> ObjectLink:
        """Return a path of this service with a signed token."""
        token, expires_at = self._links.sign(validate_key(key), min(ttl_s, MAX_LINK_S))
        return ObjectLink(LINK_PATH + token, expires_at)

    async def sweep(self) -> None:
        """Remove partial writes of killed processes."""
        async with self._map_errors():
            await asyncio.to_thread(self._sweep, time.time() - _STALE_S)

    def _delete_folder(self, prefix: str) -> int:
        self._delete_unfinished(_flat(prefix))
        folder = self._folder / prefix
        if folder.resolve() != folder or not folder.is_dir():
            return 0
        count = sum(len(names) for _, _, names in os.walk(folder))
        shutil.rmtree(folder)
        return count

    def _delete_unfinished(self, prefix: str) -> None:
        for path in self._unfinished():
            if path.name.startswith(prefix):
                path.unlink(missing_ok=True)

    def _sweep(self, before: float) -> None:
        for path in self._unfinished():
            if path.lstat().st_mtime < before:
                path.unlink(missing_ok=True)

    def _unfinished(self) -> tuple[Path, ...]:
        folder = self._folder / _UNFINISHED
        return tuple(folder.iterdir()) if folder.is_dir() else ()


def _flat(key: str) -> str:
    return key.replace("/", "~")


def _sync(path: Path) -> None:
    """Flush a file or folder to disk, so that it survives a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
