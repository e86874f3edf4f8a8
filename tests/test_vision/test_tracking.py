"""A face is followed from frame to frame, and lost when it goes."""

import numpy as np
import pytest

from gwansang.core.exceptions import AppError
from gwansang.services.ml.face_analyzer import canonical_landmarks
from gwansang.vision.errors import CorruptImageError, DegenerateLandmarksError, ImageTooLargeError
from gwansang.vision.face import Points
from gwansang.vision.models.runtime import Network, Networks
from gwansang.vision.tracking import TrackedFrame, TrackingState, median_landmarks, track_frame, track_landmarks
from tests.support.cameras import drawn_face, frame, hand_held, real_face
from tests.support.hostile_images import Hostile, hostile_images, png_bomb
from tests.support.photos import encoded
from tests.test_vision import scenes


@pytest.fixture
def tracker() -> TrackingState:
    return TrackingState()


@pytest.fixture
def detections(engine: Networks, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by one with each run of a detector."""
    runs: list[str] = []
    for name in ("short_range", "full_range"):
        network: Network = getattr(engine, name)

        def counted(tensor: object, name: str = name, run: object = network.run) -> object:
            runs.append(name)
            return run(tensor)  # type: ignore[operator]

        monkeypatch.setattr(network, "run", counted)
    return runs


def seen(data: bytes, tracker: TrackingState, engine: Networks) -> TrackedFrame:
    return track_frame(data, tracker, engine)


def distance(one: Points, other: Points) -> float:
    """Mean distance of two meshes in % of the distance between the eyes."""
    apart = np.linalg.norm(one[33, :2] - one[263, :2])
    return 100 * float(np.linalg.norm(one[:, :2] - other[:, :2], axis=1).mean() / apart)


def test_a_followed_face_lies_where_a_fresh_look_finds_it(engine: Networks, tracker: TrackingState) -> None:
    far = []
    for data in hand_held(real_face(), 20):
        followed, fresh = seen(data, tracker, engine), seen(data, TrackingState(), engine)
        assert followed.points is not None
        assert fresh.points is not None
        far.append(distance(followed.points, fresh.points))
    assert max(far) < 2
    assert np.median(far) < 1


def test_the_detectors_rest_while_a_face_is_followed(
    engine: Networks, tracker: TrackingState, detections: list[str]
) -> None:
    for data in hand_held(drawn_face(), 33):
        assert seen(data, tracker, engine).faces == 1
    assert len(detections) == 5


def test_a_face_that_goes_is_lost_and_who_comes_is_found(engine: Networks, tracker: TrackingState) -> None:
    here, empty = frame(drawn_face()), encoded(np.full((480, 640, 3), 120, np.uint8))
    assert seen(here, tracker, engine).faces == 1
    gone = seen(empty, tracker, engine)
    assert (gone.faces, gone.points, gone.pose, tracker.points) == (0, None, None, None)
    assert gone.luma == pytest.approx(120 / 255, abs=0.01)
    back = seen(frame(drawn_face(), x=90), tracker, engine)
    assert back.points is not None
    assert back.points[:, 0].mean() == pytest.approx(320 + 90, abs=12)


def test_who_joins_is_noticed_within_eight_frames(engine: Networks, tracker: TrackingState) -> None:
    two = encoded(scenes.crowd(2, 1, 480))
    alone = encoded(np.hstack([scenes.crowd(1, 1, 480), np.full((480, 360, 3), 120, np.uint8)]))
    assert seen(alone, tracker, engine).faces == 1
    assert 2 in [seen(two, tracker, engine).faces for _ in range(8)]


def test_a_face_far_away_is_seen_too(engine: Networks, tracker: TrackingState) -> None:
    far = seen(frame(drawn_face(), scale=0.3), tracker, engine)
    assert far.quality is not None
    assert far.quality.face_width_px == pytest.approx(0.3 * 215, rel=0.1)


@pytest.mark.parametrize("size", [(320, 240), (480, 640), (1280, 720), (1920, 1080)])
def test_any_camera_size_is_told_in_its_own_pixels(
    engine: Networks, tracker: TrackingState, size: tuple[int, int]
) -> None:
    width, height = size
    data = encoded(np.ascontiguousarray(scenes.draw_face(width, height, min(size) * 0.45)))
    for _ in range(3):
        look = seen(data, tracker, engine)
    assert (look.width, look.height) == size
    assert look.quality is not None
    assert look.quality.face_width_px == pytest.approx(min(size) * 0.45, rel=0.08)


def test_a_broken_frame_is_refused_and_the_face_is_still_followed(
    engine: Networks, tracker: TrackingState, detections: list[str]
) -> None:
    good = frame(drawn_face())
    seen(good, tracker, engine)
    detections.clear()
    with pytest.raises(CorruptImageError):
        seen(good[: len(good) // 2], tracker, engine)
    assert seen(good, tracker, engine).faces == 1
    assert detections == []


@pytest.mark.parametrize("hostile", hostile_images(), ids=lambda hostile: hostile.name)
def test_a_hostile_picture_is_refused_by_name_or_looked_at(
    hostile: Hostile, engine: Networks, tracker: TrackingState
) -> None:
    try:
        assert seen(hostile.data, tracker, engine).faces <= 8
    except AppError as error:
        refused = error.code
    else:
        return
    assert refused in {code for _, code in hostile.answers} | {ImageTooLargeError.code}


def test_a_frame_of_too_many_pixels_is_refused_from_its_header(engine: Networks, tracker: TrackingState) -> None:
    with pytest.raises(ImageTooLargeError):
        seen(png_bomb(2001), tracker, engine)


def test_landmarks_give_pose_and_quality_and_no_light() -> None:
    look = track_landmarks(canonical_landmarks(), 640, 640)
    assert look.pose is not None
    assert look.quality is not None
    assert abs(look.pose.yaw_deg) < 1
    assert (look.luma, look.quality.sharpness, look.quality.brightness) == (None, None, None)
    flat = track_landmarks(canonical_landmarks()[:, :2], 640, 640)
    assert flat.pose is not None
    assert flat.pose.pitch_deg == pytest.approx(look.pose.pitch_deg, abs=1)


@pytest.mark.parametrize("points", [np.zeros((468, 3)), np.zeros((467, 3)), np.zeros((468, 4)), np.zeros(468)])
def test_landmarks_that_are_no_face_are_refused(points: Points) -> None:
    with pytest.raises(DegenerateLandmarksError):
        track_landmarks(points, 640, 480)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_median_of_meshes_is_nearer_to_the_face_than_any_of_them(dimensions: int) -> None:
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
