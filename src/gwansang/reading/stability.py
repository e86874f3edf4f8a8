"""Does the same face get the same reading? Statistics over several photos of each of many people.

ICC: one-way random, single photo (Shrout & Fleiss 1979), for groups of unequal size. Kappa: agreement of two photos of
a person above what the shares of the shapes give by chance (Cohen 1960); every person counts alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import fsum

import numpy as np

from gwansang.reading.measurements import Measures
from gwansang.reading.norms import Norms
from gwansang.reading.scores import score_face
from gwansang.reading.shapes import ShapeClassification, classify_shapes
from gwansang.reading.taxonomy import load_taxonomy


@dataclass(frozen=True, slots=True)
class PhotoSample:
    """One photo's reading: measures by key, for each part its shapes from the most probable on, and the scores."""

    values: Mapping[str, float]
    shapes: Mapping[str, tuple[str, ...]]
    scores: Mapping[str, float]  # the four energies before rounding, and "overall"


@dataclass(frozen=True, slots=True)
class PartStability:
    """agreement of two photos, the same by chance, Cohen's kappa; second: first label within the other's top two."""

    agreement: float
    chance: float
    kappa: float
    top_two: float
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Stability:
    people: int
    photos: int
    icc: Mapping[str, float]
    parts: Mapping[str, PartStability]
    scores: Mapping[str, float]  # Pearson correlation between two photos

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
        return max(max(part.shares.values()) for part in self.parts.values())

    @property
    def shapes_used(self) -> float:
        """The share of all shapes of the taxonomy that at least one photo got."""
        used = sum(share > 0 for part in self.parts.values() for share in part.shares.values())
        return used / sum(len(part.classes) for part in load_taxonomy())


def sample_photo(measures: Measures, norms: Norms) -> PhotoSample:
    """One photo as far as stability asks."""
    z = {key: norms.z(key, measured.value) for key, measured in measures.values.items()}
    sigma = {key: measured.error / norms.measures[key].sd for key, measured in measures.values.items()}
    members = classify_shapes(z, sigma)
    scores = score_face(z, sigma, members, measures.asymmetry, norms.scales)
    return PhotoSample(
        values={key: measured.value for key, measured in measures.values.items()},
        shapes={key: _ranked(member) for key, member in members.items()},
        scores={**{str(energy): value for energy, value in scores.energy_values.items()}, "overall": scores.overall},
    )


def _ranked(member: ShapeClassification) -> tuple[str, ...]:
    order = np.argsort(-np.array(member.probabilities), kind="stable")
    return tuple(member.part.classes[i].id for i in order)


def measure_stability(people: Sequence[Sequence[PhotoSample]]) -> Stability:
    """The figures over people with at least two photos each; raises ValueError for fewer than two such people."""
    seen = [photos for photos in people if len(photos) >= 2]
    if len(seen) < 2:
        raise ValueError("stability needs at least two people with two photos each")
    first = seen[0][0]
    return Stability(
        people=len(seen),
        photos=sum(map(len, seen)),
        icc={key: icc([[photo.values[key] for photo in photos] for photos in seen]) for key in first.values},
        parts={part.key: _part(part.key, [shape.id for shape in part.classes], seen) for part in load_taxonomy()},
        scores={
            name: _correlation([[photo.scores[name] for photo in photos] for photos in seen]) for name in first.scores
        },
    )


def icc(groups: Sequence[Sequence[float]]) -> float:
    """How much of the variance of single photos lies between people; 1 is perfect, 0 none."""
    sizes = np.array([len(group) for group in groups], dtype=np.float64)
    total, people = sizes.sum(), len(groups)
    means = np.array([np.mean(group) for group in groups])
    grand = float((sizes * means).sum() / total)
    between = float((sizes * (means - grand) ** 2).sum()) / (people - 1)
    within = fsum(float(((np.array(group) - mean) ** 2).sum()) for group, mean in zip(groups, means, strict=True))
    within /= total - people
    size = (total - float((sizes**2).sum()) / total) / (people - 1)
    spread = between + (size - 1) * within
    return (between - within) / spread if spread > 0 else 0.0


def _part(part: str, shapes: list[str], people: Sequence[Sequence[PhotoSample]]) -> PartStability:
    same = second = 0.0
    counts: dict[str, float] = dict.fromkeys(shapes, 0.0)
    for photos in people:
        pairs = [(one, other) for a, b in combinations(photos, 2) for one, other in ((a, b), (b, a))]
        same += sum(one.shapes[part][0] == other.shapes[part][0] for one, other in pairs) / len(pairs)
        second += sum(one.shapes[part][0] in other.shapes[part][:2] for one, other in pairs) / len(pairs)
        for photo in photos:
            counts[photo.shapes[part][0]] += 1 / len(photos)
    shares = {shape: counts[shape] / len(people) for shape in shapes}
    agreement, chance = same / len(people), sum(share**2 for share in shares.values())
    kappa = (agreement - chance) / (1 - chance) if chance < 1 else 0.0
    return PartStability(agreement, chance, kappa, second / len(people), shares)


def _correlation(groups: Sequence[Sequence[float]]) -> float:
    """Pearson's r over all ordered pairs of photos of one person, every person with the same weight."""
    pairs = [(a, b, 1 / (len(group) * (len(group) - 1))) for group in groups for a, b in _ordered(group)]
    one, other, weight = np.array(pairs).T
    weight /= weight.sum()
    da, db = one - weight @ one, other - weight @ other
    size = float(np.sqrt((weight @ da**2) * (weight @ db**2)))
    return float(weight @ (da * db)) / size if size > 0 else 0.0


def _ordered(group: Sequence[float]) -> list[tuple[float, float]]:
    return [pair for a, b in combinations(group, 2) for pair in ((a, b), (b, a))]
