"""The wire against the reading behind it: every line drawn where its measure was taken."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from gwansang.api.v1.presenter import present
from gwansang.container import Container, assembled
from gwansang.services.ml.face_analyzer import FaceQuery, FaceVision, known_landmarks
from gwansang.services.ml.inference_pool import InferencePool
from tests.fakes import FakeVision, frozen_clock
from tests.serving import settings_for_tests

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def services() -> AsyncIterator[Container]:
    pool = InferencePool[FaceVision](FakeVision, workers=1, queue=4, timeout_s=10)
    async with assembled(pool, settings_for_tests(), clock=frozen_clock()) as container:
        yield container


async def test_overlays_are_the_measured_vertices_as_fractions_of_the_photo() -> None:
    given = (known_landmarks() - 0.5) * (0.5, 1.0, 0.5) + 0.5
    query = FaceQuery(landmarks=given, image_width=1600, image_height=800, birth_year=1990)
    async with services() as container:
        result = await container.analyses.analyze(lambda: query)
    wire = present(result)
    compared = 0
    for part in result.reading.parts:
        for reason, shown in zip(part.reasons, wire.parts_analysis[part.part].reasons, strict=True):
            for overlay, drawn in zip(reason.overlays, shown.overlays, strict=True):
                np.testing.assert_allclose(drawn.points, given[list(overlay.vertices), :2], atol=6e-5)
                compared += 1
    assert compared > 20
    for age, place in zip(result.reading.ages, wire.ages.positions, strict=True):
        np.testing.assert_allclose(place.points, given[list(age.vertices), :2].reshape(-1, 2), atol=6e-5)
