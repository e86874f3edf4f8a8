"""Drawings of covers, changes and harmless things: they hide what they say, and a seed gives the same pixels."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from gwansang.vision.decode import Pixels
from gwansang.vision.drawn.catalog import COVERS, HARMLESS, HIDDEN, DrawnPhoto, FaceDrawing, draw_on_photo, seeded
from gwansang.vision.drawn.changes import CHANGES, STEADY_CHANGES, PictureChange
from gwansang.vision.drawn.compositions import GROUNDS, compose_person
from gwansang.vision.drawn.regions import EYE_RINGS
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.face import Points
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo
from tests.support.photos import drawn_portrait, evaluation_photos

PORTRAIT = draw_face()
Draw = Callable[[FaceDrawing, int], DrawnPhoto]
CHANGE = {change.name: change for change in (*CHANGES, *STEADY_CHANGES)}


@pytest.fixture(scope="module")
def points(networks: Networks) -> Points:
    return read_photo(drawn_portrait(".png"), networks).points


@pytest.fixture(scope="module")
def draw(points: Points) -> Draw:
    return lambda drawing, seed: draw_on_photo(PORTRAIT, points, drawing, seed)


def eyes(pixels: Pixels, points: Points) -> Pixels:
    """Return the pixels well between the lids of both eyes, (n, 3)."""
    inside = np.zeros(pixels.shape[:2], np.uint8)
    for ring in EYE_RINGS:
        cv2.fillPoly(inside, [points[list(ring), :2].round().astype(np.int32)], 1)
    return pixels[cv2.erode(inside, np.ones((3, 3))) > 0]


def changed(apply: PictureChange, seed: int = 0) -> Pixels:
    file = apply.apply(PORTRAIT, seeded(seed, apply.name))
    decoded = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert decoded is not None
    return decoded.astype(np.uint8)


@pytest.mark.parametrize("drawing", COVERS, ids=lambda drawing: drawing.name)
def test_a_cover_hides_what_it_says(drawing: FaceDrawing, draw: Draw) -> None:
    for seed in range(4):
        drawn = draw(drawing, seed)
        assert {region for region, share in drawn.hidden.items() if share >= HIDDEN} >= set(drawing.hides)
        assert drawn.allowed() & drawing.wanted
        assert 0.05 < drawn.area < 0.75
        assert np.abs(drawn.pixels.astype(int) - PORTRAIT).max(axis=2).astype(bool).mean() > 0.01


@pytest.mark.parametrize("drawing", HARMLESS, ids=lambda drawing: drawing.name)
def test_a_harmless_thing_leaves_the_eyes_as_they_are(drawing: FaceDrawing, draw: Draw, points: Points) -> None:
    for seed in range(4):
        drawn = draw(drawing, seed)
        assert (drawn.pixels != PORTRAIT).any()
        assert max(drawn.hidden[region] for region in ("eyes", "mouth", "jaw")) < 0.05
        # a reflection on clear lenses is all that may lie before the eyes
        difference = np.abs(eyes(drawn.pixels, points).astype(int) - eyes(PORTRAIT, points))
        assert difference.mean() < (16 if "glasses" in drawing.name else 1)


def test_covers_hide_the_same_on_dark_light_and_turned_faces(networks: Networks) -> None:
    photos = {photo.stem: photo for photo in evaluation_photos("london", "selfie")}
    for name in ("025_03", "001_08", "lisa2"):
        decoded = cv2.imread(str(photos[name]), cv2.IMREAD_COLOR_RGB)
        assert decoded is not None
        face = read_photo(photos[name].read_bytes(), networks)
        for drawing in COVERS[::3]:
            drawn = draw_on_photo(decoded.astype(np.uint8), face.points, drawing, 1)
            assert {region for region, share in drawn.hidden.items() if share >= HIDDEN} >= set(drawing.hides)


def test_a_seed_gives_the_same_pixels_and_another_seed_others(draw: Draw, points: Points) -> None:
    for drawing in (*COVERS, *HARMLESS)[::2]:
        one, same, other = (draw(drawing, seed).pixels for seed in (5, 5, 6))
        assert np.array_equal(one, same), drawing.name
        assert not np.array_equal(one, other), drawing.name
    ground = [compose_person(PORTRAIT, points, "dots", seeded(seed, "dots")) for seed in (5, 5, 6)]
    assert np.array_equal(ground[0], ground[1])
    assert not np.array_equal(ground[0], ground[2])


def test_changes_are_what_their_names_say() -> None:
    height, width = PORTRAIT.shape[:2]
    assert np.array_equal(changed(CHANGE["PNG of the same pixels"]), PORTRAIT)
    assert np.abs(changed(CHANGE["mirrored"])[:, ::-1].astype(int) - PORTRAIT).mean() < 3
    assert np.ptp(changed(CHANGE["gray"]), axis=2).max() == 0
    assert np.ptp(changed(CHANGE["flat contrast"]).mean(axis=2)) < 0.35 * np.ptp(PORTRAIT.mean(axis=2))
    assert changed(CHANGE["half size"]).shape == (height // 2, width // 2, 3)
    for seed in range(4):
        ratios = [changed(CHANGE[name], seed).shape for name in ("squeezed to 75-88 %", "widened to 114-130 %")]
        squeezed, widened = (shape[1] / shape[0] / (width / height) for shape in ratios)
        assert 0.74 < squeezed < 0.89
        assert 1.13 < widened < 1.31
    casts = [changed(CHANGE[name]).reshape(-1, 3).mean(axis=0) for name in ("warmer", "cooler", "colour cast")]
    bare = PORTRAIT.reshape(-1, 3).mean(axis=0)
    warm, cool, cast = (mean / bare for mean in casts)
    assert 0.05 < warm[0] - warm[2] < 0.2
    assert 0.05 < cool[2] - cool[0] < 0.2
    assert np.ptp(cast) > 0.4


@pytest.mark.parametrize("ground", GROUNDS)
def test_a_composition_shows_the_whole_face_of_its_person(ground: str, points: Points, networks: Networks) -> None:
    composed = compose_person(PORTRAIT, points, ground, seeded(2, ground))
    assert min(composed.shape[:2]) >= 420
    file = cv2.imencode(".png", composed[..., ::-1])[1].tobytes()
    found = read_photo(file, networks).points[:, :2]
    assert (found > 0).all()
    assert (found < composed.shape[1::-1]).all()
