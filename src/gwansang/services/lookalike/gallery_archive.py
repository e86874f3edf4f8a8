"""Pictures of people in a folder or a ZIP archive: what is in there, and whose each is, before anything is unpacked.

Two layouts: one folder a person, or a CSV with a line for each picture (`file`, `name_ko`, `name_en` or `name`, and
`category`, `source`, `licence`, `attribution`, `note` as far as known). An archive is refused as a whole where
anything about it is not plain: its names, its sizes, its entries' kinds. Nothing of it is ever written to a disk.
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
_MAX_DIRECTORY_BYTES: Final = 16 * 1024 * 1024
_MAX_RATIO: Final = 100  # pictures hardly shrink; a bomb does, a thousandfold
_SMALL: Final = 1024 * 1024  # whose ratio does not matter
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 0x1
_NESTED: Final = frozenset({".zip", ".jar", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst"})
_LITTER: Final = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
_CATEGORY: Final = "celebrity"
_COLUMNS: Final = ("file", "name", "name_ko", "name_en", "category", "source", "licence", "attribution", "note")
_HANGUL: Final = re.compile("[가-힣]")
_END_OF_DIRECTORY: Final = b"PK\x05\x06"


class InvalidArchiveError(InvalidInput):
    """Carries `reason` in its context, and `entry` where one entry is to blame."""

    code = "INVALID_ARCHIVE"
    title = "The archive can't be taken"


@dataclass(frozen=True, slots=True)
class GalleryEntry:
    """A picture to be looked at: which file, of whom, from where."""

    file: str
    names: PersonNames
    category: str = _CATEGORY
    note: str = ""
    origin: Provenance = Provenance()  # noqa: RUF009 - immutable


class PictureSource(Protocol):
    """Where pictures lie."""

    def files(self) -> Sequence[str]:
        """All files, as paths with slashes, in order."""
        ...

    def read(self, file: str, max_bytes: int) -> bytes:
        """Up to one byte more than `max_bytes` of a file."""
        ...


class FolderPictures:
    """Files of a folder and of those in it; links are not followed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def files(self) -> Sequence[str]:
        found = []
        for place, folders, names in os.walk(self._folder, followlinks=False):
            folders[:] = sorted(name for name in folders if not _is_litter(name))
            within = Path(place)
            found += [within / name for name in names if not _is_litter(name) and not (within / name).is_symlink()]
        return sorted(path.relative_to(self._folder).as_posix() for path in found)

    def read(self, file: str, max_bytes: int) -> bytes:
        with (self._folder / file).open("rb") as opened:
            return opened.read(max_bytes + 1)


class ArchivePictures:
    """Files of a ZIP archive that was found plain."""

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
            raise _refused("An entry of the archive is damaged.", "damaged", file) from error


@contextmanager
def open_archive(file: BinaryIO) -> Iterator[ArchivePictures]:
    """The pictures of a ZIP archive; raises InvalidArchiveError unless everything about it is plain."""
    _check_directory(file)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError) as error:
        raise _refused("The file is no readable ZIP archive.", "not_a_zip") from error
    with archive:
        _check_entries(archive.infolist(), _size_of(file))
        yield ArchivePictures(archive)


def list_entries(pictures: PictureSource) -> list[GalleryEntry]:
    """The pictures and whose they are; raises InvalidArchiveError where that can't be told."""
    files = pictures.files()
    tables = [file for file in files if PurePosixPath(file).suffix.lower() == ".csv"]
    if len(tables) > 1:
        raise _refused("There may be one CSV only.", "several_tables", tables[1])
    found = _listed(pictures, tables[0], files) if tables else [_in_folder(file) for file in files]
    if not found:
        raise _refused(
            "There is no picture in it; give every person a folder with JPEG, PNG or WebP files, or add a CSV.", "empty"
        )
    if len(found) > MAX_ENTRIES:
        raise _refused(f"It holds more than {MAX_ENTRIES} files.", "too_many_entries")
    return found


def _check_directory(file: BinaryIO) -> None:
    """Before the directory is read: how long and how full it says that it is."""
    size = _size_of(file)
    file.seek(max(size - 65_557, 0))  # the end record and the longest comment
    tail = file.read()
    at = tail.rfind(_END_OF_DIRECTORY)
    if at < 0 or len(tail) < at + 22:
        raise _refused("The file is no ZIP archive; name a ZIP or a folder.", "not_a_zip")
    count = int.from_bytes(tail[at + 10 : at + 12], "little")
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    if count > MAX_ENTRIES or length > _MAX_DIRECTORY_BYTES:  # ZIP64 says 65,535 here
        raise _refused(f"It holds more than {MAX_ENTRIES} files.", "too_many_entries")
    file.seek(0)


def _check_entries(infos: list[zipfile.ZipInfo], archive_bytes: int) -> None:
    if len(infos) > MAX_ENTRIES:
        raise _refused(f"It holds more than {MAX_ENTRIES} files.", "too_many_entries")
    seen: set[str] = set()
    for info in infos:
        for check, message, reason in _ENTRY_CHECKS:
            if check(info):
                raise _refused(message, reason, info.filename)
        spelled = unicodedata.normalize("NFC", info.filename).casefold()
        if spelled in seen:
            raise _refused("Two entries have the same name.", "same_name", info.filename)
        seen.add(spelled)
    if sum(info.compress_size for info in infos) > archive_bytes:
        raise _refused("Entries of the archive overlap.", "overlap")
    if sum(info.file_size for info in infos) > MAX_UNPACKED_BYTES:
        raise _refused("Unpacked, the archive would be far too large.", "too_large_unpacked")


def _leads_out(info: zipfile.ZipInfo) -> bool:
    name = getattr(info, "orig_filename", info.filename)
    parts = name.split("/")
    odd = "\\" in name or name.startswith("/") or any(unicodedata.category(letter) == "Cc" for letter in name)
    return odd or ":" in parts[0] or ".." in parts or len(name) > 500


def _is_special(info: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(info.external_attr >> 16)
    return kind not in (0, stat.S_IFREG, stat.S_IFDIR)


def _is_bomb(info: zipfile.ZipInfo) -> bool:
    return info.file_size > _SMALL and info.file_size > _MAX_RATIO * max(info.compress_size, 1)


def _is_nested(info: zipfile.ZipInfo) -> bool:
    return PurePosixPath(info.filename).suffix.lower() in _NESTED


_ENTRY_CHECKS: Final[tuple[tuple[Callable[[zipfile.ZipInfo], bool], str, str], ...]] = (
    (_leads_out, "A name in the archive leads out of it.", "path"),
    (_is_special, "The archive holds a link or a device.", "link"),
    (lambda info: bool(info.flag_bits & _ENCRYPTED), "The archive is encrypted.", "encrypted"),
    (lambda info: info.compress_type not in _METHODS, "The archive is packed in an unusual way.", "method"),
    (_is_bomb, "An entry would grow far too much.", "bomb"),
    (_is_nested, "The archive holds another archive.", "nested"),
)


def _in_folder(file: str) -> GalleryEntry:
    folders = PurePosixPath(file).parts[:-1]
    if not folders:
        raise _refused("Each picture belongs into a folder of its person, or into the CSV.", "no_person", file)
    return GalleryEntry(file, parse_names(folders[-1]))


def parse_names(folder: str) -> PersonNames:
    """The names in a folder's name: `홍길동_Hong Gildong` has both, in either order; anything else is both."""
    one, _, two = unicodedata.normalize("NFC", folder).partition("_")
    if one and two and bool(_HANGUL.search(one)) != bool(_HANGUL.search(two)):
        return PersonNames(one, two) if _HANGUL.search(one) else PersonNames(two, one)
    return PersonNames(folder, folder)


def _listed(pictures: PictureSource, table: str, files: Sequence[str]) -> list[GalleryEntry]:
    content = pictures.read(table, _MAX_CSV_BYTES)
    if len(content) > _MAX_CSV_BYTES:
        raise _refused("The CSV is too large.", "table", table)
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _refused("The CSV can't be read; save it as UTF-8 with commas.", "table", table) from error
    known = {unicodedata.normalize("NFC", file): file for file in files}
    beside = PurePosixPath(table).parent
    return [_line(row, known, beside, number, table) for number, row in enumerate(rows, start=2)]


def _line(row: dict[str, str], known: dict[str, str], beside: PurePosixPath, number: int, table: str) -> GalleryEntry:
    told = {name: (row.get(name) or "").strip() for name in _COLUMNS}
    name_ko, name_en = told["name_ko"] or told["name"], told["name_en"] or told["name"]
    wanted = unicodedata.normalize("NFC", (beside / told["file"]).as_posix())
    if not told["file"] or not (name_ko or name_en) or wanted not in known:
        message = f"Line {number} of the CSV names no file that is there, or nobody."
        raise _refused(message, "table", f"{table}:{number}")
    return GalleryEntry(
        known[wanted],
        PersonNames(name_ko or name_en, name_en or name_ko),
        told["category"] or _CATEGORY,
        told["note"],
        Provenance(told["source"], told["licence"], told["attribution"]),
    )


def _is_litter(name: str) -> bool:
    return name in _LITTER or name.startswith(".")


def _size_of(file: BinaryIO) -> int:
    return file.seek(0, io.SEEK_END)


def _refused(message: str, reason: str, entry: str | None = None) -> InvalidArchiveError:
    context = {"reason": reason} if entry is None else {"reason": reason, "entry": entry[:200]}
    return InvalidArchiveError(message, **context)
