"""Stored files behind signed links."""

from dataclasses import dataclass

from gwansang.core.file_links import FileLinks
from gwansang.storage.base import (
    ObjectNotFoundError,
    ObjectStore,
    StorageUnavailableError,
    content_type,
    object_not_found,
)

__all__ = ["FileService", "ObjectNotFoundError", "StorageUnavailableError", "StoredFile"]


@dataclass(frozen=True, slots=True, repr=False)
class StoredFile:
    """Content of a file and its media type."""

    data: bytes
    content_type: str


class FileService:
    """Files of a store that can't serve its links itself, such as a folder."""

    def __init__(self, store: ObjectStore, links: FileLinks) -> None:
        self._store = store
        self._links = links

    async def open(self, token: str) -> StoredFile:
        """Return the file that a token names; raises ObjectNotFoundError for an invalid or expired token."""
        key = self._links.verify(token)
        if key is None:
            raise object_not_found()
        return StoredFile(await self._store.get(key), content_type(key))
