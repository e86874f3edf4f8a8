"""Classification of each part's shape, as probabilities: the share of draws from the belief about a face in each class.

A hard threshold would give two photos of one person different shapes in every third part; a probability moves gently.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.belief import believe
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.rule_table import RuleTable, compile_table
from gwansang.reading.taxonomy import Part, ShapeClass, load_taxonomy

DRAW_COUNT = 64
DECIDED = 0.55  # probability from which a part is told as one shape, and not as a mixture of two
MIN_KEEP_PROBABILITY = 0.15  # from which the shape of an earlier reading is kept
_BASES = (2, 3, 5, 7, 11)  # one prime a measure; no part uses more than five


@dataclass(frozen=True, slots=True)
class ShapeClassification:
    """Probabilities of a part's shapes, summing to 1; kept: index of the shape kept from an earlier reading.

    best: index of the part's shape: the kept one, else the most probable; runner_up: index of the most probable other
    shape, or None if no draw fell into another one.
    """

    part: Part
    probabilities: tuple[float, ...]
    kept: int | None = None
    best: int = field(init=False)
    runner_up: int | None = field(init=False)

    def __post_init__(self) -> None:
        best = self.probabilities.index(max(self.probabilities)) if self.kept is None else self.kept
        others = (*self.probabilities[:best], -1.0, *self.probabilities[best + 1 :])
        most = max(others)
        object.__setattr__(self, "best", best)
        object.__setattr__(self, "runner_up", others.index(most) if most > 0 else None)

    @property
    def shape(self) -> ShapeClass:
        return self.part.classes[self.best]

    @property
    def probability(self) -> float:
        return self.probabilities[self.best]


def classify_measured(
    z: Mapping[str, float], sigma: Mapping[str, float], previous: Mapping[str, str] | None = None
) -> dict[str, ShapeClassification]:
    """Return the classification of every part by its key, from what is believed of a measured face.

    z: measured standard scores; sigma: their errors, one SD in those of the shipped norms; previous: shape ids by part
    of an earlier reading of the face, which are kept while they are probable enough.
    """
    belief = believe(z, sigma)
    return classify_shapes(belief.mean, belief.sd, previous)


def classify_shapes(
    mean: Mapping[str, float], sd: Mapping[str, float], previous: Mapping[str, str] | None = None
) -> dict[str, ShapeClassification]:
    """Return the classification of every part by its key from true standard scores, known up to an SD."""
    earlier = previous or {}
    table = _rule_table()
    counts = table.count_hits(*(np.array([row[key] for key in MEASURES_BY_KEY]) for row in (mean, sd)))
    shares = (counts / DRAW_COUNT).tolist()
    return {
        part.key: _classification(part, tuple(row[: len(part.classes)]), earlier.get(part.key))
        for part, row in zip(load_taxonomy(), shares, strict=True)
    }


def _classification(part: Part, probabilities: tuple[float, ...], previous: str | None) -> ShapeClassification:
    return ShapeClassification(part, probabilities, _kept(part, probabilities, previous))


def _kept(part: Part, probabilities: Sequence[float], previous: str | None) -> int | None:
    if previous is None:
        return None
    index = next((i for i, shape in enumerate(part.classes) if shape.id == previous), None)
    return index if index is not None and probabilities[index] >= MIN_KEEP_PROBABILITY else None


@cache
def _rule_table() -> RuleTable:
    return compile_table(load_taxonomy(), tuple(MEASURES_BY_KEY), standard_draws())


@cache
def standard_draws() -> NDArray[np.float64]:
    """Return (5, DRAW_COUNT) standard normal draws, always the same: a Halton sequence (Halton 1960), mirrored."""
    normal = NormalDist()
    half = [[normal.inv_cdf(_halton(i, base)) for i in range(20, 20 + DRAW_COUNT // 2)] for base in _BASES]
    points = np.array([row + [-x for x in row] for row in half])
    points /= points.std(axis=1, keepdims=True)
    points.setflags(write=False)
    return points


def _halton(index: int, base: int) -> float:
    value, fraction = 0.0, 1.0
    while index:
        fraction /= base
        index, digit = divmod(index, base)
        value += fraction * digit
    return value
