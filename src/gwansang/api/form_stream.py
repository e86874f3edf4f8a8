"""A multipart form with many files, taken as it comes: whoever reads holds one file at a time."""

import unicodedata
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass

from gwansang.api.multipart import FormCollector, FormFeed, InvalidFormError

_MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file of the form; `name` is what its sender calls it, without folders and control characters."""

    name: str
    content: bytes


class FormStream:
    """Reads a form once, whose files are all in one field. `check_size` is given the size of a file while it grows, and
    the number of files before it, and raises where that is too much."""

    def __init__(self, content_type: str, field: str, max_files: int, check_size: Callable[[int, int], object]) -> None:
        self._collector = _Collector(field, max_files, check_size)
        self._feed = FormFeed(content_type, self._collector)

    @property
    def fields(self) -> dict[str, str]:
        """The other fields; all of them are known when all files were read."""
        return self._collector.form.fields

    async def files(self, pieces: AsyncIterable[bytes]) -> AsyncIterator[FormFile]:
        """The files in their order; raises InvalidFormError, TooManyFilesError."""
        async for piece in pieces:
            self._feed.write(piece)
            for file in self._collector.taken():
                yield file
        self._feed.end()


class _Collector(FormCollector):
    def __init__(self, field: str, max_files: int, check_size: Callable[[int, int], object]) -> None:
        super().__init__(max_files)
        self._field = field
        self._check_size = check_size
        self._size = 0
        self._taken: list[FormFile] = []

    def begin_part(self) -> None:
        super().begin_part()
        self._size = 0

    def add_data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        self._check_size(self._size, self.files)
        super().add_data(data, start, end)

    def add_file(self, name: str, filename: bytes, content: bytes) -> None:
        if name != self._field:
            raise InvalidFormError(f"The files of the form belong into the field `{self._field}`.")
        super().add_file(name, filename, b"")
        self.form.files.clear()
        self._taken.append(FormFile(_plain(filename), content))

    def taken(self) -> list[FormFile]:
        """The files that are complete, each handed out once."""
        taken, self._taken = self._taken, []
        return taken


def _plain(filename: bytes) -> str:
    """The end of a path, as text that can stand in a line."""
    text = filename.decode("utf-8", "replace").replace("\\", "/").rpartition("/")[2]
    shown = (letter for letter in text if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    return "".join(shown).strip()[:_MAX_NAME]
