"""Export of all data of a user as a ZIP, built while it is sent: JSON, readings as text, and photos."""

import asyncio
import io
import time
import zipfile
from collections.abc import AsyncIterator

from gwansang.reading.covers import is_seen
from gwansang.reading.measurements import KEYS_BY_NAME
from gwansang.reading.model import Archetypes, Reading
from gwansang.services.readings.kept_content import KeptAnalysis
from gwansang.services.takeout.export_service import Collection, ExportService
from gwansang.storage.base import ObjectNotFoundError, ObjectStore
from gwansang.texts import LOCALES, load

_MAX_FILES = 1_000  # of readings; a ZIP's directory is held in memory until its end, and 20,000 files take 27 MB
_BETWEEN_READINGS = f"\n\n{'=' * 78}\n\n"


class ExportArchive:
    """Streams archives, holding a few readings or one photo in memory at a time."""

    def __init__(self, exports: ExportService, store: ObjectStore) -> None:
        self._exports = exports
        self._store = store

    async def stream(self, collected: Collection) -> AsyncIterator[bytes]:
        """Yield the bytes of the ZIP."""
        archive = _Archive()
        yield archive.begin()
        async for piece in self._exports.document(collected):
            yield await asyncio.to_thread(archive.write_document, piece)
        yield archive.end_document()
        async for analyses in self._exports.analyses(collected):
            together = collected.export.analyses_count > _MAX_FILES
            yield await asyncio.to_thread(archive.write_readings, analyses, together=together)
        for photo, key in zip(collected.export.photos, collected.photo_keys, strict=True):
            try:
                jpeg = await self._store.get(key)
            except ObjectNotFoundError:  # deleted meanwhile
                continue
            yield await asyncio.to_thread(archive.write_photo, photo.file, jpeg)
        yield archive.finish()


class _Archive(io.RawIOBase):
    """A ZIP whose bytes are drained as they are written."""

    def __init__(self) -> None:
        self._pending: list[bytes] = []
        self._zip = zipfile.ZipFile(self, "w")

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        data = bytes(memoryview(piece))  # type: ignore[arg-type]  # the stub says object-like buffers, mypy says object
        self._pending.append(data)
        return len(data)

    def begin(self) -> bytes:
        """Write the description, open the document, and return the bytes."""
        self._write_text("README.txt", _label("readme", "\n"))
        entry = zipfile.ZipInfo("export.json", date_time=time.gmtime()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        self._document = self._zip.open(entry, "w", force_zip64=True)
        return self._drain()

    def write_document(self, piece: bytes) -> bytes:
        """Write a piece of the document and return the bytes."""
        self._document.write(piece)
        return self._drain()

    def end_document(self) -> bytes:
        """Close the document and return the bytes."""
        self._document.close()
        return self._drain()

    def write_readings(self, analyses: tuple[KeptAnalysis, ...], *, together: bool) -> bytes:
        """Write readings as text, each into a file or all into one, and return the bytes."""
        for group in (analyses,) if together else ((analysis,) for analysis in analyses):
            name = f"readings/{group[0].created_at:%Y-%m-%d}-{group[0].analysis_id}.txt"
            self._write_text(name, _BETWEEN_READINGS.join(map(reading_as_text, group)))
        return self._drain()

    def write_photo(self, name: str, content: bytes) -> bytes:
        """Write a file that is compressed already and return the bytes."""
        self._zip.writestr(name, content, zipfile.ZIP_STORED)
        return self._drain()

    def finish(self) -> bytes:
        """Write the directory of the ZIP and return the bytes."""
        self._zip.close()
        return self._drain()

    def _write_text(self, name: str, text: str) -> None:
        self._zip.writestr(name, text, zipfile.ZIP_DEFLATED)

    def _drain(self) -> bytes:
        data, self._pending = b"".join(self._pending), []
        return data


def reading_as_text(analysis: KeptAnalysis) -> str:
    """Return a reading as plain text, with labels in all languages and texts in the language of the reading."""
    reading = analysis.reading
    energies = ", ".join(f"{_label(energy)} {score}" for energy, score in reading.energy_scores.items())
    lines = [
        f"{_label('date')}: {analysis.created_at:%Y-%m-%d %H:%M} UTC",
        f"{_label('overall')}: {reading.overall_score}",
        f"{_label('element')}: {reading.element.name}",
        f"    {reading.element.meaning}",
        f"{_label('energies')}: {energies}",
        "",
        *_story(reading),
        *_archetypes(reading.archetypes),
        _label("parts"),
    ]
    for part in reading.parts:
        lines += [f"- {part.name} {part.hanja}: {part.shape} ({part.score})", f"    {part.meaning}"]
    lines += ["", f"{_label('fortune')} {reading.fortune.date}", f"    {reading.fortune.text}"]
    lines += ["", _label("measures")]
    lines += [
        f"- {name}: {measure.value:.4g} ± {measure.error:.2g} {measure.unit}"
        for name, measure in sorted(analysis.measures.items())
        if name not in KEYS_BY_NAME or is_seen(KEYS_BY_NAME[name], measure.error)
    ]
    return "\n".join([*lines, "", reading.disclaimer, ""])


def _story(reading: Reading) -> list[str]:
    """Return title, story and topics; readings of older releases have none."""
    if not reading.title:
        return []
    topics = [
        f"- {topic.name}: {topic.text} {topic.strength} / {topic.caution} / {topic.today}" for topic in reading.topics
    ]
    return [reading.title, reading.story, *topics, ""]


def _archetypes(archetypes: Archetypes | None) -> list[str]:
    if archetypes is None:  # stored by a release without archetypes
        return []
    shares = ", ".join(f"{archetype.name} {archetype.share}%" for archetype in archetypes.callings)
    figures = ", ".join(f"{figure.name} ({figure.years})" for figure in archetypes.figures)
    lines = [_label("archetypes"), f"- {shares}", f"    {archetypes.summary}"]
    return [*lines, f"- {_label('figures')}: {figures}", f"    {archetypes.note}", ""]


def _label(key: str, separator: str = " / ") -> str:
    """Return the text in all languages, one after the other."""
    return separator.join(dict.fromkeys(load("export", locale, dict[str, str])[key] for locale in LOCALES))
