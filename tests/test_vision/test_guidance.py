"""Guidance cues for a person in front of a camera."""

import cv2
import numpy as np
import pytest

from gwansang.vision.face import FaceRegion
from gwansang.vision.given_landmarks import GivenLandmarks
from gwansang.vision.guidance import OPTIONAL_CUES, CaptureGuide, GuidanceCue, MotionEstimator
from gwansang.vision.mesh import canonical_face
from gwansang.vision.models.runtime import Networks
from gwansang.vision.tracking import TrackingState, track_frame, track_landmarks
from tests.support.cameras import Rgb, covered, drawn_face, frame, real_face
from tests.support.photos import encoded
from tests.test_vision import scenes

LIDS = (
    *((159, 145), (158, 153), (160, 144), (161, 163), (157, 154), (173, 155), (246, 7)),
    *((386, 374), (385, 380), (387, 373), (388, 390), (384, 381), (398, 382), (466, 249)),
)  # upper and lower


class Camera:
    """A camera of 30 frames a second with its guide; `cues` are those of the last frame."""

    def __init__(self, networks: Networks) -> None:
        self._engine = networks
        self._state, self._guide, self._now = TrackingState(), CaptureGuide(), 0.0
        self.cues: tuple[GuidanceCue, ...] = ()

    def show(self, *frames: bytes) -> tuple[GuidanceCue, ...]:
        for data in frames:
            self.cues = self._guide.update(track_frame(data, self._state, self._engine), self._now)
            self._now += 1 / 30
        return self.cues


@pytest.fixture
def camera(networks: Networks) -> Camera:
    return Camera(networks)


def photographed(face: Rgb) -> bytes:
    return encoded(face, ".jpg", cv2.IMWRITE_JPEG_QUALITY, 92)


def test_a_real_face_at_rest_in_the_centre_gets_no_required_cue(camera: Camera) -> None:
    assert set(camera.show(*[frame(real_face())] * 12)) <= OPTIONAL_CUES


@pytest.mark.parametrize(
    ("change", "cue"),
    [
        ({"scale": 0.6}, GuidanceCue.MOVE_CLOSER),
        ({"scale": 1.6}, GuidanceCue.MOVE_AWAY),
        ({"x": 130}, GuidanceCue.CENTER),
        ({"x": -130}, GuidanceCue.CENTER),
        ({"y": 120}, GuidanceCue.CENTER),
        ({"roll_deg": 18}, GuidanceCue.TILT_RIGHT),  # clockwise in the photo is a lean to the person's left
        ({"roll_deg": -18}, GuidanceCue.TILT_LEFT),
        ({"light": 0.12}, GuidanceCue.TOO_DARK),
        ({"light": 3.5}, GuidanceCue.TOO_BRIGHT),
    ],
    ids=str,
)
def test_the_most_urgent_cue_comes_first(camera: Camera, change: dict[str, float], cue: GuidanceCue) -> None:
    cues = camera.show(*[frame(real_face(), **change)] * 12)
    assert [one for one in cues if one not in OPTIONAL_CUES][:1] == [cue]


@pytest.mark.parametrize(
    ("turn", "cue"),
    [
        ({"yaw_deg": 16}, GuidanceCue.TURN_RIGHT),  # the head is turned to its own left
        ({"yaw_deg": -16}, GuidanceCue.TURN_LEFT),
        ({"pitch_deg": 22}, GuidanceCue.CHIN_DOWN),
        ({"pitch_deg": -18}, GuidanceCue.CHIN_UP),
    ],
    ids=str,
)
def test_a_turned_head_gets_the_cue_to_turn_back(camera: Camera, turn: dict[str, float], cue: GuidanceCue) -> None:
    cues = camera.show(*[photographed(scenes.turned(**turn))] * 12)
    assert cue in cues
    assert not {GuidanceCue.TURN_LEFT, GuidanceCue.TURN_RIGHT, GuidanceCue.CHIN_UP, GuidanceCue.CHIN_DOWN} & set(
        cues
    ) - {cue}


def test_left_and_right_are_the_persons_own(networks: Networks) -> None:
    """A head turned to its own left faces the right of an unmirrored photo: its nose is right of the centre."""
    turned = canonical_face().vertices @ scenes.rotation(yaw_deg=20).T
    points = 0.5 + turned * (1, -1, -1) / 30
    assert points[4, 0] > points[[234, 454], 0].mean()
    assert GuidanceCue.TURN_RIGHT in CaptureGuide().update(
        track_landmarks(GivenLandmarks(points), 600, 600, networks), 0.0
    )


def test_most_smiles_and_hardly_any_mouth_at_rest_get_the_cue_to_relax(networks: Networks) -> None:
    counts = {
        mood: sum(
            GuidanceCue.RELAX_MOUTH in Camera(networks).show(*[frame(real_face(one, mood))] * 3) for one in range(10)
        )
        for mood in ("smiling", "neutral")
    }
    assert counts["smiling"] >= 6
    assert counts["neutral"] <= 1


def test_an_open_mouth_gets_the_cue_to_relax(camera: Camera) -> None:
    gaping = canonical_face().vertices.copy()
    for lower in (14, 17, 84, 181, 91, 146, 314, 405, 321, 375, 87, 178, 88, 95, 317, 402, 318, 324, 200, 199, 152):
        gaping[lower, 1] -= 1.2
    drawn = scenes.draw_face(640, 480, 215.0, gaping)
    assert GuidanceCue.RELAX_MOUTH in camera.show(*[photographed(drawn)] * 12)


def closed_eyes() -> bytes:
    shut = canonical_face().vertices.copy()
    for upper, lower in LIDS:
        shut[[upper, lower]] = shut[[upper, lower]].mean(axis=0)
    return photographed(scenes.draw_face(640, 480, 280.0, shut))


def test_closed_eyes_get_a_cue_and_a_blink_gets_none(camera: Camera) -> None:
    awake = photographed(scenes.draw_face(640, 480, 280.0))
    assert GuidanceCue.OPEN_EYES not in camera.show(*[awake] * 8, *[closed_eyes()] * 3)
    assert GuidanceCue.OPEN_EYES in camera.show(*[closed_eyes()] * 12)


def with_bangs(to_row: int) -> bytes:
    bangs = drawn_face().copy()
    bangs[95:to_row, 200:440] = (52, 38, 32)
    return photographed(bangs)


def test_hair_over_the_brows_and_light_from_one_side_give_optional_cues(camera: Camera, networks: Networks) -> None:
    above_the_brows, over_the_brows = 160, 200
    assert GuidanceCue.REMOVE_HAIR in camera.show(*[with_bangs(over_the_brows)] * 4)
    assert GuidanceCue.REMOVE_HAIR not in Camera(networks).show(*[with_bangs(above_the_brows)] * 4)
    assert GuidanceCue.FACE_THE_LIGHT in camera.show(*[photographed(scenes.lit(from_the_left=0.8))] * 12)
    assert {GuidanceCue.REMOVE_HAIR, GuidanceCue.FACE_THE_LIGHT} == OPTIONAL_CUES


@pytest.mark.parametrize(
    ("regions", "cue"),
    [
        (("eyes",), GuidanceCue.SHOW_EYES),
        (("mouth",), GuidanceCue.SHOW_MOUTH),
        (("nose", "mouth", "cheeks", "jaw"), GuidanceCue.SHOW_MOUTH),  # a mask
        (("cheeks",), GuidanceCue.SHOW_FACE),
        (("eyes", "nose", "mouth", "cheeks"), GuidanceCue.SHOW_EYES),  # half the face
        (("forehead", "brows"), GuidanceCue.REMOVE_HAIR),
    ],
    ids=str,
)
def test_what_covers_a_face_gets_a_cue(networks: Networks, regions: tuple[FaceRegion, ...], cue: GuidanceCue) -> None:
    bare = track_frame(frame(real_face()), TrackingState(), networks)
    guide = CaptureGuide()
    cues = [guide.update(covered(bare, *regions), number / 30) for number in range(12)][-1]
    assert cues[0] == cue
    assert (cue in OPTIONAL_CUES) == (cue == GuidanceCue.REMOVE_HAIR)
    assert guide.update(covered(bare), 9.0) == ()


def test_hair_on_a_forehead_whose_brows_show_and_a_passing_hand_give_no_cue(networks: Networks) -> None:
    bare = track_frame(frame(real_face()), TrackingState(), networks)
    guide = CaptureGuide()
    passing = [*[covered(bare, "forehead")] * 8, *[covered(bare, "mouth", "jaw")] * 3]
    assert not any(guide.update(one, number / 30) for number, one in enumerate(passing))


def test_a_covered_face_is_first_brought_into_the_picture(networks: Networks) -> None:
    """Away from the middle, and turned, a cover is seen less surely."""
    small = track_frame(frame(real_face(), scale=0.6), TrackingState(), networks)
    cues = CaptureGuide().update(covered(small, "mouth"), 0.0)
    assert cues == (GuidanceCue.MOVE_CLOSER, GuidanceCue.SHOW_MOUTH)


def test_a_moving_face_gets_the_cue_to_hold_still_and_a_trembling_hand_does_not(camera: Camera) -> None:
    swinging = [frame(real_face(), x=60 * np.sin(number / 4)) for number in range(15)]
    assert GuidanceCue.HOLD_STILL in camera.show(*swinging)
    chance = np.random.default_rng(2)
    trembling = [frame(real_face(), x=x, y=y) for x, y in chance.normal(0, 1.0, (20, 2))]
    assert GuidanceCue.HOLD_STILL not in camera.show(*trembling)


def test_a_blurred_face_gets_the_cue_to_hold_still(camera: Camera) -> None:
    assert GuidanceCue.HOLD_STILL in camera.show(*[photographed(scenes.blurred(3))] * 6)


def test_a_frame_without_a_face_gets_a_cue_about_its_light(camera: Camera) -> None:
    assert camera.show(encoded(np.full((480, 640, 3), 120, np.uint8))) == (GuidanceCue.NO_FACE,)
    assert camera.show(encoded(np.full((480, 640, 3), 3, np.uint8))) == (GuidanceCue.TOO_DARK, GuidanceCue.NO_FACE)
    assert camera.show(encoded(np.full((480, 640, 3), 255, np.uint8))) == (GuidanceCue.TOO_BRIGHT, GuidanceCue.NO_FACE)


def test_two_faces_get_a_cue(camera: Camera) -> None:
    assert GuidanceCue.SEVERAL_FACES in camera.show(*[encoded(scenes.crowd(2, 1, 480))] * 3)


def test_a_cue_does_not_flicker_at_its_limit(camera: Camera) -> None:
    assert GuidanceCue.TILT_RIGHT not in camera.show(*[frame(drawn_face(), roll_deg=10.5)] * 3)
    assert GuidanceCue.TILT_RIGHT in camera.show(*[frame(drawn_face(), roll_deg=14)] * 3)
    assert GuidanceCue.TILT_RIGHT in camera.show(*[frame(drawn_face(), roll_deg=10.5)] * 3)
    assert GuidanceCue.TILT_RIGHT not in camera.show(*[frame(drawn_face(), roll_deg=7)] * 3)


def test_speed_does_not_depend_on_the_frame_rate() -> None:
    points = np.zeros((468, 3))
    for rate in (5, 15, 60):
        motion = MotionEstimator()
        speeds = [motion.speed(points + 100 * number / rate, 200.0, number / rate) for number in range(rate)]
        assert speeds[0] is None
        assert speeds[-1] == pytest.approx(np.hypot(100, 100) / 200)
