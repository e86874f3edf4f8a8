"""Photos of one face at two distances."""

import pytest

from gwansang.reading.profile import combine_photos
from gwansang.reading.two_distances import SHARE, estimate_afar
from tests.support.factories import measures_at


def test_photos_at_two_distances_are_extrapolated_to_afar() -> None:
    near, far = measures_at(FL=1.0), measures_at(FL=0.5)
    mean = combine_photos([near, far])
    moved = estimate_afar(mean, [near, far], [40.0, 20.0])
    afar = 2 * far.values["FL"].value - near.values["FL"].value
    start = mean.values["FL"].value
    assert moved.values["FL"].value == pytest.approx(start + SHARE * (afar - start))
    assert moved.values["ES"].value == pytest.approx(mean.values["ES"].value)


@pytest.mark.parametrize("sizes", [[40.0, 30.0], [30.0, 40.0], [20.0, 20.0], [0.0, 0.0]])
def test_photos_at_about_one_distance_keep_their_mean(sizes: list[float]) -> None:
    photos = [measures_at(FL=1.0), measures_at(FL=0.5)]
    mean = combine_photos(photos)
    assert estimate_afar(mean, photos, sizes) is mean
