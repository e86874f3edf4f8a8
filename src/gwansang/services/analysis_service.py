"""The main job as a use case: someone's face, read on the day it is where they are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from gwansang.core.clock import Clock
from gwansang.core.exceptions import InvalidInput
from gwansang.reading.model import Reading
from gwansang.services.ml.face_analyzer import FaceAnalyzer, FaceQuery
from gwansang.vision.face import Face

_log = structlog.get_logger("gwansang.analysis")
MIN_AGE = 14
FIRST_BIRTH_YEAR = 1900


class BirthYearError(InvalidInput):
    """Carries `min` and `max` in its context."""

    code = "INVALID_BIRTH_YEAR"
    title = "The birth year can't be right"


class TooYoungError(InvalidInput):
    """Carries `min_age` in its context."""

    code = "TOO_YOUNG"
    title = "Not for children"


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """A reading that has a name and a time."""

    analysis_id: UUID
    created_at: datetime
    face: Face
    reading: Reading
    birth_year: int | None
    vision_ms: float
    reading_ms: float


class AnalysisService:
    """Readings for callers; the fortune is that of the civil day in `timezone`."""

    def __init__(self, analyzer: FaceAnalyzer, *, clock: Clock, new_id: Callable[[], UUID], timezone: ZoneInfo) -> None:
        self._analyzer = analyzer
        self._clock = clock
        self._new_id = new_id
        self._timezone = timezone

    async def analyze(self, ask: Callable[[], FaceQuery]) -> AnalysisResult:
        """Reads the face that `ask` gives; `ask` may be slow and may raise, it runs in the pool."""
        now = self._clock()
        day = now.astimezone(self._timezone).date()

        def checked() -> FaceQuery:
            query = ask()
            _check_birth_year(query.birth_year, day)
            return query

        analysis = await self._analyzer.analyze(checked, day)
        result = AnalysisResult(
            analysis_id=self._new_id(),
            created_at=now,
            face=analysis.face,
            reading=analysis.reading,
            birth_year=analysis.query.birth_year,
            vision_ms=analysis.vision_ms,
            reading_ms=analysis.reading_ms,
        )
        _log.info(
            "analysis.done",
            analysis_id=str(result.analysis_id),
            vision_ms=round(result.vision_ms, 1),
            reading_ms=round(result.reading_ms, 1),
        )
        return result


def _check_birth_year(birth_year: int | None, day: date) -> None:
    if birth_year is None:
        return
    if not FIRST_BIRTH_YEAR <= birth_year <= day.year:
        message = f"The birth year must lie between {FIRST_BIRTH_YEAR} and {day.year}."
        raise BirthYearError(message, min=FIRST_BIRTH_YEAR, max=day.year)
    if day.year - birth_year < MIN_AGE:
        raise TooYoungError(f"Readings are made from the age of {MIN_AGE} on.", min_age=MIN_AGE)
