"""Files of the store, for whoever has a link that this service signed."""

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
    """A file's bytes and what they are."""

    data: bytes
    content_type: str


class FileService:
    """Answers links of a store that can't answer them itself."""

    def __init__(self, store: ObjectStore, links: FileLinks) -> None:
        self._store = store
        self._links = links

    async def open(self, token: str) -> StoredFile:
        """The file that a token names; raises ObjectNotFoundError for what is no such token, or is one no more."""
        key = self._links.verify(token)
        if key is None:
            raise object_not_found()
        return StoredFile(await self._store.get(key), content_type(key))
