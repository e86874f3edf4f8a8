"""Files to upload: bytes, paths, open files and named contents."""

from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import BinaryIO, TypeAlias


@dataclass(frozen=True, slots=True)
class NamedContent:
    """Bytes with the name of their file, which the service shows in results of batches."""

    name: str
    content: bytes


Upload: TypeAlias = bytes | str | PathLike[str] | BinaryIO | NamedContent
"""Content as bytes, the path of a file, a file opened in binary mode, or a `NamedContent`."""
Uploads: TypeAlias = Upload | Iterable[Upload]


def upload_list(uploads: Uploads) -> list[Upload]:
    """Return one or several uploads as a list."""
    if isinstance(uploads, bytes | str | PathLike | NamedContent) or hasattr(uploads, "read"):
        return [uploads]  # type: ignore[list-item]  # only an open file is left, which is iterable too
    return list(uploads)


def load_upload(upload: Upload) -> NamedContent:
    """Read an upload whole, so that a call can be sent again; raises OSError."""
    if isinstance(upload, NamedContent):
        return upload
    if isinstance(upload, bytes):
        return NamedContent("file", upload)
    if isinstance(upload, str | PathLike):
        path = Path(upload)
        return NamedContent(path.name, path.read_bytes())
    name = getattr(upload, "name", "file")
    return NamedContent(Path(name).name if isinstance(name, str) else "file", upload.read())
