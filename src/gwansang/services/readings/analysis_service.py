"""The main job as a use case: someone's face, read on the day it is where they are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from gwansang.core.clock import Clock
from gwansang.reading.memory import ReadingWithMemory
from gwansang.reading.model import Reading
from gwansang.reading.profile import Profile
from gwansang.services.ml.face_analyzer import FaceAnalyzer, FaceObservation, FaceQuery
from gwansang.services.protection.age import BirthYearError, TooYoungError, check_birth_year
from gwansang.texts import Locale

__all__ = ["AnalysisResult", "AnalysisService", "BirthYearError", "ReadingInput", "TooYoungError"]
_log = structlog.get_logger("gwansang.analysis")


@dataclass(frozen=True, slots=True)
class ReadingInput:
    """A face that was seen, when, and in which words it is to be told: all a reading needs but what is remembered."""

    look: FaceObservation
    locale: Locale
    birth_year: int | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """A reading that has a name; `told` is the reading and what it makes of what was remembered, `norms_id` names what
    the face was compared with."""

    analysis_id: UUID
    reading_input: ReadingInput
    told: ReadingWithMemory
    norms_id: str

    @property
    def created_at(self) -> datetime:
        """When the face was seen."""
        return self.reading_input.seen_at

    @property
    def look(self) -> FaceObservation:
        """How the best photo shows the face, and what was measured this time."""
        return self.reading_input.look

    @property
    def birth_year(self) -> int | None:
        """As it was asked."""
        return self.reading_input.birth_year

    @property
    def reading(self) -> Reading:
        """How the face was told."""
        return self.told.reading


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
        analysis = await self._analyzer.analyze(self._checked(ask, now), self._day(now), known)
        result = self._result(self._new_id(), _sight(analysis.query, analysis.look, now), analysis.told)
        _log.info(
            "analysis.done",
            analysis_id=str(result.analysis_id),
            vision_ms=round(analysis.vision_ms, 1),
            reading_ms=round(analysis.reading_ms, 1),
        )
        return result

    async def look(self, ask: Callable[[], FaceQuery]) -> ReadingInput:
        """Sees and measures the face that `ask` gives, and leaves it to be told later."""
        now = self._clock()
        query, look = await self._analyzer.look(self._checked(ask, now))
        return _sight(query, look, now)

    async def tell(
        self, sight: ReadingInput, known: Profile | None = None, analysis_id: UUID | None = None
    ) -> AnalysisResult:
        """The reading of a face that was seen, in the light of what is known of it."""
        day = self._day(sight.seen_at)
        told = await self._analyzer.tell(sight.look, day, sight.locale, sight.birth_year, known)
        return self._result(analysis_id or self._new_id(), sight, told)

    def check_birth_year(self, birth_year: int | None) -> None:
        """Raises BirthYearError, TooYoungError."""
        check_birth_year(birth_year, self._day(self._clock()))

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self._timezone).date()

    def _checked(self, ask: Callable[[], FaceQuery], now: datetime) -> Callable[[], FaceQuery]:
        def checked() -> FaceQuery:
            query = ask()
            check_birth_year(query.birth_year, self._day(now))
            return query

        return checked

    def _result(self, analysis_id: UUID, sight: ReadingInput, told: ReadingWithMemory) -> AnalysisResult:
        return AnalysisResult(analysis_id, sight, told, self._analyzer.norms.id)


def _sight(query: FaceQuery, look: FaceObservation, now: datetime) -> ReadingInput:
    """What was seen outlives the request's work; the photos need not."""
    return ReadingInput(look, query.locale, query.birth_year, now)
