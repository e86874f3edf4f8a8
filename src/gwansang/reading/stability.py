"""Stability of readings: statistics over several photos of each of many people.

ICC: one-way random, single photo (Shrout & Fleiss 1979), for groups of unequal size. Kappa: agreement of two photos of
a person above the agreement by chance, from the frequencies of the shapes (Cohen 1960). All people have equal weight.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import fsum
from typing import TypeVar

import numpy as np

from gwansang.reading.measurements import Measures
from gwansang.reading.norms import Norms, standardize
from gwansang.reading.scores import score_face
from gwansang.reading.shapes import ShapeClassification, classify_measured
from gwansang.reading.taxonomy import load_taxonomy

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class PhotoSample:
    """The results of one photo: measures by key, the shape ids of each part by probability, and scores.

    scores: the four energies before rounding, and "overall".
    """

    values: Mapping[str, float]
    shapes: Mapping[str, tuple[str, ...]]
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PartStability:
    """Stability of a part's shape between two photos of a person.

    agreement: share of equal shapes; chance: the same by chance; kappa: Cohen's; top_two: share of shapes that are
    among the other photo's two most probable ones; shares: frequency of each shape.
    """

    agreement: float
    chance: float
    kappa: float
    top_two: float
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Stability:
    """Stability of all parts of a reading; icc: by measure key, scores: Pearson's r between two photos of a person."""

    people: int
    photos: int
    icc: Mapping[str, float]
    parts: Mapping[str, PartStability]
    scores: Mapping[str, float]

    @property
    def mean_kappa(self) -> float:
        return float(np.mean([part.kappa for part in self.parts.values()]))

    @property
    def mean_agreement(self) -> float:
        return float(np.mean([part.agreement for part in self.parts.values()]))

    @property
    def mean_chance(self) -> float:
        return float(np.mean([part.chance for part in self.parts.values()]))

    @property
    def mean_top_two(self) -> float:
        return float(np.mean([part.top_two for part in self.parts.values()]))

    @property
    def median_icc(self) -> float:
        return float(np.median(list(self.icc.values())))

    @property
    def largest_share(self) -> float:
        """Frequency of the most frequent shape of any part."""
        return max(max(part.shares.values()) for part in self.parts.values())

    @property
    def mean_largest_share(self) -> float:
        """Mean over the parts of the frequency of each one's most frequent shape."""
        return float(np.mean([max(part.shares.values()) for part in self.parts.values()]))

    @property
    def shapes_used(self) -> float:
        """Share of the taxonomy's shapes that at least one photo has."""
        used = sum(share > 0 for part in self.parts.values() for share in part.shares.values())
        return used / sum(len(part.classes) for part in load_taxonomy())


def sample_photo(measures: Measures, norms: Norms) -> PhotoSample:
    """Return the results of one photo for the statistics."""
    standard = standardize(measures, norms)
    shapes = classify_measured(standard.z, standard.noise)
    scores = score_face(standard.z, standard.noise, shapes, norms.scales)
    return PhotoSample(
        values={key: measured.value for key, measured in measures.values.items()},
        shapes={key: _by_probability(shape) for key, shape in shapes.items()},
        scores={**{str(energy): value for energy, value in scores.energy_values.items()}, "overall": scores.overall},
    )


def _by_probability(shape: ShapeClassification) -> tuple[str, ...]:
    order = np.argsort(-np.array(shape.probabilities), kind="stable")
    return tuple(shape.part.classes[i].id for i in order)


def measure_stability(people: Sequence[Sequence[PhotoSample]]) -> Stability:
    """Return the statistics of people with two or more photos; raise ValueError for fewer than two such people."""
    people = [photos for photos in people if len(photos) >= 2]
    if len(people) < 2:
        raise ValueError("stability needs at least two people with two photos each")
    first = people[0][0]
    return Stability(
        people=len(people),
        photos=sum(map(len, people)),
        icc={key: icc([[photo.values[key] for photo in photos] for photos in people]) for key in first.values},
        parts={part.key: _part(part.key, [shape.id for shape in part.classes], people) for part in load_taxonomy()},
        scores={
            name: _correlation([[photo.scores[name] for photo in photos] for photos in people]) for name in first.scores
        },
    )


def icc(groups: Sequence[Sequence[float]]) -> float:
    """Return the intraclass correlation ICC(1,1) of groups of unequal size: the share of variance between groups."""
    sizes = np.array([len(group) for group in groups], dtype=np.float64)
    total, people = sizes.sum(), len(groups)
    means = np.array([np.mean(group) for group in groups])
    grand_mean = float((sizes * means).sum() / total)
    between = float((sizes * (means - grand_mean) ** 2).sum()) / (people - 1)
    within = fsum(float(((np.array(group) - mean) ** 2).sum()) for group, mean in zip(groups, means, strict=True))
    within /= total - people
    mean_size = (total - float((sizes**2).sum()) / total) / (people - 1)
    variance = between + (mean_size - 1) * within
    return (between - within) / variance if variance > 0 else 0.0


def _part(part: str, shapes: list[str], people: Sequence[Sequence[PhotoSample]]) -> PartStability:
    same = in_top_two = 0.0
    counts: dict[str, float] = dict.fromkeys(shapes, 0.0)
    for photos in people:
        pairs = _ordered_pairs(photos)
        same += sum(one.shapes[part][0] == other.shapes[part][0] for one, other in pairs) / len(pairs)
        in_top_two += sum(one.shapes[part][0] in other.shapes[part][:2] for one, other in pairs) / len(pairs)
        for photo in photos:
            counts[photo.shapes[part][0]] += 1 / len(photos)
    shares = {shape: counts[shape] / len(people) for shape in shapes}
    agreement, chance = same / len(people), sum(share**2 for share in shares.values())
    kappa = (agreement - chance) / (1 - chance) if chance < 1 else 0.0
    return PartStability(agreement, chance, kappa, in_top_two / len(people), shares)


def _correlation(groups: Sequence[Sequence[float]]) -> float:
    """Return Pearson's r over all ordered pairs of photos of one person; all people have equal weight."""
    pairs = [(a, b, 1 / (len(group) * (len(group) - 1))) for group in groups for a, b in _ordered_pairs(group)]
    one, other, weight = np.array(pairs).T
    weight /= weight.sum()
    da, db = one - weight @ one, other - weight @ other
    size = float(np.sqrt((weight @ da**2) * (weight @ db**2)))
    return float(weight @ (da * db)) / size if size > 0 else 0.0


def _ordered_pairs(group: Sequence[_T]) -> list[tuple[_T, _T]]:
    return [pair for a, b in combinations(group, 2) for pair in ((a, b), (b, a))]
