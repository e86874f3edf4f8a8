"""A small multipart form with the files of one field, parsed in memory (photos never touch a disk) in the pool."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from gwansang.core.exceptions import InvalidInput, Malformed

_MAX_FIELDS = 8
_MAX_FIELD_BYTES = 4096
_MAX_BOUNDARY = 200


class InvalidFormError(Malformed):
    code = "INVALID_FORM"
    title = "The form can't be parsed"


class TooManyFilesError(InvalidInput):
    """Carries `max_files` in its context."""

    code = "TOO_MANY_FILES"
    title = "Too many files in the form"


@dataclass(slots=True)
class Form:
    """What was in the form: the files of the one field that may have any, in their order, and the other fields."""

    files: dict[str, list[bytes]] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)


def parse_form(body: bytes | bytearray, content_type: str, max_files: int = 1) -> Form:
    """Parses a whole multipart/form-data body; raises TooManyFilesError, and InvalidFormError for anything else but one
    small clean form."""
    collector = FormCollector(max_files)
    feed = FormFeed(content_type, collector)
    feed.write(bytes(body))
    feed.end()
    return collector.form


class FormFeed:
    """Where a form goes in, at once or piece by piece; raises InvalidFormError and what the collector raises."""

    def __init__(self, content_type: str, collector: "FormCollector") -> None:
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if not 0 < len(boundary) <= _MAX_BOUNDARY:
            raise InvalidFormError("The multipart form has no usable boundary.")
        self._collector = collector
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": collector.begin_part,
                "on_header_field": collector.add_header_name,
                "on_header_value": collector.add_header_value,
                "on_header_end": collector.end_header,
                "on_part_data": collector.add_data,
                "on_part_end": collector.end_part,
                "on_end": collector.end,
            },
        )

    def write(self, piece: bytes) -> None:
        with _readable():
            self._parser.write(piece)

    def end(self) -> None:
        with _readable():
            self._parser.finalize()
        if not self._collector.complete:
            raise InvalidFormError("The multipart form ends too early.")


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (FormParserError, UnicodeDecodeError):
        raise InvalidFormError("The multipart form is damaged or not complete.") from None


class FormCollector:
    """Takes what the parser finds."""

    def __init__(self, max_files: int) -> None:
        self.form = Form()
        self.files = 0
        self._max_files = max_files
        self.complete = False
        self._header = (b"", b"")
        self._disposition = b""
        self._data: list[bytes] = []

    def begin_part(self) -> None:
        if self.files + len(self.form.fields) > _MAX_FIELDS + self._max_files:
            raise InvalidFormError("The form has too many fields.")
        self._header, self._disposition, self._data = (b"", b""), b"", []

    def add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0] + data[start:end], self._header[1])

    def add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0], self._header[1] + data[start:end])

    def end_header(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._disposition = value
        self._header = (b"", b"")

    def add_data(self, data: bytes, start: int, end: int) -> None:
        self._data.append(data[start:end])

    def end_part(self) -> None:
        kind, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("utf-8")
        is_file = b"filename" in options
        if kind != b"form-data" or not name or name in (self.form.fields if is_file else self._names()):
            raise InvalidFormError("Every part of the form needs a name of its own.")
        content = self._data[0] if len(self._data) == 1 else b"".join(self._data)
        self._data = []
        if is_file:
            self.add_file(name, options[b"filename"], content)
        else:
            self._add_field(name, content)

    def end(self) -> None:
        self.complete = True

    def _names(self) -> set[str]:
        return {*self.form.files, *self.form.fields}

    def add_file(self, name: str, _filename: bytes, content: bytes) -> None:
        """Takes a file; raises TooManyFilesError, and InvalidFormError for one in another field than those before."""
        files = self.form.files.setdefault(name, [])
        if len(self.form.files) > 1:
            raise InvalidFormError("All files of the form belong into one field.")
        if self.files == self._max_files:
            raise TooManyFilesError(f"The form may hold {self._max_files} files.", max_files=self._max_files)
        self.files += 1
        files.append(content)

    def _add_field(self, name: str, content: bytes) -> None:
        if len(content) > _MAX_FIELD_BYTES:
            raise InvalidFormError(f"A form field may have {_MAX_FIELD_BYTES} bytes; a photo is sent as a file.")
        self.form.fields[name] = content.decode("utf-8")
