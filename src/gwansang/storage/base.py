"""What a store of objects does, whichever it is; keys are made by this program and never by a caller."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from gwansang.core.exceptions import NotFound, Unavailable

MAX_LINK_S: Final = 600
_MAX_KEY: Final = 200
# Small letters, digits and dashes between slashes, an ending at the end: no dots that lead upwards, no letters that
# look like others, nothing absolute, and no name that some systems keep for their devices.
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
    """An object in a list."""

    key: str
    size_bytes: int
    modified_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class ObjectLink:
    """An address where an object can be read for a while by whoever knows it; a path where this service answers it."""

    url: str
    expires_at: datetime


class ObjectStore(Protocol):
    """Keeps bytes by key. A key is like `jobs/7f3a/0` or `photos/7f/7f3a.jpg`, its ending tells the content type; a
    prefix is whole parts of keys, like `jobs/7f3a/`. Others are refused with ValueError: they are this program's fault.

    Every method raises StorageUnavailableError where the store can't be reached, or is full. failures: how many calls
    have, since the process began.
    """

    failures: int

    async def put(self, key: str, data: bytes) -> None:
        """Keeps the bytes under the key, in the place of what was there: all of them or none, and for good."""
        ...

    async def get(self, key: str) -> bytes:
        """The bytes; raises ObjectNotFoundError."""
        ...

    async def delete(self, key: str) -> None:
        """Forgets an object; there may be none."""
        ...

    async def delete_prefix(self, prefix: str) -> int:
        """Forgets all objects whose keys begin like this, and says how many there were."""
        ...

    def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        """The objects whose keys begin like this, in no order; what comes and goes meanwhile may be missing."""
        ...

    async def link(self, key: str, ttl_s: int) -> ObjectLink:
        """An address to read an object, for at most ten minutes; whether there is one, nobody looks."""
        ...

    async def sweep(self) -> None:
        """Removes what killed writers left behind."""
        ...


def validate_key(key: str) -> str:
    """The key; raises ValueError for what this program never makes."""
    if len(key) > _MAX_KEY or not _KEY.fullmatch(key):
        raise ValueError("not a key of the object store")
    return key


def validate_prefix(prefix: str) -> str:
    """The prefix; raises ValueError for what this program never makes."""
    if len(prefix) > _MAX_KEY or not _PREFIX.fullmatch(prefix):
        raise ValueError("not a prefix of the object store")
    return prefix


def content_type(key: str) -> str:
    """What an object with this key is."""
    return _TYPES.get(key.rpartition(".")[2], _ANY_TYPE)


def object_not_found() -> ObjectNotFoundError:
    """The error for an object that is not there, that nobody may see, or whose link has expired."""
    return ObjectNotFoundError("There is no such file, or its link has expired.")


def storage_unavailable() -> StorageUnavailableError:
    """The error for a store that does not answer as it should."""
    message = "The file store can't be reached right now; try again in a moment."
    return StorageUnavailableError(message, retry_after_s=RETRY_AFTER_S)
