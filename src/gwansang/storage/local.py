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
_UNFINISHED: Final = ".unfinished"  # no key begins with a dot
_GIVEN_UP_S: Final = 3600.0  # nobody writes one object for that long


class LocalObjectStore(ObstoreStore):
    """A folder of this machine, which nothing else writes to."""

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
        """Writes beside its place first, and moves it there when it is on the disk: a killed writer leaves nothing."""
        validate_key(key)
        beside = f"{_UNFINISHED}/{_flat(key)}~{uuid4().hex}"
        async with self._translated():
            try:
                await self._store.put_async(beside, data, use_multipart=False)
                await asyncio.to_thread(_sync, self._folder / beside)
                await self._store.rename_async(beside, key)
            except BaseException:
                (self._folder / beside).unlink(missing_ok=True)
                raise
            await asyncio.to_thread(_sync, (self._folder / key).parent)

    async def get(self, key: str) -> bytes:
        """The bytes; raises ObjectNotFoundError, also where someone put a link to somewhere else."""
        async with self._translated():
            path = self._folder / validate_key(key)
            if await asyncio.to_thread(path.resolve) != path:
                raise object_not_found()
        return await super().get(key)

    async def delete(self, key: str) -> None:
        """Forgets an object, and what a killed writer left of it: that may be somebody's whole photo."""
        validate_key(key)
        async with self._translated():
            await asyncio.to_thread(self._drop, f"{_flat(key)}~")
        await super().delete(key)

    async def delete_prefix(self, prefix: str) -> int:
        """Removes the folder, and what was about to be moved into it."""
        validate_prefix(prefix)
        async with self._translated():
            return await asyncio.to_thread(self._remove, prefix)

    async def link(self, key: str, ttl_s: int) -> ObjectLink:
        """A path of this service, with a token."""
        token, expires_at = self._links.sign(validate_key(key), min(ttl_s, MAX_LINK_S))
        return ObjectLink(LINK_PATH + token, expires_at)

    async def sweep(self) -> None:
        """Removes what killed writers left behind."""
        async with self._translated():
            await asyncio.to_thread(self._sweep, time.time() - _GIVEN_UP_S)

    def _remove(self, prefix: str) -> int:
        self._drop(_flat(prefix))
        folder = self._folder / prefix
        if folder.resolve() != folder or not folder.is_dir():
            return 0
        count = sum(len(names) for _, _, names in os.walk(folder))
        shutil.rmtree(folder)
        return count

    def _drop(self, beginning: str) -> None:
        for left in self._unfinished():
            if left.name.startswith(beginning):
                left.unlink(missing_ok=True)

    def _sweep(self, before: float) -> None:
        for left in self._unfinished():
            if left.lstat().st_mtime < before:
                left.unlink(missing_ok=True)

    def _unfinished(self) -> tuple[Path, ...]:
        folder = self._folder / _UNFINISHED
        return tuple(folder.iterdir()) if folder.is_dir() else ()


def _flat(key: str) -> str:
    return key.replace("/", "~")


def _sync(path: Path) -> None:
    """What was written there outlives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
