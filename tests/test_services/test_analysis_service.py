"""AnalysisService: the day of a reading, birth years, and parsing in the pool."""

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

import numpy as np
import pytest

from gwansang.container import Container, assemble_container
from gwansang.services.ml.face_analyzer import (
    FaceQuery,
    FaceVision,
    InvalidLandmarksError,
    NothingToReadError,
    canonical_landmarks,
)
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.services.readings.analysis_service import BirthYearError, TooYoungError
from gwansang.vision.given_landmarks import GivenLandmarks
from tests.support.fakes import NOON, FakeVision, frozen_clock
from tests.support.photos import encoded
from tests.support.serving import settings_for_tests

pytestmark = pytest.mark.anyio
PHOTO = FaceQuery(image=b"a photo")


@asynccontextmanager
async def open_services(moment: datetime = NOON) -> AsyncIterator[Container]:
    pool = InferencePool[FaceVision](FakeVision, workers=1, queue=4, timeout_s=10)
    async with assemble_container(pool, settings_for_tests(), clock=frozen_clock(moment)) as container:
        yield container


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 23, 14, 59, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 11, 23, 15, 0, tzinfo=UTC), date(2026, 11, 24)),
    ],
)
async def test_the_fortune_is_for_the_current_day_in_seoul(moment: datetime, day: date) -> None:
    async with open_services(moment) as container:
        result = await container.analyses.analyze(lambda: PHOTO)
    assert result.reading.fortune.date == day
    assert result.reading_input.seen_at == moment


async def test_the_query_is_parsed_in_the_pool() -> None:
    threads: list[str] = []

    def load_query() -> FaceQuery:
        threads.append(threading.current_thread().name)
        return PHOTO

    async with open_services() as container:
        await container.analyses.analyze(load_query)
    assert threads[0].startswith("inference")


@pytest.mark.parametrize(
    ("birth_year", "error"),
    [(1899, BirthYearError), (2027, BirthYearError), (2013, TooYoungError), (2026, TooYoungError)],
)
async def test_an_impossible_or_too_recent_birth_year_is_rejected(birth_year: int, error: type[Exception]) -> None:
    async with open_services() as container:
        with pytest.raises(error):
            await container.analyses.analyze(lambda: FaceQuery(image=b"a photo", birth_year=birth_year))


async def test_the_youngest_allowed_birth_year_gets_the_years_of_life() -> None:
    async with open_services() as container:
        result = await container.analyses.analyze(lambda: FaceQuery(image=b"a photo", birth_year=2011))
    assert result.reading_input.birth_year == 2011
    assert result.reading.ages


async def test_two_readings_of_a_face_differ_only_in_their_ids() -> None:
    async with open_services() as container:
        first = await container.analyses.analyze(lambda: PHOTO)
        second = await container.analyses.analyze(lambda: PHOTO)
    assert first.analysis_id != second.analysis_id
    assert first.reading == second.reading


async def test_with_landmarks_an_image_only_supplies_the_aspect() -> None:
    wide = encoded(np.zeros((100, 400, 3), np.uint8), ".png")
    async with open_services() as container:
        result = await container.analyses.analyze(
            lambda: FaceQuery(image=wide, landmarks=GivenLandmarks(landmarks_at_aspect(4.0), two_looks=True))
        )
    np.testing.assert_allclose(result.observation.points[:468], landmarks_at_aspect(4.0)[:468, :2])
    assert abs(result.observation.pose.yaw_deg) < 1


def landmarks_at_aspect(aspect: float) -> np.ndarray:
    """Return the canonical face as fractions of a picture `aspect` times as wide as high."""
    points = canonical_landmarks()
    return (points - 0.5) / (aspect, 1.0, aspect) + 0.5


def empty_query() -> FaceQuery:
    return FaceQuery()


def parser_of(shape: tuple[int, ...]) -> Callable[[], FaceQuery]:
    return lambda: FaceQuery(landmarks=GivenLandmarks(np.full(shape, 0.5)))


@pytest.mark.parametrize(
    ("load_query", "error"),
    [
        (empty_query, NothingToReadError),
        (parser_of((467, 3)), InvalidLandmarksError),
        (parser_of((468, 4)), InvalidLandmarksError),
        (parser_of((468,)), InvalidLandmarksError),
    ],
)
async def test_a_query_without_a_face_is_rejected(load_query: Callable[[], FaceQuery], error: type[Exception]) -> None:
    async with open_services() as container:
        with pytest.raises(error):
            await container.analyses.analyze(load_query)
