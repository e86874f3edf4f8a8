"""Readings with an id and a date, for callers of whom nothing is remembered."""

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
from gwansang.services.ml.face_analyzer import FaceAnalyzer, FaceObservation, FaceQuery, QueryLoader
from gwansang.services.protection.age import BirthYearError, TooYoungError, check_birth_year
from gwansang.texts import Locale

__all__ = ["AnalysisResult", "AnalysisService", "BirthYearError", "ReadingInput", "TooYoungError"]
_log = structlog.get_logger("gwansang.analysis")


@dataclass(frozen=True, slots=True)
class ReadingInput:
    """Everything a reading is composed of but the user's profile."""

    observation: FaceObservation
    locale: Locale
    birth_year: int | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """A reading with its id and its input; `norms_id` names the norms that the face was compared with."""

    analysis_id: UUID
    reading_input: ReadingInput
    reading_with_memory: ReadingWithMemory
    norms_id: str

    @property
    def observation(self) -> FaceObservation:
        """The face on the photos of this analysis alone."""
        return self.reading_input.observation

    @property
    def reading(self) -> Reading:
        return self.reading_with_memory.reading


class AnalysisService:
    """Readings with ids; the fortune is that of the civil day in `timezone`.

    A `load_query` runs in the inference pool and may be slow; what it raises is raised here, as are the errors of
    `observe_face`, BirthYearError and TooYoungError.
    """

    def __init__(self, analyzer: FaceAnalyzer, *, clock: Clock, new_id: Callable[[], UUID], timezone: ZoneInfo) -> None:
        self._analyzer = analyzer
        self._clock = clock
        self._new_id = new_id
        self._timezone = timezone

    async def analyze(self, load_query: QueryLoader, profile: Profile | None = None) -> AnalysisResult:
        """Observe a face and compose its reading; `profile` is what is remembered of it."""
        now = self._clock()
        analysis = await self._analyzer.run_analysis(self._with_age_check(load_query, now), self._day(now), profile)
        reading_input = _reading_input(analysis.query, analysis.observation, now)
        result = self._result(self._new_id(), reading_input, analysis.reading_with_memory)
        _log.info(
            "analysis.completed",
            analysis_id=str(result.analysis_id),
            vision_ms=round(analysis.vision_ms, 1),
            reading_ms=round(analysis.reading_ms, 1),
        )
        return result

    async def start(self, load_query: QueryLoader) -> ReadingInput:
        """Observe a face, to be read later by `finish`."""
        now = self._clock()
        query, observation = await self._analyzer.run_observation(self._with_age_check(load_query, now))
        return _reading_input(query, observation, now)

    async def finish(self, reading_input: ReadingInput, analysis_id: UUID, profile: Profile | None) -> AnalysisResult:
        """Compose the reading of an observed face; `profile` is what is remembered of it."""
        reading_with_memory = await self._analyzer.run_composition(
            reading_input.observation,
            self._day(reading_input.seen_at),
            reading_input.locale,
            reading_input.birth_year,
            profile,
        )
        return self._result(analysis_id, reading_input, reading_with_memory)

    def check_birth_year(self, birth_year: int | None) -> None:
        """Raise BirthYearError or TooYoungError for a year that no reading is made for today."""
        check_birth_year(birth_year, self._day(self._clock()))

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self._timezone).date()

    def _with_age_check(self, load_query: QueryLoader, now: datetime) -> QueryLoader:
        def load_and_check() -> FaceQuery:
            query = load_query()
            check_birth_year(query.birth_year, self._day(now))
            return query

        return load_and_check

    def _result(
        self, analysis_id: UUID, reading_input: ReadingInput, reading_with_memory: ReadingWithMemory
    ) -> AnalysisResult:
        return AnalysisResult(analysis_id, reading_input, reading_with_memory, self._analyzer.norms.id)


def _reading_input(query: FaceQuery, observation: FaceObservation, now: datetime) -> ReadingInput:
    """Drop the photos, so that they don't outlive the request."""
    return ReadingInput(observation, query.locale, query.birth_year, now)
