"""Covers of a face, by simple drawings on real portraits: warnings about them, and none about what hides nothing."""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import pytest

from gwansang.vision.errors import FaceCoveredError, NoFaceError
from gwansang.vision.face import Points
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo
from gwansang.vision.quality import QualityWarning
from gwansang.vision.tracking import TrackingState, track_frame
from tests.support.photos import encoded, evaluation_photos
from tests.test_vision.scenes import Rgb

HEAD, EYES = QualityWarning.HEAD_COVERED, QualityWarning.EYES_NOT_VISIBLE
MOUTH, FACE = QualityWarning.MOUTH_OCCLUDED, QualityWarning.FACE_OCCLUDED
COVER_WARNINGS = {HEAD, EYES, MOUTH, FACE}
PORTRAITS = ("003_03", "021_08", "043_03", "099_08")
NAVY, WHITE, BLACK, BROWN = (40, 48, 82), (236, 238, 240), (14, 13, 15), (70, 50, 38)
JAW = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454)
Draw = Callable[[Rgb, Points], None]  # on a portrait with (478, 2) points


@cache
def read_portrait(name: str, networks: Networks) -> tuple[Rgb, Points]:
    """Return a portrait at half its size, and the (478, 2) points of its face."""
    files = {path.stem: path for path in evaluation_photos("london")}
    picture = cv2.imread(str(files[name]))
    assert picture is not None
    small = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)[..., ::-1].astype(np.uint8)
    return small, read_photo(encoded(small, ".png"), networks).points[:, :2]


def drawn_on(name: str, draw: Draw, networks: Networks) -> bytes:
    picture, points = read_portrait(name, networks)
    changed = picture.copy()
    draw(changed, points)
    return encoded(changed, ".jpg", cv2.IMWRITE_JPEG_QUALITY, 92)


def covers_told(photo: bytes, networks: Networks) -> set[str]:
    return COVER_WARNINGS.intersection(read_photo(photo, networks).quality.warnings)


def eye_span(points: Points) -> float:
    return float(np.linalg.norm(points[263] - points[33]))


def eyes_of(points: Points) -> list[Points]:
    return [points[[33, 133]].mean(axis=0), points[[362, 263]].mean(axis=0)]


def fill(picture: Rgb, corners: Points, colour: tuple[int, ...]) -> None:
    cv2.fillPoly(picture, [corners.round().astype(np.int32)], colour, cv2.LINE_AA)


def put_sunglasses_on(picture: Rgb, points: Points) -> None:
    span = eye_span(points)
    for eye in eyes_of(points):
        axes = (round(0.27 * span), round(0.2 * span))
        cv2.ellipse(picture, eye.astype(int).tolist(), axes, 0, 0, 360, BLACK, -1, cv2.LINE_AA)
    draw_frame(picture, points, BLACK, 0.03)


def put_clear_glasses_on(picture: Rgb, points: Points) -> None:
    draw_frame(picture, points, BLACK, 0.055)


def draw_frame(picture: Rgb, points: Points, colour: tuple[int, ...], width: float) -> None:
    span = eye_span(points)
    thickness = max(round(width * span), 2)
    for eye in eyes_of(points):
        axes = (round(0.28 * span), round(0.21 * span))
        cv2.ellipse(picture, eye.astype(int).tolist(), axes, 0, 0, 360, colour, thickness, cv2.LINE_AA)
    ends = [(points[133] * 0.7 + points[168] * 0.3), (points[362] * 0.7 + points[168] * 0.3)]
    cv2.line(picture, *(end.astype(int).tolist() for end in ends), colour, thickness, cv2.LINE_AA)


def put_mask_on(picture: Rgb, points: Points) -> None:
    top = points[[234, 117, 6, 346, 454]] * 0.75 + points[[234, 50, 4, 280, 454]] * 0.25
    fill(picture, np.vstack([top, points[list(JAW[::-1][2:-2])]]), (150, 196, 226))
    for share in (0.2, 0.5, 0.8):
        ends = points[[205, 425]] * (1 - share) + points[[210, 430]] * share
        cv2.line(picture, *ends.astype(int).tolist(), (126, 172, 204), 2, cv2.LINE_AA)


def put_hand_before_mouth(picture: Rgb, points: Points) -> None:
    """Draw four fingers of the person's own skin from the right cheek over the lips, with a darker line between."""
    span = eye_span(points)
    skin = np.median(
        picture[points[[50, 280, 151]].astype(int)[:, 1], points[[50, 280, 151]].astype(int)[:, 0]], axis=0
    )
    start, along = points[14] + (-1.1 * span, 0.25 * span), np.array([1.6 * span, -0.1 * span])
    for finger in range(4):
        offset = np.array([0.0, (finger - 1.7) * 0.19 * span])
        ends = [
            (start + offset).astype(int).tolist(),
            (start + along * (0.9 + 0.05 * finger) + offset).astype(int).tolist(),
        ]
        cv2.line(picture, *ends, (skin * 0.72).tolist(), round(0.2 * span), cv2.LINE_AA)
        cv2.line(picture, *ends, (skin * 0.95).tolist(), round(0.17 * span), cv2.LINE_AA)


def comb_hair_over_left_eye(picture: Rgb, points: Points) -> None:
    comb(picture, points, np.linspace(362, 454, 2), points[280][1] + 0.3 * eye_span(points))


def comb(picture: Rgb, points: Points, between: Points, to_row: float) -> None:
    """Draw hairs from above the head down to a row, between the columns of two points."""
    chance = np.random.default_rng(3)
    left, right = (float(points[int(index)][0]) for index in between)
    top = float(points[10][1]) - 0.5 * eye_span(points)
    for column in chance.uniform(left, right, 260):
        shade = (np.array(BROWN) * chance.uniform(0.5, 1.4)).tolist()
        ends = [(int(column + chance.normal(0, 4)), int(top)), (int(column), int(to_row + chance.normal(0, 3)))]
        cv2.line(picture, *ends, shade, 3, cv2.LINE_AA)


def let_bangs_hang(picture: Rgb, points: Points) -> None:
    comb(picture, points, np.array([21, 251]), float(points[[159, 386], 1].mean() - 0.03 * eye_span(points)))


def trim_bangs(picture: Rgb, points: Points) -> None:
    """Draw bangs that end well above the brows."""
    highest = float(points[[105, 334], 1].min())
    comb(picture, points, np.array([21, 251]), highest - 0.35 * (highest - float(points[10][1])))


def grow_beard(picture: Rgb, points: Points) -> None:
    """Draw short hairs on chin and jaw and above the lips."""
    chance = np.random.default_rng(5)
    area = np.zeros(picture.shape[:2], np.uint8)
    ring = points[[*JAW[2:-2], 391, 2, 165]].round().astype(np.int32)
    cv2.fillPoly(area, [ring], 255)
    cv2.fillPoly(area, [points[[61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91]].round().astype(np.int32)], 0)
    rows, columns = np.nonzero(area)
    for pick in chance.integers(0, len(rows), 3500):
        shade = (np.array(BROWN) * chance.uniform(0.4, 1.3)).tolist()
        x, y = int(columns[pick]), int(rows[pick])
        cv2.line(picture, (x, y), (x + int(chance.normal(0, 2)), y + int(chance.uniform(3, 9))), shade, 1, cv2.LINE_AA)


def paint_lips(picture: Rgb, points: Points) -> None:
    lips = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(lips, [points[[61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91]].round().astype(np.int32)], 255)
    picture[lips > 0] = (0.45 * picture[lips > 0] + 0.55 * np.array((150, 20, 60))).astype(np.uint8)


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize(
    ("draw", "needed", "allowed"),
    [
        pytest.param(put_sunglasses_on, {EYES}, set(), id="sunglasses"),
        pytest.param(put_mask_on, {MOUTH}, {FACE}, id="a mask"),
        pytest.param(put_hand_before_mouth, {MOUTH}, {FACE}, id="a hand before the mouth"),
        pytest.param(comb_hair_over_left_eye, {EYES}, {FACE, HEAD}, id="hair over an eye"),
        pytest.param(let_bangs_hang, {HEAD}, set(), id="bangs over the brows"),
    ],
)
def test_a_covered_face_is_told(
    draw: Draw, needed: set[QualityWarning], allowed: set[QualityWarning], name: str, networks: Networks
) -> None:
    told = covers_told(drawn_on(name, draw, networks), networks)
    assert needed <= told <= needed | allowed


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize("draw", [put_clear_glasses_on, grow_beard, paint_lips, trim_bangs])
def test_what_hides_nothing_is_not_told(draw: Draw, name: str, networks: Networks) -> None:
    assert covers_told(drawn_on(name, draw, networks), networks) == set()


@pytest.mark.parametrize("group", ["london", "canada", "selfie", "distance"])
def test_a_bare_face_is_not_told_of(group: str, networks: Networks) -> None:
    """A tenth of the portraits, smiling and at rest; `calibration.covers` and `evaluate quality` look at all."""
    step = {"london": 9, "canada": 8}.get(group, 1)
    told = {photo.name: covers_told(photo.read_bytes(), networks) for photo in evaluation_photos(group)[::step]}
    assert {name: warnings for name, warnings in told.items() if warnings} == {}


def test_a_face_behind_paper_is_refused(networks: Networks) -> None:
    def hold_paper(picture: Rgb, points: Points) -> None:
        ring = points[[103, 332, 397, 152, 172]]
        fill(picture, ring.mean(axis=0) + (ring - ring.mean(axis=0)) * 1.02, WHITE)

    for name in PORTRAITS:
        with pytest.raises((FaceCoveredError, NoFaceError)):
            read_photo(drawn_on(name, hold_paper, networks), networks)


def test_a_masked_and_blindfolded_face_is_refused_with_what_is_covered(networks: Networks) -> None:
    def hide_all_but_the_forehead(picture: Rgb, points: Points) -> None:
        put_mask_on(picture, points)
        ring = points[[21, 251, 454, 361, 132, 234]]
        fill(picture, ring, NAVY)

    reasons = []
    for name in PORTRAITS:
        with pytest.raises((FaceCoveredError, NoFaceError)) as caught:
            read_photo(drawn_on(name, hide_all_but_the_forehead, networks), networks)
        reasons.append(caught.value)
    covered = [reason.context["covered"] for reason in reasons if isinstance(reason, FaceCoveredError)]
    assert covered
    assert all({"eyes", "mouth"} <= set(regions) for regions in covered)


def test_frames_of_a_camera_tell_what_is_covered(networks: Networks) -> None:
    quality = track_frame(drawn_on(PORTRAITS[0], put_mask_on, networks), TrackingState(), networks).quality
    assert quality is not None
    assert "mouth" in quality.covered
    assert MOUTH in quality.warnings
    bare = track_frame(drawn_on(PORTRAITS[0], lambda *_: None, networks), TrackingState(), networks).quality
    assert bare is not None
    assert bare.covered == ()


def test_the_same_pixels_give_the_same_covers(networks: Networks) -> None:
    photo = drawn_on(PORTRAITS[1], put_sunglasses_on, networks)
    assert read_photo(photo, networks).quality == read_photo(photo, networks).quality
