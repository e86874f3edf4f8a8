"""Measures for a camera far away, from photos of one face at two distances.

A measure changes with the nearness of the camera: near = far + slope / distance. Two photos whose distances have the
ratio r give far = (r * farther - nearer) / (r - 1), which doubles the noise at r = 2 and more than that below. What the
measuring has already taken out of each photo leaves a small slope, so only a share of this step is made.
"""

from collections.abc import Sequence

from gwansang.reading.covers import is_seen
from gwansang.reading.measurements import MeasuredValue, Measures

MIN_RATIO = 1.75  # of the apparent sizes; below it the noise outweighs the slope
SHARE = 0.25
"""Of the step to `far`: on a series of one face at 15 to 60 cm the measures then miss those from afar by 0.09 instead
of 0.13 SD (15 and 45 cm) and by 0.09 instead of 0.10 (15 and 60 cm); with the whole step by 0.24 and more."""


def estimate_afar(mean: Measures, photos: Sequence[Measures], sizes: Sequence[float]) -> Measures:
    """Return the mean of some photos, moved to what a camera far away would see.

    photos: of which the mean was made; sizes: apparent size of the same detail, such as the iris, on each, in pixels of
    one camera. The mean is returned as it is if no two sizes have a ratio of MIN_RATIO; so is a measure that is covered
    on one of the two.
    """
    nearest, farthest = max(range(len(sizes)), key=sizes.__getitem__), min(range(len(sizes)), key=sizes.__getitem__)
    if sizes[farthest] <= 0 or sizes[nearest] < MIN_RATIO * sizes[farthest]:
        return mean
    ratio = sizes[nearest] / sizes[farthest]
    near, far = photos[nearest].values, photos[farthest].values
    values = dict(mean.values)
    for key, measured in mean.values.items():
        if not (is_seen(key, near[key].error) and is_seen(key, far[key].error)):
            continue
        afar = (ratio * far[key].value - near[key].value) / (ratio - 1)
        values[key] = MeasuredValue(measured.value + SHARE * (afar - measured.value), measured.error)
    return Measures(values)
