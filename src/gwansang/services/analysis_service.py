"""The main job as a use case: someone's face, read on the day it is where they are."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from gwansang.core.clock import Clock
from gwansang.core.exceptions import InvalidInput
from gwansang.reading.measurements import Measures
from gwansang.reading.memory import Recollection
from gwansang.reading.model import Reading
from gwansang.reading.profile import Profile
from gwansang.services.ml.face_analyzer import Analysis, FaceAnalyzer, FaceQuery
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
    """A reading that has a name and a time; `norms_id` names what the face was compared with."""

    analysis_id: UUID
    created_at: datetime
    analysis: Analysis
    norms_id: str

    @property
    def face(self) -> Face:
        """The face, that of the best photo where there are several."""
        return self.analysis.look.face

    @property
    def measures(self) -> Measures:
        """What was measured this time; the reading may rest on what was remembered, too."""
        return self.analysis.look.measures

    @property
    def told(self) -> Recollection:
        """The reading, and what it makes of what was remembered."""
        return self.analysis.told

    @property
    def reading(self) -> Reading:
        """How the face was told."""
        return self.analysis.told.reading

    @property
    def birth_year(self) -> int | None:
        """As it was asked."""
        return self.analysis.query.birth_year


class AnalysisService:
    """Readings for callers; the fortune is that of the civil day in `timezone`."""

    def __init__(self, analyzer: FaceAnalyzer, *, clock: Clock, new_id: Callable[[], UUID], timezone: ZoneInfo) -> None:
        self._analyzer = analyzer
        self._clock = clock
        self._new_id = new_id
        self._timezone = timezone

    async def analyze(self, ask: Callable[[], FaceQuery], known: Profile | None = None) -> AnalysisResult:
        """Reads the face that `ask` gives, in the light of what is known of it; `ask` may be slow and may raise, it
        runs in the pool."""
        now = self._clock()
        day = now.astimezone(self._timezone).date()

        def checked() -> FaceQuery:
            query = ask()
            _check_birth_year(query.birth_year, day)
            return query

        analysis = await self._analyzer.analyze(checked, day, known)
        result = AnalysisResult(
            analysis_id=self._new_id(),
            created_at=now,
            analysis=_without_photos(analysis),
            norms_id=self._analyzer.norms.id,
        )
        _log.info(
            "analysis.done",
            analysis_id=str(result.analysis_id),
            vision_ms=round(analysis.vision_ms, 1),
            reading_ms=round(analysis.reading_ms, 1),
        )
        return result

    async def tell_again(self, result: AnalysisResult, known: Profile | None) -> AnalysisResult:
        """The same analysis in the light of something else that is known of the face."""
        day = result.reading.fortune.date
        return replace(result, analysis=await self._analyzer.tell_again(result.analysis, day, known))


def _without_photos(analysis: Analysis) -> Analysis:
    """What was seen outlives the request's work; the photos need not."""
    query = analysis.query
    return replace(analysis, query=FaceQuery(locale=query.locale, birth_year=query.birth_year))


def _check_birth_year(birth_year: int | None, day: date) -> None:
    if birth_year is None:
        return
    if not FIRST_BIRTH_YEAR <= birth_year <= day.year:
        message = f"The birth year must lie between {FIRST_BIRTH_YEAR} and {day.year}."
        raise BirthYearError(message, min=FIRST_BIRTH_YEAR, max=day.year)
    if day.year - birth_year < MIN_AGE:
        raise TooYoungError(f"Readings are made from the age of {MIN_AGE} on.", min_age=MIN_AGE)
