"""Drawings that the network of covers learns from, and the network in jax and in the service."""

import numpy as np
import pytest
from calibration.covers.bases import HEIGHT, WIDTH, turn_picture
from calibration.covers.examples import BARE, COVERS, HARMLESS, draw_picture
from numpy.typing import NDArray

from gwansang.vision.covers import cover_map, cover_model, normalize
from gwansang.vision.decode import Pixels, image_from_pixels
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.face import Points
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_image
from tests.support.photos import model_dir

_LEAVE_THE_FOREHEAD_OUT = {"free hat", "free bangs"}


@pytest.fixture(scope="module")
def base() -> tuple[Pixels, Points]:
    """Return a drawn face of the size that the drawings are made for, and its (478, 3) points."""
    picture = draw_face(WIDTH, HEIGHT, 150.0)
    return picture, read_image(image_from_pixels(picture), Networks.load(model_dir())).points


@pytest.mark.parametrize("kind", COVERS)
def test_a_cover_is_marked_where_it_changes_the_picture(kind: str, base: tuple[Pixels, Points]) -> None:
    covered = [draw_picture(*base, kind, np.random.default_rng(seed)).cover.max() for seed in range(4)]
    assert min(covered) > 0.7


@pytest.mark.parametrize("kind", [BARE, *HARMLESS])
def test_a_harmless_drawing_hides_nothing_between_brows_and_lips(kind: str, base: tuple[Pixels, Points]) -> None:
    lids, lips = base[1][[159, 386], 1].mean(), base[1][17, 1]
    for seed in range(4):
        cover = draw_picture(*base, kind, np.random.default_rng(seed)).cover
        assert (cover.max() == 0) or kind in _LEAVE_THE_FOREHEAD_OUT
        inside = cover[round(lids) : round(lips), WIDTH // 2 - 40 : WIDTH // 2 + 40]
        assert inside.max() < 0.5


def test_the_same_number_draws_the_same_example(base: tuple[Pixels, Points]) -> None:
    one, other = (draw_picture(*base, "hand", np.random.default_rng(7)) for _ in range(2))
    assert (one.pixels == other.pixels).all()


def test_a_turned_face_looks_to_the_side(base: tuple[Pixels, Points]) -> None:
    networks = Networks.load(model_dir())
    yaws = [read_image(image_from_pixels(turn_picture(*base, yaw, 0.0)), networks).pose.yaw_deg for yaw in (-14, 14)]
    assert yaws[0] < -7 < 7 < yaws[1]


def test_the_service_computes_the_network_that_was_learned() -> None:
    jax = pytest.importorskip("jax", reason="the dependency group `calibration` is not installed")
    from calibration.covers.network import logits  # noqa: PLC0415

    layouts: NDArray[np.uint8] = np.random.default_rng(1).integers(0, 256, (2, 64, 64, 3)).astype(np.uint8)
    weights = cover_model().weights
    learned = jax.nn.sigmoid(logits(weights, normalize(layouts)))
    ours = np.array([cover_map(weights, layout) for layout in layouts])
    assert np.abs(ours - np.asarray(learned)).max() < 1e-4
