"""The wire against the reading behind it: every line drawn where its measure was taken."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter

from gwansang.api.v1.presenters.readings import present, present_kept
from gwansang.container import Container, assemble_container
from gwansang.reading.model import Reading
from gwansang.services.ml.face_analyzer import FaceQuery, FaceVision, canonical_landmarks
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.services.readings.snapshot import snapshot_of
from tests.support.fakes import FakeVision, frozen_clock
from tests.support.serving import settings_for_tests

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def services() -> AsyncIterator[Container]:
    pool = InferencePool[FaceVision](FakeVision, workers=1, queue=4, timeout_s=10)
    async with assemble_container(pool, settings_for_tests(), clock=frozen_clock()) as container:
        yield container


async def test_overlays_are_the_measured_vertices_as_fractions_of_the_photo() -> None:
    given = (canonical_landmarks() - 0.5) * (0.5, 1.0, 0.5) + 0.5
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


async def test_a_reading_that_was_kept_before_the_callings_were_told_can_still_be_shown() -> None:
    async with services() as container:
        result = await container.analyses.analyze(lambda: FaceQuery(landmarks=canonical_landmarks()))
    readings = TypeAdapter(Reading)
    old = readings.dump_python(result.reading, mode="json")
    del old["archetypes"]
    made = snapshot_of(result).kept
    assert present_kept(replace(made, reading=readings.validate_python(old))).archetypes is None
    assert present_kept(made).archetypes == present(result).archetypes is not None
