"""Several photos of one face: measures are averaged by how sure they are, shapes stay while they are likely enough."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gwansang.reading.measurements import MeasuredValue, Measures

SHARED_ERROR = 0.4  # of a photo's error is the same on the next photo, so that no number of photos makes it vanish
MAX_SAME_FACE_DIFFERENCE = (
    3.0  # mean squared difference in its own errors: 50 of 50 smiles stay below, 77 % of others above
)
MAX_REMEMBERED_PHOTOS = 50  # from here on an old photo counts less with each new one: faces change with the years


@dataclass(frozen=True, slots=True)
class Profile:
    """What is remembered of a face: no photo and no points, only averaged measures and the shapes that were told."""

    measures: Measures
    photos: int
    shapes: Mapping[str, str]  # part -> shape id; "element" -> element


def combine_photos(photos: Sequence[Measures], weights: Sequence[float] | None = None) -> Measures:
    """The mean of the measures, each with the weight 1 / error²; raises ValueError for no photo at all."""
    if not photos:
        raise ValueError("there is nothing to combine")
    weights = weights or [1.0] * len(photos)
    values = {key: _mean([photo.values[key] for photo in photos], weights) for key in photos[0].values}
    total = math.fsum(weights)
    regions = photos[0].asymmetry
    uneven = {
        region: math.fsum(photo.asymmetry[region] * weight for photo, weight in zip(photos, weights, strict=True))
        / total
        for region in regions
    }
    return Measures(values, uneven)


def _mean(seen: Sequence[MeasuredValue], weights: Sequence[float]) -> MeasuredValue:
    """Errors of photos of one face are partly the same: the mean is never surer than that part."""
    sure = [weight / one.error**2 for one, weight in zip(seen, weights, strict=True)]
    total = math.fsum(sure)
    value = math.fsum(one.value * share for one, share in zip(seen, sure, strict=True)) / total
    alone, best = math.sqrt(math.fsum(weights) / total), math.sqrt(1.0 / total)
    return MeasuredValue(value, min(max(best, SHARED_ERROR * alone), alone))


def combine_frames(frames: Sequence[Measures]) -> Measures:
    """The mean over frames of one clip, each with the weight 1 / error²; raises ValueError for no frame at all.

    Light, lens, camera and mood are the same in all of them, so that only what differs between the frames averages out.
    """
    mean = combine_photos(frames)
    values = {
        key: MeasuredValue(one.value, _error_of_frames([frame.values[key] for frame in frames], one.value))
        for key, one in mean.values.items()
    }
    return Measures(values, mean.asymmetry)


def _error_of_frames(seen: Sequence[MeasuredValue], mean: float) -> float:
    """One frame's error with the part that is seen to vary within the clip divided by how many frames there are."""
    sure = [1.0 / one.error**2 for one in seen]
    alone = len(seen) / math.fsum(sure)
    if len(seen) == 1:
        return math.sqrt(alone)
    spread = math.fsum(share * (one.value - mean) ** 2 for one, share in zip(seen, sure, strict=True))
    varying = spread / math.fsum(sure) * len(seen) / (len(seen) - 1)
    return math.sqrt(max(alone - varying, SHARED_ERROR**2 * alone) + varying / len(seen))


def measure_difference(one: Measures, other: Measures) -> float:
    """Mean squared difference over all measures, in units of both errors together: 1 or less for one face."""
    squares = [
        (measured.value - other.values[key].value) ** 2 / (measured.error**2 + other.values[key].error ** 2)
        for key, measured in one.values.items()
    ]
    return math.fsum(squares) / len(squares)


def may_be_same_face(one: Measures, other: Measures) -> bool:
    """Whether a photo may be averaged into a profile; no identification: a quarter of other people pass as well."""
    return measure_difference(one, other) <= MAX_SAME_FACE_DIFFERENCE


def label_agreement(before: Mapping[str, str], after: Mapping[str, str]) -> float:
    """The share of parts with the same shape, 0-1."""
    return sum(after.get(part) == shape for part, shape in before.items()) / len(before) if before else 0.0
