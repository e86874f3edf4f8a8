"""Pictures of people in a folder or a ZIP archive: entries listed and checked before anything is unpacked.

Two layouts: one folder for each person, or a CSV with a line for each picture (`file`, `name_ko`, `name_en` or `name`;
optional: `category`, `source`, `licence`, `attribution`, `note`). An archive is rejected as a whole if anything about
its names, sizes or kinds of entries is suspicious. Nothing of it is ever written to a disk.
"""

import csv
import io
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Protocol

from gwansang.core.exceptions import InvalidInput
from gwansang.services.lookalike.celebrities import PersonNames, Provenance

MAX_ENTRIES: Final = 20_000
MAX_PICTURE_BYTES: Final = 10 * 1024 * 1024
MAX_UNPACKED_BYTES: Final = 4 * 1024**3
_MAX_CSV_BYTES: Final = 8 * 1024 * 1024
_MAX_CSV_LINES: Final = 2 * MAX_ENTRIES
_MAX_ROW_BYTES: Final = 64 * 1024
_MAX_DIRECTORY_BYTES: Final = 16 * 1024 * 1024
_MAX_RATIO: Final = 100  # pictures hardly compress; a ZIP bomb does, a thousandfold
_SMALL: Final = 1024 * 1024  # below this, any ratio is allowed
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 0x1
_NESTED: Final = frozenset({".zip", ".jar", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst"})
_LITTER: Final = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
_CATEGORY: Final = "celebrity"
_COLUMNS: Final = ("file", "name", "name_ko", "name_en", "category", "source", "licence", "attribution", "note")
_HANGUL: Final = re.compile("[가-힣]")
_END_OF_DIRECTORY: Final = b"PK\x05\x06"


class InvalidArchiveError(InvalidInput):
    """Carries `reason` in its context, and `entry` if one entry is at fault."""

    code = "INVALID_ARCHIVE"
    title = "The archive can't be taken"


@dataclass(frozen=True, slots=True)
class GalleryEntry:
    """A picture to import: its file, its person and its provenance."""

    file: str
    names: PersonNames
    category: str = _CATEGORY
    note: str = ""
    origin: Provenance = Provenance()  # noqa: RUF009 - immutable


class PictureSource(Protocol):
    """Files of a folder or an archive."""

    def files(self) -> Sequence[str]:
        """Return all files, as sorted paths with slashes."""
        ...

    def read(self, file: str, max_bytes: int) -> bytes:
        """Return up to one byte more than `max_bytes` of a file."""
        ...


class FolderPictures:
    """Files of a folder and its subfolders; links are not followed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def files(self) -> Sequence[str]:
        paths = []
        for root, folders, names in os.walk(self._folder, followlinks=False):
            folders[:] = sorted(name for name in folders if not _is_litter(name))
            paths += [path for name in names if not _is_litter(name) and not (path := Path(root, name)).is_symlink()]
        return sorted(path.relative_to(self._folder).as_posix() for path in paths)

    def read(self, file: str, max_bytes: int) -> bytes:
        with (self._folder / file).open("rb") as opened:
            return opened.read(max_bytes + 1)


class ArchivePictures:
    """Files of a ZIP archive that has passed all checks."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._sizes = {info.filename: info.file_size for info in archive.infolist()}

    def files(self) -> Sequence[str]:
        return sorted(
            name for name in self._sizes if not name.endswith("/") and not any(map(_is_litter, name.split("/")))
        )

    def read(self, file: str, max_bytes: int) -> bytes:
        try:
            with self._archive.open(file) as opened:
                return opened.read(max_bytes + 1)
        except (zipfile.BadZipFile, EOFError, zlib.error, OSError, ValueError, RuntimeError) as error:
            raise _invalid("An entry of the archive is damaged.", "damaged", file) from error


@contextmanager
def open_archive(file: BinaryIO) -> Iterator[ArchivePictures]:
    """Open a ZIP archive; raises InvalidArchiveError unless it passes all checks."""
    _check_directory(file)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError) as error:
        raise _invalid("The file is no readable ZIP archive.", "not_a_zip") from error
    with archive:
        _check_entries(archive.infolist(), _size_of(file))
        yield ArchivePictures(archive)


def list_entries(pictures: PictureSource) -> list[GalleryEntry]:
    """Return the pictures with their people; raises InvalidArchiveError if the layout does not determine them."""
    files = pictures.files()
    tables = [file for file in files if PurePosixPath(file).suffix.lower() == ".csv"]
    if len(tables) > 1:
        raise _invalid("There may be one CSV only.", "several_tables", tables[1])
    entries = _entries_of_csv(pictures, tables[0], files) if tables else [_entry_in_folder(file) for file in files]
    if not entries:
        raise _invalid(
            "There is no picture in it; give every person a folder with JPEG, PNG or WebP files, or add a CSV.", "empty"
        )
    if len(entries) > MAX_ENTRIES:
        raise _too_many_entries()
    return entries


def _check_directory(file: BinaryIO) -> None:
    """Check the declared size of the central directory before it is read."""
    file.seek(max(_size_of(file) - 65_557, 0))  # the end record and the longest comment
    tail = file.read()
    at = tail.rfind(_END_OF_DIRECTORY)
    if at < 0 or len(tail) < at + 22:
        raise _invalid("The file is no ZIP archive; name a ZIP or a folder.", "not_a_zip")
    count = int.from_bytes(tail[at + 10 : at + 12], "little")
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    if count > MAX_ENTRIES or length > _MAX_DIRECTORY_BYTES:  # ZIP64 says 65,535 here
        raise _too_many_entries()
    file.seek(0)


def _check_entries(infos: list[zipfile.ZipInfo], archive_bytes: int) -> None:
    if len(infos) > MAX_ENTRIES:
        raise _too_many_entries()
    names: set[str] = set()
    for info in infos:
        for check, message, reason in _ENTRY_CHECKS:
            if check(info):
                raise _invalid(message, reason, info.filename)
        name = unicodedata.normalize("NFC", info.filename).casefold()
        if name in names:
            raise _invalid("Two entries have the same name.", "same_name", info.filename)
        names.add(name)
    if sum(info.compress_size for info in infos) > archive_bytes:
        raise _invalid("Entries of the archive overlap.", "overlap")
    if sum(info.file_size for info in infos) > MAX_UNPACKED_BYTES:
        raise _invalid("Unpacked, the archive would be far too large.", "too_large_unpacked")


def _is_unsafe_path(info: zipfile.ZipInfo) -> bool:
    name = getattr(info, "orig_filename", info.filename)
    parts = name.split("/")
    unusual = "\\" in name or name.startswith("/") or any(unicodedata.category(letter) == "Cc" for letter in name)
    return unusual or ":" in parts[0] or ".." in parts or len(name) > 500


def _is_special(info: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(info.external_attr >> 16)
    return kind not in (0, stat.S_IFREG, stat.S_IFDIR)


def _is_bomb(info: zipfile.ZipInfo) -> bool:
    return info.file_size > _SMALL and info.file_size > _MAX_RATIO * max(info.compress_size, 1)


def _is_nested(info: zipfile.ZipInfo) -> bool:
    return PurePosixPath(info.filename).suffix.lower() in _NESTED


_ENTRY_CHECKS: Final[tuple[tuple[Callable[[zipfile.ZipInfo], bool], str, str], ...]] = (
    (_is_unsafe_path, "A name in the archive leads out of it.", "path"),
    (_is_special, "The archive holds a link or a device.", "link"),
    (lambda info: bool(info.flag_bits & _ENCRYPTED), "The archive is encrypted.", "encrypted"),
    (lambda info: info.compress_type not in _METHODS, "The archive is packed in an unusual way.", "method"),
    (_is_bomb, "An entry would grow far too much.", "bomb"),
    (_is_nested, "The archive holds another archive.", "nested"),
)


def _entry_in_folder(file: str) -> GalleryEntry:
    folders = PurePosixPath(file).parts[:-1]
    if not folders:
        raise _invalid("Each picture belongs into a folder of its person, or into the CSV.", "no_person", file)
    return GalleryEntry(file, parse_names(folders[-1]))


def parse_names(folder: str) -> PersonNames:
    """Return the names in a folder's name: `홍길동_Hong Gildong`, in either order; any other name is used for both."""
    first, _, second = unicodedata.normalize("NFC", folder).partition("_")
    if first and second and bool(_HANGUL.search(first)) != bool(_HANGUL.search(second)):
        return PersonNames(first, second) if _HANGUL.search(first) else PersonNames(second, first)
    return PersonNames(folder, folder)


def _entries_of_csv(pictures: PictureSource, table: str, files: Sequence[str]) -> list[GalleryEntry]:
    content = pictures.read(table, _MAX_CSV_BYTES)
    if len(content) > _MAX_CSV_BYTES:
        raise _invalid("The CSV is too large.", "table", table)
    paths = {unicodedata.normalize("NFC", file): file for file in files}
    try:
        rows = enumerate(_rows(content, table), start=2)
        return [_entry_of_row(row, paths, table, number) for number, row in rows]
    except (UnicodeDecodeError, csv.Error) as error:
        raise _invalid("The CSV can't be read; save it as UTF-8 with commas.", "table", table) from error


def _rows(content: bytes, table: str) -> Iterator[dict[str, str]]:
    """Yield the rows one by one; raises InvalidArchiveError for too many, and for one that is too large."""
    row_bytes = 0

    def lines() -> Iterator[str]:
        nonlocal row_bytes
        for number, line in enumerate(io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")):
            row_bytes += len(line)
            if number > _MAX_CSV_LINES:  # blank ones included
                raise _too_many_rows(table)
            if row_bytes > _MAX_ROW_BYTES:
                raise _invalid("A line of the CSV is too long.", "table", f"{table}:{number + 1}")
            yield line

    for count, row in enumerate(csv.DictReader(lines()), start=1):
        if count > MAX_ENTRIES:
            raise _too_many_rows(table)
        yield row
        row_bytes = 0


def _entry_of_row(row: dict[str, str], paths: dict[str, str], table: str, number: int) -> GalleryEntry:
    values = {name: (row.get(name) or "").strip() for name in _COLUMNS}
    name_ko, name_en = values["name_ko"] or values["name"], values["name_en"] or values["name"]
    if any("\0" in value for value in values.values()):
        raise _invalid(f"Line {number} of the CSV holds a NUL character.", "table", f"{table}:{number}")
    path = unicodedata.normalize("NFC", (PurePosixPath(table).parent / values["file"]).as_posix())
    if not values["file"] or not (name_ko or name_en) or path not in paths:
        message = f"Line {number} of the CSV names no file that is there, or nobody."
        raise _invalid(message, "table", f"{table}:{number}")
    return GalleryEntry(
        paths[path],
        PersonNames(name_ko or name_en, name_en or name_ko),
        values["category"] or _CATEGORY,
        values["note"],
        Provenance(values["source"], values["licence"], values["attribution"]),
    )


def _is_litter(name: str) -> bool:
    return name in _LITTER or name.startswith(".")


def _size_of(file: BinaryIO) -> int:
    return file.seek(0, io.SEEK_END)


def _invalid(message: str, reason: str, entry: str | None = None) -> InvalidArchiveError:
    context = {"reason": reason} if entry is None else {"reason": reason, "entry": entry[:200]}
    return InvalidArchiveError(message, **context)


def _too_many_rows(table: str) -> InvalidArchiveError:
    return _invalid(f"The CSV has more than {MAX_ENTRIES} lines.", "table", table)


def _too_many_entries() -> InvalidArchiveError:
    return _invalid(f"It holds more than {MAX_ENTRIES} files.", "too_many_entries")
