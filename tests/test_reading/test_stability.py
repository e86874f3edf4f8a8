"""The figures that say whether the same face gets the same reading."""

import numpy as np
import pytest

from gwansang.reading.belief import shipped_validity
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.norms import default_norms
from gwansang.reading.stability import PhotoSample, icc, measure_stability, sample_photo
from tests.support.factories import measures_at


def seen(**z: float) -> PhotoSample:
    return sample_photo(measures_at(**z), default_norms())


def test_identical_photos_agree_fully() -> None:
    people = [[seen(FL=z, BG=z), seen(FL=z, BG=z)] for z in (-2.0, -1.0, 0.0, 1.0, 2.0)]
    found = measure_stability(people)
    assert (found.people, found.photos) == (5, 10)
    assert found.mean_agreement == 1.0
    assert found.icc["FL"] == found.parts["glabella"].kappa == 1.0


def test_a_shape_that_everybody_has_gives_kappa_zero() -> None:
    found = measure_stability([[seen(BG=3.0), seen(BG=3.0)] for _ in range(4)])
    glabella = found.parts["glabella"]
    assert (glabella.agreement, glabella.chance, glabella.kappa) == (1.0, 1.0, 0.0)
    assert found.largest_share == 1.0
    assert found.shapes_used < 0.3


def test_kappa_is_agreement_above_chance() -> None:
    """Half of the people keep their label, and both labels are as frequent: agreement 0.5 is chance 0.5."""
    wide, narrow = {"BG": 3.0}, {"BG": -3.0}
    pairs = [(wide, wide), (narrow, narrow), (wide, narrow), (narrow, wide)]
    glabella = measure_stability([[seen(**one), seen(**other)] for one, other in pairs]).parts["glabella"]
    assert (glabella.agreement, glabella.chance, glabella.kappa) == (0.5, 0.5, 0.0)


def test_people_have_equal_weight_whatever_their_number_of_photos() -> None:
    steady = [[seen(BG=3.0), seen(BG=3.0)] for _ in range(2)]
    torn = [seen(BG=3.0), seen(BG=-3.0)]
    twice, often = measure_stability([*steady, torn]), measure_stability([*steady, torn * 5])
    assert twice.parts["glabella"].agreement == pytest.approx(2 / 3)
    assert often.parts["glabella"].agreement == pytest.approx((2 + 20 / 45) / 3)
    assert often.parts["glabella"].shares["open"] == pytest.approx(2.5 / 3)


def test_the_runner_up_counts_for_the_top_two() -> None:
    edge = 1.0 / shipped_validity().r[list(MEASURES_BY_KEY).index("BG")]  # measured: a belief is nearer to 0
    border = seen(BG=edge - 0.1), seen(BG=edge + 0.1)
    found = measure_stability([border, border]).parts["glabella"]
    assert found.agreement < found.top_two == 1.0


def test_icc_is_the_share_of_variance_between_people() -> None:
    draws = np.random.default_rng(4)
    people = draws.normal(size=3000)
    photos = people[:, None] + draws.normal(scale=0.5, size=(3000, 2))
    assert icc(photos.tolist()) == pytest.approx(1 / 1.25, abs=0.02)


def test_the_stability_of_one_person_is_an_error() -> None:
    with pytest.raises(ValueError, match="two people"):
        measure_stability([[seen(), seen()], [seen()]])
