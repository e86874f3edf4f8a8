"""Changed copies of a portrait, as the networks see them."""

import cv2
import numpy as np
import pytest

from gwansang.vision.face import Face
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo
from gwansang.vision.retakes import RETAKES, Retake, retake_portrait
from tests.support.photos import drawn_portrait


@pytest.fixture(scope="module")
def face(networks: Networks) -> Face:
    return read_photo(drawn_portrait(), networks)


def retaken(face: Face, retake: Retake, networks: Networks) -> Face:
    return read_photo(retake_portrait(drawn_portrait(), face, retake), networks)


def test_a_retake_without_change_gives_the_same_points(face: Face, networks: Networks) -> None:
    assert np.abs(retaken(face, Retake(), networks).points - face.points)[:, :2].max() < 1.5


def test_a_turned_and_a_nodded_head_are_seen_as_such(face: Face, networks: Networks) -> None:
    turned = retaken(face, RETAKES["turned 10 degrees"], networks)
    nodded = retaken(face, RETAKES["nodded 8 degrees"], networks)
    assert 4 < turned.pose.yaw_deg - face.pose.yaw_deg < 14
    assert -12 < nodded.pose.pitch_deg - face.pose.pitch_deg < -3


def test_a_nearer_camera_shows_a_narrower_face_behind_a_larger_nose(face: Face, networks: Networks) -> None:
    def nose_share(one: Face) -> float:
        width = np.ptp(one.points[[234, 454], 0])
        return float(np.ptp(one.points[[129, 358], 0]) / width)

    shares = [nose_share(retaken(face, RETAKES[name], networks)) for name in ("60 cm", "40 cm", "25 cm")]
    assert nose_share(face) < shares[0] < shares[1] < shares[2]


def test_a_smaller_face_has_the_given_width_and_is_never_enlarged(face: Face, networks: Networks) -> None:
    small = retaken(face, RETAKES["face 200 px wide"], networks)
    assert np.ptp(small.points[:, 0]) == pytest.approx(200, abs=4)
    data = retake_portrait(drawn_portrait(), face, Retake(face_px=5000))
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape == (640, 480, 3)


def test_a_stronger_compression_makes_a_smaller_file(face: Face) -> None:
    photo = drawn_portrait()
    assert len(retake_portrait(photo, face, RETAKES["quality 50"])) < len(retake_portrait(photo, face, Retake()))
