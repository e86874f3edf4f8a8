"""Detection of faces: their number, positions, sizes and rotation."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from gwansang.vision.decode import DecodedImage, decode_image
from gwansang.vision.detector import Detection, detect_faces, detect_full_range, detect_short_range
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.models.runtime import Networks
from tests.support.photos import drawn_portrait, encoded, model_dir
from tests.test_vision import scenes


def image_of(rgb: scenes.Rgb) -> DecodedImage:
    return decode_image(inspect_image(encoded(rgb, ".png")))


def centre(face: Detection) -> tuple[float, float]:
    x, y = (face.box[:2] + face.box[2:]) / 2
    return float(x), float(y)


def test_one_face_is_detected_once_at_its_drawn_position(networks: Networks) -> None:
    faces = detect_faces(networks, decode_image(inspect_image(drawn_portrait(".png"))))
    assert len(faces) == 1
    assert centre(faces[0]) == pytest.approx((240, 345), abs=25)
    assert 180 < faces[0].width < 270


def test_key_points_match_the_drawn_eyes_right_eye_first(networks: Networks) -> None:
    right, left = detect_faces(networks, image_of(scenes.turned()))[0].key_points[:2]
    assert right == pytest.approx((190, 283), abs=12)
    assert left == pytest.approx((290, 283), abs=12)


@pytest.mark.parametrize("side_by_side", [2, 3, 4])
def test_faces_side_by_side_are_counted(networks: Networks, side_by_side: int) -> None:
    faces = detect_faces(networks, image_of(scenes.crowd(side_by_side, 1, 640)))
    assert len(faces) == side_by_side
    assert sorted(round(centre(face)[0] / 480 - 0.5) for face in faces) == list(range(side_by_side))


def test_two_faces_of_a_tenth_of_the_frame_are_both_detected(networks: Networks) -> None:
    scene = np.full((1_000, 1_500, 3), (170, 178, 186), np.uint8)
    for left in (300, 900):
        scene[300:700, left : left + 300] = scenes.crowd(1, 1, 400)
    assert len(detect_faces(networks, image_of(scene))) == 2


@pytest.mark.parametrize("share", [0.05, 0.07, 0.1])
def test_a_face_of_a_twentieth_of_the_frame_is_detected(networks: Networks, share: float) -> None:
    image = image_of(draw_face(1_600, 1_200, share * 1_600))
    assert len(detect_faces(networks, image)) == 1


def test_in_a_crowd_of_fifty_more_than_one_face_is_detected(networks: Networks) -> None:
    assert len(detect_faces(networks, image_of(scenes.crowd(10, 5, 400)))) > 1


def test_the_largest_face_comes_first(networks: Networks) -> None:
    first, second = detect_faces(networks, image_of(scenes.with_one_behind(250.0)))
    assert first.width > 300 > second.width


@pytest.mark.parametrize("scene", [scenes.wall(), scenes.noise()], ids=["a wall", "noise"])
def test_a_scene_without_a_face_gives_no_detection(networks: Networks, scene: scenes.Rgb) -> None:
    assert detect_faces(networks, image_of(scene)) == []


def test_the_full_range_detector_finds_faces_too_small_for_the_short_range_one(networks: Networks) -> None:
    scene = np.full((1_200, 1_200, 3), (170, 178, 186), np.uint8)
    scene[500:692, 600:744] = scenes.crowd(1, 1, 192)
    image = image_of(scene)
    assert detect_short_range(networks, image) == []
    assert len(detect_full_range(networks, image)) == 1


def test_a_face_that_fills_the_frame_is_detected(networks: Networks) -> None:
    tight = scenes.turned()[175:495, 110:370]
    assert len(detect_faces(networks, image_of(tight))) == 1


@pytest.mark.parametrize("degrees", [0, 45, 90, 135, 180, -90, -45, -135])
def test_the_region_has_the_angle_of_the_head(networks: Networks, degrees: int) -> None:
    region = detect_faces(networks, image_of(scenes.rolled(degrees)))[0].region()
    off = (np.degrees(region.angle) - degrees + 180) % 360 - 180
    assert abs(off) < 8


def beside_another(width: float) -> scenes.Rgb:
    """Return a face 240 px wide and another one beside it."""
    scene = np.full((1_000, 1_500, 3), (170, 178, 186), np.uint8)
    scene[100:740, 100:580] = draw_face(480, 640, 240.0)
    other = draw_face(int(width * 2), int(width * 2.6), width)
    scene[300 : 300 + other.shape[0], 900 : 900 + other.shape[1]] = other
    return scene


@pytest.mark.parametrize(
    ("scene", "faces", "is_asked"),
    [
        (draw_face(480, 640, 170.0), 1, False),  # a selfie: the short-range network sees nothing else
        (beside_another(220.0), 2, False),  # it sees both for certain
        (beside_another(120.0), 2, True),  # it sees a trace of the other one
        (draw_face(1_600, 1_200, 160.0), 1, True),  # a small face alone
    ],
)
def test_the_full_range_network_is_asked_in_doubt_alone(
    networks: Networks, scene: scenes.Rgb, faces: int, is_asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[DecodedImage] = []

    def detect(networks: Networks, image: DecodedImage) -> list[Detection]:
        asked.append(image)
        return detect_full_range(networks, image)

    monkeypatch.setattr("gwansang.vision.detector.detect_full_range", detect)
    assert len(detect_faces(networks, image_of(scene))) == faces
    assert bool(asked) is is_asked


def test_threads_share_the_full_range_network_and_find_the_same(networks: Networks) -> None:
    sets = [networks, Networks.load(model_dir())]
    assert sets[0].full_range is sets[1].full_range
    image = image_of(draw_face(800, 600, 80.0))
    expected = detect_full_range(networks, image)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: detect_full_range(sets[number % 2], image), range(40)))
    assert [centre(faces[0]) for faces in found] == [centre(expected[0])] * 40
