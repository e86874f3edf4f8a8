"""Presented readings against their source: each line is drawn at the points of its measure."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter

from gwansang.api.v1.presenters.readings import present, present_kept
from gwansang.container import Container, assemble_container
from gwansang.reading.hand_marks import MESH_POINT_COUNT
from gwansang.reading.model import Reading
from gwansang.services.ml.face_analyzer import FaceQuery, FaceVision, canonical_landmarks
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.services.readings.snapshot import snapshot_of
from gwansang.vision.given_landmarks import GivenLandmarks
from tests.support.fakes import FakeVision, frozen_clock
from tests.support.serving import settings_for_tests

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def services() -> AsyncIterator[Container]:
    pool = InferencePool[FaceVision](FakeVision, workers=1, queue=4, timeout_s=10)
    async with assemble_container(pool, settings_for_tests(), clock=frozen_clock()) as container:
        yield container


async def test_overlays_are_the_measured_points_as_fractions_of_the_photo() -> None:
    landmarks = (canonical_landmarks() - 0.5) * (0.5, 1.0, 0.5) + 0.5
    query = FaceQuery(landmarks=GivenLandmarks(landmarks, 1600, 800, two_looks=True), birth_year=1990)
    async with services() as container:
        result = await container.analyses.analyze(lambda: query)
    wire = present(result)
    mesh, points = landmarks[:MESH_POINT_COUNT, :2], result.observation.points
    np.testing.assert_allclose(points[: len(mesh)], mesh, atol=6e-5)
    compared = 0
    for part in result.reading.parts:
        for reason, presented in zip(part.reasons, wire.parts_analysis[part.part].reasons, strict=True):
            for overlay, drawn in zip(reason.overlays, presented.overlays, strict=True):
                np.testing.assert_allclose(drawn.points, points[list(overlay.vertices)], atol=6e-5)
                compared += 1
    assert compared > 20
    for age, position in zip(result.reading.ages, wire.ages.positions, strict=True):
        np.testing.assert_allclose(position.points, landmarks[list(age.vertices), :2].reshape(-1, 2), atol=6e-5)


async def test_a_reading_of_an_older_release_is_shown() -> None:
    async with services() as container:
        result = await container.analyses.analyze(lambda: FaceQuery(landmarks=GivenLandmarks(canonical_landmarks())))
    readings = TypeAdapter(Reading)
    older = readings.dump_python(result.reading, mode="json")
    del older["archetypes"]
    for part in older["parts"]:
        del part["decided"]
    kept = snapshot_of(result).kept
    shown = present_kept(replace(kept, reading=readings.validate_python(older)))
    assert shown.archetypes is None
    assert not any(part.decided for part in shown.parts_analysis.values()), "no part was decided then"
    assert present_kept(kept).archetypes == present(result).archetypes is not None
