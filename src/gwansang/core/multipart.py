"""A small multipart form, parsed in memory (photos never touch a disk): whole, or piece by piece as it arrives."""

import unicodedata
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from gwansang.core.exceptions import InvalidInput, Malformed
from gwansang.core.pieces import Pieces

_MAX_FIELDS = 8
_MAX_FIELD_BYTES = 4096
_MAX_BOUNDARY = 200
_MAX_NAME = 100
_FILE_FIELD = "file"
_FILE_TYPES = ("image/", "video/", "application/octet-stream", "application/zip", "application/x-zip")
"""Beginnings of the content types of parts that are files even without a file name."""


class InvalidFormError(Malformed):
    code = "INVALID_FORM"
    title = "The form can't be parsed"


class TooManyFilesError(InvalidInput):
    """Carries `max_files` in its context."""

    code = "TOO_MANY_FILES"
    title = "Too many files in the form"


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file of the form; `name` is what its sender calls it, without folders and control characters."""

    name: str
    content: bytes


class FormParser:
    """Parser of one form whose files are all in one field.

    A part is a file if it has a file name or a file's content type. An empty one without a name is the file input of a
    browser in which nothing was chosen, and counts as absent. A file without a field belongs to that of the files.

    field: the field of the files; any one if None. check_size: called with the size of a part while it grows and the
    number of files before it, to raise if that is too much. Methods raise InvalidFormError, TooManyFilesError and the
    errors of `check_size`.
    """

    def __init__(
        self,
        content_type: str,
        max_files: int = 1,
        *,
        field: str | None = None,
        check_size: Callable[[int, int], object] = lambda size, files: None,
    ) -> None:
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if not 0 < len(boundary) <= _MAX_BOUNDARY:
            raise InvalidFormError("The multipart form has no usable boundary.")
        self.fields: dict[str, str] = {}
        self.file_field = field
        self.file_count = 0
        self._field = field
        self._max_files = max_files
        self._check_size = check_size
        self._parts = 0
        self._part = _Part()
        self._files: list[FormFile] = []
        self._complete = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._add_header_name,
                "on_header_value": self._add_header_value,
                "on_header_end": self._end_header,
                "on_part_data": self._add_data,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )

    def parse(self, body: Pieces) -> list[FormFile]:
        """Parse a whole form and return its files in their order."""
        files = [file for piece in body for file in self.write(piece)]
        self.end()
        return files

    async def stream(self, pieces: AsyncIterable[bytes]) -> AsyncIterator[FormFile]:
        """Yield the files of a form as they become complete, so that a caller holds one at a time."""
        async for piece in pieces:
            for file in self.write(piece):
                yield file
        self.end()

    def write(self, piece: bytes) -> list[FormFile]:
        """Parse a piece and return the files that it completes."""
        with _form_errors():
            self._parser.write(piece)
        files, self._files = self._files, []
        return files

    def end(self) -> None:
        """Check that the form is complete."""
        with _form_errors():
            self._parser.finalize()
        if not self._complete:
            raise InvalidFormError("The multipart form ends too early.")

    def _begin_part(self) -> None:
        if self._parts > _MAX_FIELDS + self._max_files:
            raise InvalidFormError("The form has too many fields.")
        self._parts += 1
        self._part = _Part()

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._part.header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.header_value += data[start:end]

    def _end_header(self) -> None:
        part = self._part
        match part.header_name.lower():
            case b"content-disposition":
                part.disposition = part.header_value
            case b"content-type":
                part.type = part.header_value.strip().lower().decode("latin-1")
        part.header_name = part.header_value = b""

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        self._part.size += end - start
        self._check_size(self._part.size, self.file_count)
        self._part.data.add(memoryview(data)[start:end])

    def _end_part(self) -> None:
        part, self._part = self._part, _Part()
        kind, options = parse_options_header(part.disposition)
        filename = _filename(part, options)
        name = options.get(b"name", b"").decode("utf-8")
        if filename is not None:
            name = name or self._field or _FILE_FIELD
        taken = name in self.fields or (filename is None and name == self.file_field and self.file_count > 0)
        if kind != b"form-data" or not name or taken:
            raise InvalidFormError("Every part of the form needs a name of its own.")
        content = part.data.join()
        if filename is None:
            self._add_field(name, content)
        elif filename or content:
            self._add_file(name, filename, content)

    def _end(self) -> None:
        self._complete = True

    def _add_file(self, field: str, filename: str, content: bytes) -> None:
        if self._field is not None and field != self._field:
            raise InvalidFormError(f"The files of the form belong into the field `{self._field}`.")
        if self.file_count and field != self.file_field:
            raise InvalidFormError("All files of the form belong into one field.")
        if self.file_count == self._max_files:
            raise TooManyFilesError(f"The form may hold {self._max_files} files.", max_files=self._max_files)
        self.file_field = field
        self.file_count += 1
        self._files.append(FormFile(_plain(filename), content))

    def _add_field(self, name: str, content: bytes) -> None:
        if len(content) > _MAX_FIELD_BYTES:
            raise InvalidFormError(f"A form field may have {_MAX_FIELD_BYTES} bytes; a photo is sent as a file.")
        self.fields[name] = content.decode("utf-8")


def without_boundary(body: bytes, content_type: str) -> bytes:
    """Return a form without its boundary, which clients make up anew for each request."""
    _, options = parse_options_header(content_type)
    return body.replace(b"--" + options.get(b"boundary", b""), b"--")


class _Part:
    """A part of the form while it arrives."""

    def __init__(self) -> None:
        self.header_name = self.header_value = self.disposition = b""
        self.type = ""
        self.data = Pieces()
        self.size = 0


@contextmanager
def _form_errors() -> Iterator[None]:
    try:
        yield
    except (FormParserError, UnicodeDecodeError):
        raise InvalidFormError("The multipart form is damaged or not complete.") from None


def _filename(part: _Part, options: dict[bytes, bytes]) -> str | None:
    """Return the file name of a part, "" for a file without one, None if the part is no file.

    options: parameters of the disposition without those of RFC 5987 (`filename*`), which count more than a plain name.
    """
    extended = _extended_filename(part.disposition) if b"*" in part.disposition else None
    if extended is not None:
        return extended
    if b"filename" in options:
        return options[b"filename"].decode("utf-8", "replace")
    return "" if part.type.startswith(_FILE_TYPES) else None


def _extended_filename(disposition: bytes) -> str | None:
    """Return the file name that is written as in RFC 5987, such as filename*=UTF-8''%EC%96%BC.jpg; None without one."""
    header = Message()
    header["Content-Disposition"] = disposition.decode("latin-1")
    parameters: Sequence[tuple[str, object]] = header.get_params([], header="Content-Disposition")
    for name, value in parameters:
        if name.lower() == "filename" and isinstance(value, tuple):
            charset, _, text = value
            is_latin = str(charset).lower() == "iso-8859-1"
            return str(text) if is_latin else str(text).encode("latin-1", "replace").decode("utf-8", "replace")
    return None


def _plain(filename: str) -> str:
    """Return the last part of a path, as text that fits in a line."""
    text = filename.replace("\\", "/").rpartition("/")[2]
    shown = (letter for letter in text if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    return "".join(shown).strip()[:_MAX_NAME]
