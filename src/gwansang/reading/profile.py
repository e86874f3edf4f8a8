"""Averages of several photos of one face, weighted by the certainty of each measure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gwansang.reading.covers import is_seen
from gwansang.reading.measurements import MeasuredValue, Measures
from gwansang.reading.photo_errors import SHARED_VARIANCE

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

    A measure rests on the photos that show it. Raises ValueError if there is no photo.
    """
    if not photos:
        raise ValueError("there is nothing to combine")
    weights = weights or [1.0] * len(photos)
    return Measures({key: _mean(*_shown(key, photos, weights)) for key in photos[0].values})


def _shown(key: str, photos: Sequence[Measures], weights: Sequence[float]) -> tuple[list[MeasuredValue], list[float]]:
    """Return a measure's values and their weights on the photos that show it, on all if none does."""
    values = [photo.values[key] for photo in photos]
    shown = [index for index, one in enumerate(values) if is_seen(key, one.error)] or range(len(values))
    return [values[index] for index in shown], [weights[index] for index in shown]


def _mean(values: Sequence[MeasuredValue], weights: Sequence[float]) -> MeasuredValue:
    """Average; the share of the error's variance that photos of one face have in common stays."""
    precisions = [weight / one.error**2 for one, weight in zip(values, weights, strict=True)]
    total = math.fsum(precisions)
    mean = math.fsum(one.value * precision for one, precision in zip(values, precisions, strict=True)) / total
    single, independent = math.fsum(weights) / total, 1.0 / total
    variance = SHARED_VARIANCE * single + (1.0 - SHARED_VARIANCE) * min(independent, single)
    return MeasuredValue(mean, math.sqrt(variance))


def combine_frames(frames: Sequence[Measures]) -> Measures:
    """Return the mean over frames of one clip, each value weighted by 1 / error²; raises ValueError for no frame.

    All frames share light, lens, camera and expression, so that only the part of the error that varies between the
    frames averages out.
    """
    equal = [1.0] * len(frames)
    mean = combine_photos(frames, equal)
    values = {
        key: MeasuredValue(one.value, _error_of_frames(_shown(key, frames, equal)[0], one.value))
        for key, one in mean.values.items()
    }
    return Measures(values)


def _error_of_frames(values: Sequence[MeasuredValue], mean: float) -> float:
    """Divide the variance observed within the clip by the number of frames; keep the rest of one frame's error."""
    precisions = [1.0 / one.error**2 for one in values]
    single = len(values) / math.fsum(precisions)
    if len(values) == 1:
        return math.sqrt(single)
    squares = math.fsum(precision * (one.value - mean) ** 2 for one, precision in zip(values, precisions, strict=True))
    observed = squares / math.fsum(precisions) * len(values) / (len(values) - 1)
    return math.sqrt(max(single - observed, SHARED_VARIANCE * single) + observed / len(values))


def label_agreement(before: Mapping[str, str], after: Mapping[str, str]) -> float:
    """Return the share of the labels in `before` that are the same in `after`, 0-1, of the parts that have one in
    both."""
    both = before.keys() & after.keys()
    return sum(after[part] == before[part] for part in both) / len(both) if both else 0.0
