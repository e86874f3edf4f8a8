"""All own data as a ZIP that is made while it is sent: what programs read, what people read, and kept photos."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from typing import Final

from gwansang.reading.model import Archetypes, Energy
from gwansang.services.readings.history_service import KeptAnalysis
from gwansang.services.takeout.export_service import Export, ExportService, document
from gwansang.storage.base import ObjectNotFoundError, ObjectStore

_README: Final = """관상 AI에서 내려받은 내 정보예요.

- export.json   서버에 저장된 내 정보 전부 (프로그램으로 읽을 수 있어요)
- readings/     저장한 풀이를 글로 옮긴 것
- photos/       보관에 동의한 사진

비밀번호와 키는 해시로만 저장되어 있어서 들어 있지 않아요.

This is everything GwanSang-AI keeps about you.

- export.json   all of it, for programs
- readings/     your kept readings, as text
- photos/       the photos that you wanted kept

Passwords and keys are stored as digests only, so they are not in here.
"""
_ENERGIES: Final[dict[Energy, str]] = {
    "wealth": "재물 / wealth",
    "love": "애정 / love",
    "health": "활력 / vitality",
    "social": "사람 / people",
}


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
        self._text("README.txt", _README)
        self._text("export.json", json.dumps(document(exported), ensure_ascii=False, indent=2))
        for analysis in exported.analyses:
            name = f"readings/{analysis.created_at:%Y-%m-%d}-{analysis.analysis_id}.txt"
            self._text(name, told(analysis))
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


def told(analysis: KeptAnalysis) -> str:
    """A reading as people read it, with labels in both languages; its texts are in the language it was made in."""
    reading = analysis.reading
    energies = ", ".join(f"{_ENERGIES[energy]} {score}" for energy, score in reading.energy_scores.items())
    lines = [
        f"날짜 / date: {analysis.created_at:%Y-%m-%d %H:%M} UTC",
        f"총점 / overall score: {reading.overall_score}",
        f"오행 / element: {reading.element.name}",
        f"    {reading.element.meaning}",
        f"기운 / energies (1-5): {energies}",
        "",
        *_callings(reading.archetypes),
        "부위 / parts",
    ]
    for part in reading.parts:
        lines += [f"- {part.name} {part.hanja}: {part.shape} ({part.score})", f"    {part.meaning}"]
    lines += ["", f"그날의 운세 / fortune of {reading.fortune.date}", f"    {reading.fortune.text}"]
    lines += ["", "측정값 / measures (value ± error)"]
    lines += [
        f"- {name}: {one.value:.4g} ± {one.error:.2g} {one.unit}" for name, one in sorted(analysis.measures.items())
    ]
    return "\n".join([*lines, "", reading.disclaimer, ""])


def _callings(archetypes: Archetypes | None) -> list[str]:
    if archetypes is None:  # kept before they were told
        return []
    shares = ", ".join(f"{calling.name} {calling.share}%" for calling in archetypes.callings)
    figures = ", ".join(f"{figure.name} {figure.overlap}%" for figure in archetypes.figures)
    lines = ["다섯 상 / callings", f"- {shares}", f"    {archetypes.summary}"]
    return [*lines, f"- 역사 인물 / figures of history: {figures}", f"    {archetypes.note}", ""]
