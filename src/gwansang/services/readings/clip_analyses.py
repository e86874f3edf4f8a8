"""Readings of clips for callers that wait for them and store nothing."""

from collections.abc import Callable
from uuid import UUID

from gwansang.core.clock import Clock
from gwansang.services.readings.analysis_service import AnalysisResult, AnalysisService, ReadingInput
from gwansang.services.readings.clip_people import LOOK_BACK
from gwansang.services.readings.clip_reader import ClipPart, ClipReader, merge_parts
from gwansang.texts import Locale


class ClipAnalyses:
    """Observes a clip part by part, as its task does, and reads it like a photo."""

    def __init__(
        self, clips: ClipReader, analyses: AnalysisService, *, clock: Clock, new_id: Callable[[], UUID]
    ) -> None:
        self._clips = clips
        self._analyses = analyses
        self._clock = clock
        self._new_id = new_id

    async def analyze(self, data: bytes, locale: Locale, birth_year: int | None) -> AnalysisResult:
        """Return the reading of a clip; raises BirthYearError, TooYoungError, and what is wrong with the clip."""
        self._analyses.check_birth_year(birth_year)
        parts: list[ClipPart] = []
        for index in range(await self._clips.count_parts(data)):
            before = [frame for part in parts for frame in part.frames][-LOOK_BACK:]
            parts.append(await self._clips.observe(data, index, before))
        reading_input = ReadingInput(merge_parts(parts), locale, birth_year, self._clock())
        return await self._analyses.finish(reading_input, self._new_id(), None)
