"""The interface of object stores; keys are made by this program and never by a caller."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from gwansang.core.exceptions import NotFound, Unavailable

MAX_LINK_S: Final = 600
_MAX_KEY: Final = 200
# Lower-case ASCII letters, digits and dashes between slashes, and an optional extension: no "..", no absolute path, no
# look-alike characters, and no device name that some systems reserve.
_PART: Final = r"(?!(?:con|prn|aux|nul|com\d|lpt\d)(?![a-z0-9-]))[a-z0-9][a-z0-9-]{0,63}"
_KEY: Final = re.compile(rf"{_PART}(?:/{_PART}){{1,5}}(?:\.[a-z0-9]{{1,5}})?", re.ASCII)
_PREFIX: Final = re.compile(rf"(?:{_PART}/){{1,5}}", re.ASCII)
_TYPES: Final = {"jpg": "image/jpeg", "json": "application/json", "zip": "application/zip"}
_ANY_TYPE: Final = "application/octet-stream"
RETRY_AFTER_S: Final = 5


class ObjectNotFoundError(NotFound):
    code = "FILE_NOT_FOUND"
    title = "There is no such file"


class StorageUnavailableError(Unavailable):
    """Carries `retry_after_s` in its context."""

    code = "STORAGE_UNAVAILABLE"
    title = "The file store can't be reached"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An entry of a listing."""

    key: str
    size_bytes: int
    modified_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class ObjectLink:
    """A URL at which anyone who knows it can read an object until it expires; a path if this service answers it."""

    url: str
    expires_at: datetime


class ObjectStore(Protocol):
    """Stores bytes by key. A key looks like `jobs/7f3a/0` or `photos/7f/7f3a.jpg`; its extension gives the type;
    a prefix is whole parts of keys, like `jobs/7f3a/`. Other keys are a bug of this program and raise ValueError.

    Every method raises StorageUnavailableError if the store can't be reached or is full, after calling record_failure.
    """

    record_failure: Callable[[], object]

    async def put(self, key: str, data: bytes) -> None:
        """Write an object durably and atomically, replacing the one that was there."""
        ...

    async def get(self, key: str) -> bytes:
        """Return an object's bytes; raises ObjectNotFoundError."""
        ...

    async def delete(self, key: str) -> None:
        """Delete an object if there is one."""
        ...

    async def delete_prefix(self, prefix: str) -> int:
        """Delete all objects below the prefix and return their number."""
        ...

    def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        """Yield the objects below the prefix, unordered; those written or deleted meanwhile may be missing."""
        ...

    async def link(self, key: str, ttl_s: int) -> ObjectLink:
        """Return a URL to read an object, valid for at most ten minutes; the object's existence is not checked."""
        ...

    async def sweep(self) -> None:
        """Remove partial writes of killed processes."""
        ...


def validate_key(key: str) -> str:
    """Return the key; raises ValueError if it is malformed."""
    if len(key) > _MAX_KEY or not _KEY.fullmatch(key):
        raise ValueError("not a key of the object store")
    return key


def validate_prefix(prefix: str) -> str:
    """Return the prefix; raises ValueError if it is malformed."""
    if len(prefix) > _MAX_KEY or not _PREFIX.fullmatch(prefix):
        raise ValueError("not a prefix of the object store")
    return prefix


def content_type(key: str) -> str:
    """Return the content type of an object by the extension of its key."""
    return _TYPES.get(key.rpartition(".")[2], _ANY_TYPE)


def object_not_found() -> ObjectNotFoundError:
    """Return the error for an object that does not exist, is not the caller's, or whose link has expired."""
    return ObjectNotFoundError("There is no such file, or its link has expired.")


def storage_unavailable() -> StorageUnavailableError:
    """Return the error for a store that does not work."""
    message = "The file store can't be reached right now; try again in a moment."
    return StorageUnavailableError(message, retry_after_s=RETRY_AFTER_S)
