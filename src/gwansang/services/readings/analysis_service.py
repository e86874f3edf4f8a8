"""Readings with an id and a date, for callers of whom nothing is remembered."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from time import perf_counter
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from gwansang.core.clock import Clock
from gwansang.reading.memory import ReadingWithMemory
from gwansang.reading.model import Reading
from gwansang.reading.norms import Norms
from gwansang.reading.profile import Profile
from gwansang.services.ml.face_analyzer import (
    FaceAnalysis,
    FaceObservation,
    FaceQuery,
    FaceVision,
    QueryLoader,
    analyze_query,
    canonical_landmarks,
    compose_reading,
    observe_face,
)
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.services.protection.age import BirthYearError, TooYoungError, check_birth_year
from gwansang.texts import LOCALES, Locale
from gwansang.vision.given_landmarks import GivenLandmarks

__all__ = ["AnalysisResult", "AnalysisService", "BirthYearError", "ReadingInput", "TooYoungError"]
_log = structlog.get_logger("gwansang.analysis")


@dataclass(frozen=True, slots=True)
class ReadingInput:
    """Everything a reading is composed of but the user's profile."""

    observation: FaceObservation
    locale: Locale
    birth_year: int | None
    seen_at: datetime
    timezone: str | None = None  # of the day of the fortune; None: that of the service


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """A reading with its id and its input; `norms_id` names the norms that the face was compared with.

    kept: whether the history has it.
    """

    analysis_id: UUID
    reading_input: ReadingInput
    reading_with_memory: ReadingWithMemory
    norms_id: str
    kept: bool = False

    @property
    def observation(self) -> FaceObservation:
        """The face on the photos of this analysis alone."""
        return self.reading_input.observation

    @property
    def reading(self) -> Reading:
        return self.reading_with_memory.reading


class AnalysisService:
    """Readings with ids, made in the pool; the fortune is that of the civil day in `timezone` or the query's.

    record_time: called with the seconds that each reading took to compose. `analyze` and `start` raise BirthYearError,
    TooYoungError, what the loader of the query raises, and as `observe_face` does.
    """

    def __init__(
        self,
        pool: InferencePool[FaceVision],
        norms: Norms,
        *,
        clock: Clock,
        new_id: Callable[[], UUID],
        timezone: ZoneInfo,
        record_time: Callable[[float], object] = float,
    ) -> None:
        self._pool = pool
        self._norms = norms
        self._clock = clock
        self._new_id = new_id
        self._timezone = timezone
        self._record_time = record_time

    async def warm_up(self) -> None:
        """Read the canonical face in every language, so that missing files fail the start and not a request."""
        day = self._day(self._clock())
        for locale in LOCALES:
            query = FaceQuery(locale=locale, landmarks=GivenLandmarks(canonical_landmarks(), two_looks=True))
            await self._pool.run(partial(analyze_query, query=query, day=day, norms=self._norms))

    async def analyze(self, load_query: QueryLoader, profile: Profile | None = None) -> AnalysisResult:
        """Observe a face and compose its reading in one job; `profile` is what is remembered of it."""
        now = self._clock()

        def analyze(vision: FaceVision) -> FaceAnalysis:
            query = self._load(load_query, now)
            return analyze_query(vision, query, self._day(now, query.timezone), self._norms, profile)

        analysis = await self._pool.run(analyze)
        self._record_time(analysis.reading_ms / 1000)
        reading_input = _reading_input(analysis.query, analysis.observation, now)
        result = AnalysisResult(self._new_id(), reading_input, analysis.reading_with_memory, self._norms.id)
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

        def observe(vision: FaceVision) -> ReadingInput:
            query = self._load(load_query, now)
            return _reading_input(query, observe_face(vision, query), now)

        return await self._pool.run(observe)

    async def finish(self, reading_input: ReadingInput, analysis_id: UUID, profile: Profile | None) -> AnalysisResult:
        """Compose the reading of an observed face; `profile` is what is remembered of it."""
        face, locale, birth_year = reading_input.observation, reading_input.locale, reading_input.birth_year
        day = self._day(reading_input.seen_at, reading_input.timezone)

        def compose(_: FaceVision) -> ReadingWithMemory:
            started = perf_counter()
            reading = compose_reading(face, day, locale, birth_year, self._norms, profile)
            self._record_time(perf_counter() - started)
            return reading

        return AnalysisResult(analysis_id, reading_input, await self._pool.run(compose), self._norms.id)

    def check_birth_year(self, birth_year: int | None) -> None:
        """Raise BirthYearError or TooYoungError for a year that no reading is made for today."""
        check_birth_year(birth_year, self.today())

    def today(self) -> date:
        """Return the civil day of the service."""
        return self._day(self._clock())

    def _day(self, moment: datetime, timezone: str | None = None) -> date:
        return moment.astimezone(ZoneInfo(timezone) if timezone else self._timezone).date()

    def _load(self, load_query: QueryLoader, now: datetime) -> FaceQuery:
        query = load_query()
        check_birth_year(query.birth_year, self._day(now))
        return query


def _reading_input(query: FaceQuery, observation: FaceObservation, now: datetime) -> ReadingInput:
    """Drop the photos, so that they don't outlive the request."""
    return ReadingInput(observation, query.locale, query.birth_year, now, query.timezone)
