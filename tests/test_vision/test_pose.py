"""Alignment with the canonical face, and the angles of the head pose."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwansang.vision.errors import DegenerateLandmarksError
from gwansang.vision.face import Points
from gwansang.vision.mesh import canonical_face
from gwansang.vision.pose import add_canonical_depth, align_to_canonical, estimate_aspect_ratio
from tests.test_vision.scenes import rotation

SHAPE = canonical_face().vertices
angles = st.floats(-60, 60)


def as_photographed(turn: Points, scale: float = 20.0, x: float = 500.0, y: float = 600.0) -> Points:
    """Return image points (pixels, y down, z negative towards the camera) of the canonical face from far away."""
    points = SHAPE @ turn.T * scale * (1.0, -1.0, -1.0)
    return np.asarray(points + np.array([x, y, 0.0]))


@given(yaw=angles, pitch=angles, roll=st.floats(-179, 179), scale=st.floats(0.5, 400), x=st.floats(-1e4, 1e4))
def test_any_view_of_a_face_aligns_to_the_same_frontal_mesh(
    yaw: float, pitch: float, roll: float, scale: float, x: float
) -> None:
    alignment = align_to_canonical(as_photographed(rotation(yaw, pitch, roll), scale, x, -x))
    assert alignment.frontal == pytest.approx(SHAPE, abs=1e-5)
    assert alignment.scale == pytest.approx(1 / scale)
    assert alignment.residual == pytest.approx(0, abs=1e-5)


@given(yaw=angles, pitch=angles, roll=st.floats(-179, 179))
def test_turning_the_picture_changes_the_roll_alone(yaw: float, pitch: float, roll: float) -> None:
    pose = align_to_canonical(as_photographed(rotation(yaw, pitch, roll))).pose
    assert (pose.yaw_deg, pose.pitch_deg, pose.roll_deg) == pytest.approx((yaw, pitch, roll), abs=1e-4)


@pytest.mark.parametrize("degrees", [-50.0, -5.0, 5.0, 50.0])
def test_each_angle_is_measured_with_its_sign(degrees: float) -> None:
    poses = [
        align_to_canonical(as_photographed(rotation(**{name: degrees}))).pose
        for name in ("yaw_deg", "pitch_deg", "roll_deg")
    ]
    assert [(p.yaw_deg, p.pitch_deg, p.roll_deg) for p in poses] == [
        pytest.approx((degrees, 0, 0), abs=1e-6),
        pytest.approx((0, degrees, 0), abs=1e-6),
        pytest.approx((0, 0, degrees), abs=1e-6),
    ]


def test_the_signs_of_the_angles_match_the_photo() -> None:
    """The nose moves right when the subject turns left, up with the chin; leaning clockwise lifts the right eye."""
    nose, right_eye, left_eye, top, chin = 1, 33, 263, 10, 152
    straight, to_the_left = as_photographed(np.eye(3)), as_photographed(rotation(20.0))
    assert (to_the_left - straight)[nose, 0] > 0
    assert align_to_canonical(to_the_left).pose.yaw_deg > 0
    raised = as_photographed(rotation(0.0, 20.0))
    assert (raised - straight)[nose, 1] < 0
    assert align_to_canonical(raised).pose.pitch_deg > 0
    leaning = as_photographed(rotation(0.0, 0.0, 20.0))
    assert leaning[right_eye, 1] < leaning[left_eye, 1]
    assert leaning[top, 0] > leaning[chin, 0]
    assert align_to_canonical(leaning).pose.roll_deg > 0


@given(noise=st.integers(0, 1_000), yaw=st.floats(-30, 30), roll=st.floats(-180, 180))
def test_the_frontal_mesh_of_an_asymmetric_face_does_not_depend_on_the_view(
    noise: int, yaw: float, roll: float
) -> None:
    own = np.random.default_rng(noise).normal(0, 0.2, SHAPE.shape)
    image_axes = np.array([1.0, -1.0, -1.0])
    straight = align_to_canonical((SHAPE + own) * image_axes * 20.0)
    turned = align_to_canonical((SHAPE + own) @ rotation(yaw, 0.0, roll).T * image_axes * 35.0 + (300.0, 200.0, 0.0))
    assert turned.frontal == pytest.approx(straight.frontal, abs=1e-6)


@pytest.mark.parametrize(
    "points",
    [
        pytest.param(np.full((468, 3), 0.5), id="all in one place"),
        pytest.param(np.linspace(0, 1, 468)[:, None] * np.ones(3) * 500, id="on one line"),
        pytest.param(np.full((468, 3), np.nan), id="not numbers"),
        pytest.param(np.full((468, 3), np.inf), id="infinite"),
    ],
)
def test_points_that_span_no_face_are_refused(points: Points) -> None:
    with pytest.raises(DegenerateLandmarksError):
        align_to_canonical(points)


@given(yaw=st.floats(-30, 30), pitch=st.floats(-25, 25), roll=st.floats(-170, 170))
def test_points_without_depth_get_the_depth_of_a_face_in_that_pose(yaw: float, pitch: float, roll: float) -> None:
    points = as_photographed(rotation(yaw, pitch, roll))
    lifted = add_canonical_depth(points[:, :2])
    assert lifted[:, :2] == pytest.approx(points[:, :2])
    assert lifted[:, 2] == pytest.approx(points[:, 2] - points[:, 2].mean(), abs=1e-4)


@given(aspect=st.floats(0.4, 2.5), roll=st.floats(-15, 15))
def test_the_aspect_ratio_of_a_photo_is_estimated_from_its_face(aspect: float, roll: float) -> None:
    points = as_photographed(rotation(0.0, 0.0, roll))[:, :2] / (1_000 * aspect, 1_000)
    assert estimate_aspect_ratio(points) == pytest.approx(aspect, rel=0.12)


@pytest.mark.parametrize("flat", [np.full((468, 2), 0.5), np.linspace(0, 1, 468)[:, None] * np.ones(2)])
def test_points_in_one_place_or_on_one_line_get_no_depth(flat: Points) -> None:
    with pytest.raises(DegenerateLandmarksError):
        add_canonical_depth(flat)


def test_points_in_one_place_give_no_aspect_ratio() -> None:
    with pytest.raises(DegenerateLandmarksError):
        estimate_aspect_ratio(np.full((468, 2), 0.5))
