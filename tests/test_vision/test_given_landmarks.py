"""Landmarks found elsewhere give the face of their photo, or are refused."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gwansang.core.exceptions import AppError
from gwansang.vision import errors
from gwansang.vision.face import Face, Points
from gwansang.vision.mesh import canonical_face
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import face_from_landmarks, read_photo
from gwansang.vision.quality import QualityWarning
from tests.support.photos import drawn_portrait
from tests.test_vision import scenes


@pytest.fixture(scope="module")
def upright(networks: Networks) -> Face:
    return read_photo(drawn_portrait(".png"), networks)


def normalised(face: Face, dimensions: int = 3) -> Points:
    scale = np.array([face.image_width, face.image_height, face.image_width], dtype=float)
    return np.asarray(face.points / scale)[:, :dimensions]


def test_landmarks_and_size_give_the_face_of_the_photo(upright: Face) -> None:
    face = face_from_landmarks(normalised(upright), 480, 640)
    assert face.frontal == pytest.approx(upright.frontal, abs=1e-9)
    assert astuple(face.pose) == pytest.approx(astuple(upright.pose))
    assert QualityWarning.LANDMARKS_ONLY in face.quality.warnings


def test_the_ten_iris_landmarks_are_ignored(upright: Face) -> None:
    more = np.vstack([normalised(upright), np.full((10, 3), 0.5)])
    assert np.array_equal(
        face_from_landmarks(more, 480, 640).frontal, face_from_landmarks(more[:468], 480, 640).frontal
    )


def test_landmarks_without_a_size_give_a_similar_face_with_a_warning(upright: Face) -> None:
    face = face_from_landmarks(normalised(upright))
    assert face.frontal == pytest.approx(upright.frontal, abs=0.1)
    assert QualityWarning.ASPECT_ASSUMED in face.quality.warnings


def test_landmarks_without_depth_give_the_same_width_and_height(upright: Face) -> None:
    face = face_from_landmarks(normalised(upright, 2), 480, 640)
    assert face.frontal[:, :2] == pytest.approx(upright.frontal[:, :2], abs=0.5)
    assert face.pose.roll_deg == pytest.approx(upright.pose.roll_deg, abs=1)


DEGENERATE = {
    "all the same": lambda points: np.full_like(points, 0.5),
    "on one line": lambda points: np.linspace(0, 1, 468)[:, None] * np.ones(points.shape[1]),
    "mirrored": lambda points: np.column_stack([1 - points[:, :1], points[:, 1:]]),
    "upside down and mirrored": lambda points: np.column_stack([points[:, :1], 1 - points[:, 1:2], points[:, 2:]]),
    "in another order": lambda points: np.random.default_rng(3).permutation(points),
    "random": lambda points: np.random.default_rng(3).random(points.shape),
    "beyond the photo": lambda points: points + np.eye(1, points.shape[1]),
    "in pixels": lambda points: points * 640,
    "not numbers": lambda points: np.where(np.arange(468)[:, None] == 7, np.nan, points),
    "infinite": lambda points: np.where(np.arange(468)[:, None] == 7, np.inf, points),
    "huge": lambda points: np.where(np.arange(468)[:, None] == 7, -1e308, points),
    "one too few": lambda points: points[:467],
    "one too many": lambda points: np.vstack([points, points[:1]]),
    "none": lambda points: points[:0],
    "of one number each": lambda points: points[:, :1],
}


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("name", DEGENERATE)
def test_landmarks_that_form_no_face_are_refused(upright: Face, name: str, dimensions: int) -> None:
    with pytest.raises(errors.DegenerateLandmarksError):
        face_from_landmarks(DEGENERATE[name](normalised(upright, dimensions)), 480, 640)


@pytest.mark.parametrize("depth", [1e308, -1e308, 1e30, np.inf, np.nan])
def test_landmarks_of_extreme_depth_are_refused(upright: Face, depth: float) -> None:
    points = normalised(upright)
    points[:, 2] *= depth
    with pytest.raises(errors.DegenerateLandmarksError):
        face_from_landmarks(points, 480, 640)


@pytest.mark.parametrize("width", [0, -480])
def test_a_photo_size_without_pixels_is_refused(upright: Face, width: int) -> None:
    with pytest.raises(errors.DegenerateLandmarksError):
        face_from_landmarks(normalised(upright), width, 640)


@settings(max_examples=60)
@given(data=st.data())
def test_any_landmarks_give_a_finite_face_or_an_error(data: st.DataObject) -> None:
    seed, spread = data.draw(st.integers(0, 10_000)), data.draw(st.sampled_from([1e-12, 1e-6, 1e-3, 0.1, 1.0]))
    shape = canonical_face().vertices[:, : data.draw(st.sampled_from([2, 3]))] / 40 * data.draw(st.floats(0, 1.5))
    points = shape * np.array([1, -1, -1])[: shape.shape[1]] + 0.5
    points = np.clip(points + np.random.default_rng(seed).normal(0, spread, points.shape), 0, 1)
    sizes = data.draw(st.sampled_from([(None, None), (1, 1), (12_000, 1), (480, 640)]))
    try:
        face = face_from_landmarks(points, *sizes)
    except AppError:
        return
    assert np.isfinite(face.frontal).all()
    assert 0 <= face.quality.score <= 1


def test_landmarks_of_a_turned_face_are_refused() -> None:
    seen = canonical_face().vertices @ scenes.rotation(yaw_deg=50).T * (1, -1, -1) / 40 + 0.5
    with pytest.raises(errors.FaceTurnedError):
        face_from_landmarks(seen, 640, 640)
