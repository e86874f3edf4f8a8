"""Averages of several photos of one face, weighted by the certainty of each measure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gwansang.reading.measurements import MeasuredValue, Measures

SHARED_ERROR = 0.4  # share of a photo's error that its next photo has too: no number of photos averages it out
# Mean squared difference in units of both errors: 50 of 50 smiles stay below, 77 % of other people are above.
MAX_SAME_FACE_DIFFERENCE = 3.0
MAX_REMEMBERED_PHOTOS = 50  # a full profile weighs older photos less with each new one: faces change with the years


@dataclass(frozen=True, slots=True)
class Profile:
    """The remembered face of a user: averaged measures and shape labels, but no photo and no points.

    photos: number of photos in the averages; 0 if they are from measures of another version; shapes: shape ids by
    part, and the element under "element".
    """

    measures: Measures
    photos: int
    shapes: Mapping[str, str]


def combine_photos(photos: Sequence[Measures], weights: Sequence[float] | None = None) -> Measures:
    """Return the mean of the measures of several photos, each value weighted by weight / error².

    Raises ValueError if there is no photo.
    """
    if not photos:
        raise ValueError("there is nothing to combine")
    weights = weights or [1.0] * len(photos)
    total = math.fsum(weights)
    asymmetry = {
        region: math.fsum(photo.asymmetry[region] * weight for photo, weight in zip(photos, weights, strict=True))
        / total
        for region in photos[0].asymmetry
    }
    values = {key: _mean([photo.values[key] for photo in photos], weights) for key in photos[0].values}
    return Measures(values, asymmetry)


def _mean(values: Sequence[MeasuredValue], weights: Sequence[float]) -> MeasuredValue:
    """Average; the error stays above the share that photos of one face have in common."""
    precisions = [weight / one.error**2 for one, weight in zip(values, weights, strict=True)]
    total = math.fsum(precisions)
    mean = math.fsum(one.value * precision for one, precision in zip(values, precisions, strict=True)) / total
    single, independent = math.sqrt(math.fsum(weights) / total), math.sqrt(1.0 / total)
    return MeasuredValue(mean, min(max(independent, SHARED_ERROR * single), single))


def combine_frames(frames: Sequence[Measures]) -> Measures:
    """Return the mean over frames of one clip, each value weighted by 1 / error²; raises ValueError for no frame.

    All frames share light, lens, camera and expression, so that only the part of the error that varies between the
    frames averages out.
    """
    mean = combine_photos(frames)
    values = {
        key: MeasuredValue(one.value, _error_of_frames([frame.values[key] for frame in frames], one.value))
        for key, one in mean.values.items()
    }
    return Measures(values, mean.asymmetry)


def _error_of_frames(values: Sequence[MeasuredValue], mean: float) -> float:
    """Divide the variance observed within the clip by the number of frames; keep the rest of one frame's error."""
    precisions = [1.0 / one.error**2 for one in values]
    single = len(values) / math.fsum(precisions)
    if len(values) == 1:
        return math.sqrt(single)
    squares = math.fsum(precision * (one.value - mean) ** 2 for one, precision in zip(values, precisions, strict=True))
    observed = squares / math.fsum(precisions) * len(values) / (len(values) - 1)
    return math.sqrt(max(single - observed, SHARED_ERROR**2 * single) + observed / len(values))


def measure_difference(one: Measures, other: Measures) -> float:
    """Return the mean squared difference over all measures, in units of both errors; about 1 for the same face."""
    squares = [
        (measured.value - other.values[key].value) ** 2 / (measured.error**2 + other.values[key].error ** 2)
        for key, measured in one.values.items()
    ]
    return math.fsum(squares) / len(squares)


def may_be_same_face(one: Measures, other: Measures) -> bool:
    """Return True if one may be averaged with the other. No identification: a quarter of other people pass as well."""
    return measure_difference(one, other) <= MAX_SAME_FACE_DIFFERENCE


def label_agreement(before: Mapping[str, str], after: Mapping[str, str]) -> float:
    """Return the share of the labels in `before` that are the same in `after`, 0-1."""
    return sum(after.get(part) == shape for part, shape in before.items()) / len(before) if before else 0.0
