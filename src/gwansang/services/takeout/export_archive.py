"""All own data as a ZIP that is made while it is sent: what programs read, what people read, and kept photos."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator

from gwansang.reading.model import Archetypes
from gwansang.services.readings.history_service import KeptAnalysis
from gwansang.services.takeout.export_service import Export, ExportService, export_document
from gwansang.storage.base import ObjectNotFoundError, ObjectStore
from gwansang.texts import LOCALES, load


class ExportArchive:
    """Streams archives; what is in memory at once is one document or one photo."""

    def __init__(self, exports: ExportService, store: ObjectStore) -> None:
        self._exports = exports
        self._store = store

    async def stream(self, user_id: int) -> AsyncIterator[bytes]:
        """The bytes of the ZIP, of which the first part is ready when this returns; raises UserNotFoundError."""
        exported, keys = await self._exports.collect(user_id)
        archive = _Archive()
        first = await asyncio.to_thread(archive.begin, exported)
        return self._rest(archive, first, exported, keys)

    async def _rest(
        self, archive: "_Archive", first: bytes, exported: Export, keys: tuple[str, ...]
    ) -> AsyncIterator[bytes]:
        yield first
        for photo, key in zip(exported.photos, keys, strict=True):
            try:
                jpeg = await self._store.get(key)
            except ObjectNotFoundError:  # it was deleted since
                continue
            yield await asyncio.to_thread(archive.add, photo.file, jpeg)
        yield archive.end()


class _Archive(io.RawIOBase):
    """A ZIP whose bytes are taken away as they are made."""

    def __init__(self) -> None:
        self._made: list[bytes] = []
        self._zip = zipfile.ZipFile(self, "w")

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        made = bytes(memoryview(piece))  # type: ignore[arg-type]  # the stub says object-like buffers, mypy says object
        self._made.append(made)
        return len(made)

    def begin(self, exported: Export) -> bytes:
        """Everything but the photos."""
        self._text("README.txt", _label("readme", "\n"))
        self._text("export.json", json.dumps(export_document(exported), ensure_ascii=False, indent=2))
        for analysis in exported.analyses:
            name = f"readings/{analysis.created_at:%Y-%m-%d}-{analysis.analysis_id}.txt"
            self._text(name, reading_as_text(analysis))
        return self._taken()

    def add(self, name: str, content: bytes) -> bytes:
        """One file that is small already."""
        self._zip.writestr(name, content, zipfile.ZIP_STORED)
        return self._taken()

    def end(self) -> bytes:
        """The directory of the ZIP."""
        self._zip.close()
        return self._taken()

    def _text(self, name: str, text: str) -> None:
        self._zip.writestr(name, text, zipfile.ZIP_DEFLATED)

    def _taken(self) -> bytes:
        made, self._made = b"".join(self._made), []
        return made


def reading_as_text(analysis: KeptAnalysis) -> str:
    """A reading as people read it, with labels in both languages; its texts are in the language it was made in."""
    reading = analysis.reading
    energies = ", ".join(f"{_label(energy)} {score}" for energy, score in reading.energy_scores.items())
    lines = [
        f"{_label('date')}: {analysis.created_at:%Y-%m-%d %H:%M} UTC",
        f"{_label('overall')}: {reading.overall_score}",
        f"{_label('element')}: {reading.element.name}",
        f"    {reading.element.meaning}",
        f"{_label('energies')}: {energies}",
        "",
        *_callings(reading.archetypes),
        _label("parts"),
    ]
    for part in reading.parts:
        lines += [f"- {part.name} {part.hanja}: {part.shape} ({part.score})", f"    {part.meaning}"]
    lines += ["", f"{_label('fortune')} {reading.fortune.date}", f"    {reading.fortune.text}"]
    lines += ["", _label("measures")]
    lines += [
        f"- {name}: {one.value:.4g} ± {one.error:.2g} {one.unit}" for name, one in sorted(analysis.measures.items())
    ]
    return "\n".join([*lines, "", reading.disclaimer, ""])


def _callings(archetypes: Archetypes | None) -> list[str]:
    if archetypes is None:  # kept before they were told
        return []
    shares = ", ".join(f"{calling.name} {calling.share}%" for calling in archetypes.callings)
    figures = ", ".join(f"{figure.name} {figure.overlap}%" for figure in archetypes.figures)
    lines = [_label("archetypes"), f"- {shares}", f"    {archetypes.summary}"]
    return [*lines, f"- {_label('figures')}: {figures}", f"    {archetypes.note}", ""]


def _label(key: str, separator: str = " / ") -> str:
    """Return the text in all languages, one after the other."""
    return separator.join(dict.fromkeys(load("export", locale, dict[str, str])[key] for locale in LOCALES))
