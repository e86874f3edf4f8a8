"""Landmarks found elsewhere give the face of their photo, or are refused."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gwansang.core.exceptions import AppError
from gwansang.vision import errors
from gwansang.vision.decode import decode_image
from gwansang.vision.drawn_face import drawn_points
from gwansang.vision.face import Face, Points
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.given_landmarks import GivenLandmarks, face_from_landmarks
from gwansang.vision.measuring.channels import apply_matrix, crop_matrix, invert_matrix, make_channels
from gwansang.vision.measuring.face_measures import crop_of_image
from gwansang.vision.measuring.template import DETAIL_POINTS
from gwansang.vision.measuring.weights import landmark_model
from gwansang.vision.mesh import canonical_face
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo
from gwansang.vision.quality import QualityWarning
from tests.support.photos import drawn_portrait
from tests.test_vision import scenes


@pytest.fixture(scope="module")
def upright(networks: Networks) -> Face:
    return read_photo(drawn_portrait(".png"), networks)


def from_landmarks(networks: Networks, points: Points, width: int | None = None, height: int | None = None) -> Face:
    return face_from_landmarks(GivenLandmarks(points, width, height, two_looks=True), networks)


def normalised(face: Face, dimensions: int = 3) -> Points:
    scale = np.array([face.image_width, face.image_height, face.image_width], dtype=float)
    return np.asarray(face.points / scale)[:, :dimensions]


def test_landmarks_and_size_give_the_face_of_the_photo(networks: Networks, upright: Face) -> None:
    face = from_landmarks(networks, normalised(upright), 480, 640)
    assert face.frontal == pytest.approx(upright.frontal, abs=1e-9)
    assert astuple(face.pose) == pytest.approx(astuple(upright.pose))
    assert QualityWarning.LANDMARKS_ONLY in face.quality.warnings


def test_landmarks_without_a_size_give_the_common_shape_of_photo_with_a_warning(networks: Networks) -> None:
    vertices = canonical_face().vertices
    mesh = np.column_stack([drawn_points(600, 800, 300.0, vertices), -vertices[:, 2] * 20]) / (600, 800, 600)
    face = from_landmarks(networks, np.vstack([mesh, mesh[[468 - 1] * 10]]))
    assert face.image_width / face.image_height == pytest.approx(3 / 4)
    assert QualityWarning.ASPECT_ASSUMED in face.quality.warnings


def test_landmarks_without_depth_give_the_same_width_and_height(networks: Networks, upright: Face) -> None:
    face = from_landmarks(networks, normalised(upright, 2), 480, 640)
    assert face.frontal[:, :2] == pytest.approx(upright.frontal[:, :2], abs=0.5)
    assert face.pose.roll_deg == pytest.approx(upright.pose.roll_deg, abs=1)


DEGENERATE = {
    "all the same": lambda points: np.full_like(points, 0.5),
    "on one line": lambda points: np.linspace(0, 1, len(points))[:, None] * np.ones(points.shape[1]),
    "mirrored": lambda points: np.column_stack([1 - points[:, :1], points[:, 1:]]),
    "upside down and mirrored": lambda points: np.column_stack([points[:, :1], 1 - points[:, 1:2], points[:, 2:]]),
    "in another order": lambda points: np.random.default_rng(3).permutation(points),
    "random": lambda points: np.random.default_rng(3).random(points.shape),
    "beyond the photo": lambda points: points + np.eye(1, points.shape[1]),
    "in pixels": lambda points: points * 640,
    "not numbers": lambda points: np.where(np.arange(len(points))[:, None] == 7, np.nan, points),
    "infinite": lambda points: np.where(np.arange(len(points))[:, None] == 7, np.inf, points),
    "huge": lambda points: np.where(np.arange(len(points))[:, None] == 7, -1e308, points),
    "one too few": lambda points: points[:477],
    "one too many": lambda points: np.vstack([points, points[:1]]),
    "none": lambda points: points[:0],
    "of one number each": lambda points: points[:, :1],
}


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("name", DEGENERATE)
def test_landmarks_that_form_no_face_are_refused(networks: Networks, upright: Face, name: str, dimensions: int) -> None:
    with pytest.raises(errors.DegenerateLandmarksError):
        from_landmarks(networks, DEGENERATE[name](normalised(upright, dimensions)), 480, 640)


@pytest.mark.parametrize("depth", [1e308, -1e308, 1e30, np.inf, np.nan])
def test_landmarks_of_extreme_depth_are_refused(networks: Networks, upright: Face, depth: float) -> None:
    points = normalised(upright)
    points[:, 2] *= depth
    with pytest.raises(errors.DegenerateLandmarksError):
        from_landmarks(networks, points, 480, 640)


@pytest.mark.parametrize("width", [0, -480])
def test_a_photo_size_without_pixels_is_refused(networks: Networks, upright: Face, width: int) -> None:
    with pytest.raises(errors.DegenerateLandmarksError):
        from_landmarks(networks, normalised(upright), width, 640)


@settings(max_examples=60)
@given(data=st.data())
def test_any_landmarks_give_a_finite_face_or_an_error(networks: Networks, data: st.DataObject) -> None:
    seed, spread = data.draw(st.integers(0, 10_000)), data.draw(st.sampled_from([1e-12, 1e-6, 1e-3, 0.1, 1.0]))
    shape = canonical_face().vertices[:, : data.draw(st.sampled_from([2, 3]))] / 40 * data.draw(st.floats(0, 1.5))
    points = shape * np.array([1, -1, -1])[: shape.shape[1]] + 0.5
    points = np.clip(points + np.random.default_rng(seed).normal(0, spread, points.shape), 0, 1)
    sizes = data.draw(st.sampled_from([(None, None), (1, 1), (12_000, 1), (480, 640)]))
    try:
        face = from_landmarks(networks, points, *sizes)
    except AppError:
        return
    assert np.isfinite(face.frontal).all()
    assert 0 <= face.quality.score <= 1


def test_landmarks_of_a_turned_face_are_refused(networks: Networks) -> None:
    seen = canonical_face().vertices @ scenes.rotation(yaw_deg=50).T * (1, -1, -1) / 40 + 0.5
    with pytest.raises(errors.FaceTurnedError):
        from_landmarks(networks, seen, 640, 640)


# what a client with the kernel of the service sends


@pytest.fixture(scope="module")
def found(upright: Face) -> Points:
    """Return the detail points that the kernel finds in the drawn portrait, as fractions of it."""
    image = decode_image(inspect_image(drawn_portrait(".png")))
    matrix = crop_matrix(upright.points)
    maps = make_channels(crop_of_image(image, upright.points))
    points = landmark_model().cascade.find(maps, apply_matrix(matrix, upright.points[:, :2]))
    return apply_matrix(invert_matrix(matrix), points[list(DETAIL_POINTS)]) / (480, 640)


def test_detail_points_give_the_measures_of_the_photo(networks: Networks, upright: Face, found: Points) -> None:
    face = face_from_landmarks(GivenLandmarks(normalised(upright), 480, 640, two_looks=True, details=found), networks)
    assert face.quality.source == "own_kernel"
    assert QualityWarning.LANDMARKS_ONLY not in face.quality.warnings
    for key, value in upright.values.items():
        assert face.values[key] == pytest.approx(value, abs=0.01 * upright.errors[key])


def test_points_alone_have_larger_errors_and_are_named(networks: Networks, upright: Face) -> None:
    points = normalised(upright)
    sources = {
        "two_looks": GivenLandmarks(points, 480, 640, two_looks=True),
        "one_look": GivenLandmarks(points, 480, 640),
        "older_mesh": GivenLandmarks(points[:468], 480, 640),
    }
    ratios = []
    for source, given_points in sources.items():
        face = face_from_landmarks(given_points, networks)
        assert face.quality.source == source
        assert QualityWarning.LANDMARKS_ONLY in face.quality.warnings
        ratios.append(np.median([face.errors[key] / upright.errors[key] for key in upright.errors]))
    assert ratios == sorted(ratios)
    assert ratios[0] > 1


def test_what_a_client_could_not_see_is_a_warning(networks: Networks, upright: Face) -> None:
    given = GivenLandmarks(normalised(upright), 480, 640, covered=("mouth", "mouth"))
    quality = face_from_landmarks(given, networks).quality
    assert quality.covered == ("mouth",)
    assert quality.warnings.count(QualityWarning.MOUTH_OCCLUDED) == 1


SPOILED = {
    "one too few": lambda points: points[:72],
    "not numbers": lambda points: np.where(np.arange(73)[:, None] == 5, np.nan, points),
    "beyond the photo": lambda points: points + 1,
    "all the same": lambda points: np.full_like(points, 0.5),
    "upside down": lambda points: points * (1, -1) + (0, 1),
    "random": lambda points: np.random.default_rng(1).random(points.shape),
}


@pytest.mark.parametrize("name", SPOILED)
def test_detail_points_that_are_no_face_are_refused(
    networks: Networks, upright: Face, found: Points, name: str
) -> None:
    spoiled = GivenLandmarks(normalised(upright), 480, 640, two_looks=True, details=SPOILED[name](found))
    with pytest.raises(errors.DegenerateLandmarksError):
        face_from_landmarks(spoiled, networks)


@pytest.mark.parametrize("without_depth", [False, True])
def test_any_single_point_may_be_anywhere(networks: Networks, upright: Face, without_depth: bool) -> None:
    """Whatever one vertex is moved to, there is a finite face or a refusal."""
    points = normalised(upright, 2 if without_depth else 3)
    for vertex in (*range(0, 468, 23), 9, 10, 2, 152, 168, 13, 14, 61, 133):
        for place in ((0.0, 0.0), (1.0, 1.0), (0.5, 1.0), (0.5, 0.0), tuple(points[152, :2])):
            moved = points.copy()
            moved[vertex, :2] = place
            try:
                face = from_landmarks(networks, moved, 480, 640)
            except AppError:
                continue
            assert np.isfinite([*face.values.values(), *face.errors.values()]).all()
            assert np.isfinite(face.details).all()


@pytest.mark.parametrize("axis", [0, 1])
def test_landmarks_on_a_line_without_a_size_are_refused(networks: Networks, upright: Face, axis: int) -> None:
    flat = normalised(upright)
    flat[:, axis] = 0.5
    with pytest.raises(errors.DegenerateLandmarksError):
        from_landmarks(networks, flat)


def test_detail_points_need_the_landmarks_that_they_were_found_from(
    networks: Networks, upright: Face, found: Points
) -> None:
    points = normalised(upright)
    for given_points in (
        GivenLandmarks(points, 480, 640, details=found),
        GivenLandmarks(points[:, :2], 480, 640, two_looks=True, details=found),
        GivenLandmarks(points[:468], 480, 640, two_looks=True, details=found),
    ):
        with pytest.raises(errors.DegenerateLandmarksError, match="two looks"):
            face_from_landmarks(given_points, networks)


def test_points_without_depth_tell_nothing_of_the_nose_root(networks: Networks, upright: Face) -> None:
    deep, flat = (from_landmarks(networks, normalised(upright, dimensions), 480, 640) for dimensions in (3, 2))
    assert flat.errors["NR"] > 5 * deep.errors["NR"]
    assert flat.errors["FL"] == pytest.approx(deep.errors["FL"], rel=0.3)
