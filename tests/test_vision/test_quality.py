"""Quality metrics, warnings and score of a face."""

from dataclasses import replace

import numpy as np
import pytest

from gwansang.vision.drawn_face import draw_face
from gwansang.vision.face import Face, Pose
from gwansang.vision.mesh import canonical_face
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo
from gwansang.vision.quality import (
    QualityWarning,
    camera_distance_cm,
    change_covers,
    distance_from_mesh,
    eye_blink,
    mouth_gap_ratio,
    quality_score,
    quality_warnings,
    smile_score,
)
from tests.support.photos import drawn_portrait, encoded, evaluation_photos
from tests.test_vision import scenes

FRONTAL = canonical_face().vertices


@pytest.fixture(scope="module")
def plain(networks: Networks) -> Face:
    return read_photo(drawn_portrait(".png"), networks)


def read(scene: scenes.Rgb, networks: Networks) -> Face:
    return read_photo(encoded(scene, ".png"), networks)


def with_opened_eyes(opening: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the canonical face with its lid distance multiplied by `opening`."""
    vertices = FRONTAL.copy()
    for upper, lower in (((246, 161, 160, 159, 158, 157, 173), (7, 163, 144, 145, 153, 154, 155)),
                         ((466, 388, 387, 386, 385, 384, 398), (249, 390, 373, 374, 380, 381, 382))):  # fmt: skip
        for one, other in zip(upper, lower, strict=True):
            middle = (FRONTAL[one] + FRONTAL[other]) / 2
            for index in (one, other):
                vertices[index] = middle + (FRONTAL[index] - middle) * opening
    return vertices


def test_a_good_photo_has_no_warnings_and_a_high_score(plain: Face) -> None:
    assert plain.quality.warnings == ()
    assert plain.quality.score > 0.85


@pytest.mark.parametrize(
    ("scene", "warning"),
    [
        pytest.param(draw_face(480, 640, 150), QualityWarning.SMALL_FACE, id="small"),
        pytest.param(scenes.turned(yaw_deg=22), QualityWarning.TURNED, id="turned"),
        pytest.param(scenes.turned(pitch_deg=20), QualityWarning.CHIN_UP, id="chin up"),
        pytest.param(scenes.turned(pitch_deg=-20), QualityWarning.CHIN_DOWN, id="chin down"),
        pytest.param(scenes.blurred(3), QualityWarning.BLURRED, id="blurred"),
        pytest.param(scenes.lit(0.15), QualityWarning.TOO_DARK, id="dark"),
        pytest.param(scenes.lit(2.2), QualityWarning.TOO_BRIGHT, id="bright"),
        pytest.param(scenes.lit(from_the_left=0.8), QualityWarning.UNEVEN_LIGHT, id="lit from one side"),
    ],
)
def test_each_limiting_condition_gives_a_warning_and_lowers_the_score(
    networks: Networks, plain: Face, scene: scenes.Rgb, warning: QualityWarning
) -> None:
    quality = read(scene, networks).quality
    assert warning in quality.warnings
    assert quality.score < plain.quality.score


def test_even_light_is_measured_as_even_and_as_bright_as_the_skin(plain: Face) -> None:
    assert plain.quality.light_asymmetry is not None
    assert plain.quality.light_asymmetry < 0.15
    assert plain.quality.brightness == pytest.approx(0.58, abs=0.1)


def test_sharpness_falls_with_blur(networks: Networks) -> None:
    measured = [read(scenes.blurred(sigma), networks).quality.sharpness or 0.0 for sigma in (0.5, 1, 2, 3)]
    assert measured == sorted(measured, reverse=True)


def test_the_face_width_is_in_pixels_of_the_full_photo(plain: Face) -> None:
    assert plain.quality.face_width_px == pytest.approx(0.95 * 225, rel=0.05)


def test_eye_openness_falls_with_the_drawn_lid_distance(networks: Networks) -> None:
    measured = [read(draw_face(vertices=with_opened_eyes(share)), networks).quality.eye_openness
                for share in (1.3, 1.0, 0.7, 0.4)]  # fmt: skip
    assert measured == sorted(measured, reverse=True)


def test_a_blink_gives_a_warning(plain: Face) -> None:
    assert QualityWarning.EYES_CLOSED not in plain.quality.warnings
    closed = replace(plain.quality, blink=0.9)
    assert QualityWarning.EYES_CLOSED in quality_warnings(closed, plain.pose, None)


def test_smile_and_blink_are_those_of_the_stronger_coefficients() -> None:
    blendshapes = np.zeros(52)
    blendshapes[[44, 45]], blendshapes[10] = (0.4, 0.8), 0.7
    assert smile_score(blendshapes) == pytest.approx(0.6)
    assert eye_blink(blendshapes) == pytest.approx(0.7)


def test_the_canonical_face_has_a_closed_mouth() -> None:
    assert mouth_gap_ratio(FRONTAL) < 0.12


def test_parted_lips_are_an_open_mouth(plain: Face) -> None:
    gaping = FRONTAL.copy()
    gaping[14, 1] -= 1.5
    assert mouth_gap_ratio(gaping) > 0.2
    assert QualityWarning.MOUTH_OPEN in quality_warnings(
        replace(plain.quality, mouth_gap=mouth_gap_ratio(gaping)), plain.pose, None
    )


def test_the_distance_follows_from_iris_and_focal_length() -> None:
    """An iris of 11.7 mm at 50 cm, with a focal length of 43.27 mm and an image diagonal of 5000 px."""
    radius = 11.7 / 500 * 5_000 / 2
    rim = [(0, 0), (radius, 0), (0, -radius), (-radius, 0), (0, radius)]
    landmarks = np.zeros((478, 3))
    landmarks[468:, :2] = [*rim, *rim]
    assert camera_distance_cm(landmarks, 43.27, 5_000) == pytest.approx(50, rel=0.01)


def test_a_face_that_looks_near_gives_the_distance_and_one_from_afar_does_not() -> None:
    assert distance_from_mesh(1 / 30) == (pytest.approx(30), "mesh")
    assert distance_from_mesh(0.005) is None
    assert distance_from_mesh(-0.01) is None


def test_real_photos_from_near_are_told_from_those_from_afar(networks: Networks) -> None:
    near = [read_photo(photo.read_bytes(), networks).quality for photo in evaluation_photos("distance", "selfie")]
    far = [read_photo(photo.read_bytes(), networks).quality for photo in evaluation_photos("canada", "london")[::5]]
    assert sum(quality.distance_cm is not None for quality in near) >= 7  # of 8
    assert sum(quality.distance_cm is not None for quality in far) <= 2  # of 28
    assert not any(QualityWarning.TOO_CLOSE in quality.warnings for quality in far)


def test_a_near_camera_gives_a_warning(plain: Face) -> None:
    near = replace(plain.quality, distance_cm=28.0, distance_source="exif")
    assert QualityWarning.TOO_CLOSE in quality_warnings(near, plain.pose, None)
    assert QualityWarning.TOO_CLOSE not in quality_warnings(replace(near, distance_cm=60.0), plain.pose, None)


def test_the_score_falls_with_every_degree(plain: Face) -> None:
    scores = [quality_score(plain.quality, Pose(yaw, 0.0, 0.0), ()) for yaw in range(0, 32, 4)]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)


def test_what_is_covered_gives_no_warning_and_costs_no_score(plain: Face) -> None:
    told = replace(plain.quality, smile=0.9, mouth_gap=0.4, blink=0.9)
    warned = quality_warnings(told, plain.pose, None)
    told = replace(told, warnings=warned, score=quality_score(told, plain.pose, warned))
    masked = change_covers(told, ("eyes", "mouth"), warned)
    assert set(masked.warnings).isdisjoint({"SMILE", "MOUTH_OPEN", "EYES_CLOSED"})
    assert (masked.smile, masked.mouth_gap, masked.blink, masked.light_asymmetry) == (0.0, 0.0, 0.0, None)
    bare = replace(plain.quality, smile=0.0, mouth_gap=0.0, blink=0.0, covered=("eyes", "mouth"))
    assert masked.score == pytest.approx(quality_score(bare, plain.pose, masked.warnings), abs=0.002)


def test_a_cover_that_another_photo_does_not_show_costs_no_score(plain: Face) -> None:
    covered = change_covers(plain.quality, ("mouth",), plain.quality.warnings)
    assert covered.score < plain.quality.score
    uncovered = change_covers(covered, (), covered.warnings)
    assert uncovered.warnings == plain.quality.warnings
    assert uncovered.score == pytest.approx(
        quality_score(replace(plain.quality, smile=0.0, mouth_gap=0.0), plain.pose, ()), abs=0.002
    )
