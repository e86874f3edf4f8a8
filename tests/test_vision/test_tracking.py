"""Tracking of a face from frame to frame."""

import numpy as np
import pytest

from gwansang.core.exceptions import AppError
from gwansang.services.ml.face_analyzer import canonical_landmarks
from gwansang.vision.errors import CorruptImageError, DegenerateLandmarksError, ImageTooLargeError
from gwansang.vision.face import Points
from gwansang.vision.given_landmarks import GivenLandmarks
from gwansang.vision.models.runtime import Network, Networks
from gwansang.vision.tracking import TrackedFrame, TrackingState, median_landmarks, track_frame, track_landmarks
from tests.support.cameras import drawn_face, frame, hand_held, real_face
from tests.support.hostile_images import Hostile, hostile_images, png_bomb
from tests.support.photos import encoded
from tests.test_vision import scenes


@pytest.fixture
def state() -> TrackingState:
    return TrackingState()


@pytest.fixture
def detections(networks: Networks, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by one with each run of a detector."""
    runs: list[str] = []
    for name in ("short_range", "full_range"):
        network: Network = getattr(networks, name)

        def counted(tensor: object, name: str = name, run: object = network.run) -> object:
            runs.append(name)
            return run(tensor)  # type: ignore[operator]

        monkeypatch.setattr(network, "run", counted)
    return runs


def track(data: bytes, state: TrackingState, networks: Networks) -> TrackedFrame:
    return track_frame(data, state, networks)


def distance(one: Points, other: Points) -> float:
    """Return the mean distance of two meshes in % of the distance between the eyes."""
    apart = np.linalg.norm(one[33, :2] - one[263, :2])
    return 100 * float(np.linalg.norm(one[:, :2] - other[:, :2], axis=1).mean() / apart)


def test_a_tracked_face_matches_a_fresh_detection(networks: Networks, state: TrackingState) -> None:
    far = []
    for data in hand_held(real_face(), 20):
        tracked, fresh = track(data, state, networks), track(data, TrackingState(), networks)
        assert tracked.points is not None
        assert fresh.points is not None
        far.append(distance(tracked.points, fresh.points))
    assert max(far) < 2
    assert np.median(far) < 1


def test_the_detectors_hardly_run_while_a_face_is_tracked(
    networks: Networks, state: TrackingState, detections: list[str]
) -> None:
    for data in hand_held(drawn_face(), 33):
        assert track(data, state, networks).faces == 1
    assert len(detections) == 5


def test_a_face_that_leaves_is_dropped_and_one_that_enters_is_found(networks: Networks, state: TrackingState) -> None:
    with_face, empty = frame(drawn_face()), encoded(np.full((480, 640, 3), 120, np.uint8))
    assert track(with_face, state, networks).faces == 1
    gone = track(empty, state, networks)
    assert (gone.faces, gone.points, gone.pose, state.points) == (0, None, None, None)
    assert gone.luma == pytest.approx(120 / 255, abs=0.01)
    back = track(frame(drawn_face(), x=90), state, networks)
    assert back.points is not None
    assert back.points[:, 0].mean() == pytest.approx(320 + 90, abs=12)


def test_a_second_face_is_noticed_within_eight_frames(networks: Networks, state: TrackingState) -> None:
    two = encoded(scenes.crowd(2, 1, 480))
    alone = encoded(np.hstack([scenes.crowd(1, 1, 480), np.full((480, 360, 3), 120, np.uint8)]))
    assert track(alone, state, networks).faces == 1
    assert 2 in [track(two, state, networks).faces for _ in range(8)]


def test_a_distant_face_is_tracked(networks: Networks, state: TrackingState) -> None:
    far = track(frame(drawn_face(), scale=0.3), state, networks)
    assert far.quality is not None
    assert far.quality.face_width_px == pytest.approx(0.3 * 215, rel=0.1)


@pytest.mark.parametrize("size", [(320, 240), (480, 640), (1280, 720), (1920, 1080)])
def test_results_are_in_pixels_of_the_camera_frame(
    networks: Networks, state: TrackingState, size: tuple[int, int]
) -> None:
    width, height = size
    data = encoded(np.ascontiguousarray(scenes.draw_face(width, height, min(size) * 0.45)))
    for _ in range(3):
        result = track(data, state, networks)
    assert (result.width, result.height) == size
    assert result.quality is not None
    assert result.quality.face_width_px == pytest.approx(min(size) * 0.45, rel=0.08)


def test_a_broken_frame_is_refused_and_tracking_continues(
    networks: Networks, state: TrackingState, detections: list[str]
) -> None:
    intact = frame(drawn_face())
    track(intact, state, networks)
    detections.clear()
    with pytest.raises(CorruptImageError):
        track(intact[: len(intact) // 2], state, networks)
    assert track(intact, state, networks).faces == 1
    assert detections == []


@pytest.mark.parametrize("hostile", hostile_images(), ids=lambda hostile: hostile.name)
def test_a_hostile_image_is_refused_or_tracked(hostile: Hostile, networks: Networks, state: TrackingState) -> None:
    try:
        assert track(hostile.data, state, networks).faces <= 8
    except AppError as error:
        refused = error.code
    else:
        return
    assert refused in {code for _, code in hostile.answers} | {ImageTooLargeError.code}


def test_a_frame_of_too_many_pixels_is_refused_from_its_header(networks: Networks, state: TrackingState) -> None:
    with pytest.raises(ImageTooLargeError):
        track(png_bomb(2001), state, networks)


def test_landmarks_give_pose_and_quality_without_light(networks: Networks) -> None:
    result = track_landmarks(GivenLandmarks(canonical_landmarks(), two_looks=True), 640, 640, networks)
    assert result.pose is not None
    assert result.quality is not None
    assert abs(result.pose.yaw_deg) < 1
    assert (result.luma, result.quality.sharpness, result.quality.brightness) == (None, None, None)
    flat = track_landmarks(GivenLandmarks(canonical_landmarks()[:, :2], two_looks=True), 640, 640, networks)
    assert flat.pose is not None
    assert flat.pose.pitch_deg == pytest.approx(result.pose.pitch_deg, abs=1)


@pytest.mark.parametrize("points", [np.zeros((468, 3)), np.zeros((467, 3)), np.zeros((468, 4)), np.zeros(468)])
def test_landmarks_that_form_no_face_are_refused(networks: Networks, points: Points) -> None:
    with pytest.raises(DegenerateLandmarksError):
        track_landmarks(GivenLandmarks(points), 640, 480, networks)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_median_of_meshes_is_nearer_to_the_face_than_the_first(dimensions: int) -> None:
    chance = np.random.default_rng(3)
    truth = canonical_landmarks()[:, :dimensions]
    meshes = []
    for number in range(5):
        turn = scenes.rotation(roll_deg=2.0 * number)[:dimensions, :dimensions]
        noisy = truth + chance.normal(0, 0.003, truth.shape)
        meshes.append((1 + 0.05 * number) * noisy @ turn.T + 0.02 * number)
    first_off = np.abs(meshes[0] - truth).mean()
    assert np.abs(median_landmarks(meshes) - truth).mean() < 0.9 * first_off
    assert np.array_equal(median_landmarks(meshes[:1]), meshes[0])
