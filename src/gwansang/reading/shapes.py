"""Which shape a part has, as probabilities: the share of draws around the measured face that fall into each class.

A hard threshold would give two photos of one person different shapes in every third part; a probability moves gently.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.rule_parser import Predicate, compile_rule
from gwansang.reading.taxonomy import Part, ShapeClass, load_taxonomy

DRAW_COUNT = 64
MIN_KEEP_PROBABILITY = 0.15  # probability from which a shape once told is told again
_BASES = (2, 3, 5, 7, 11)  # one prime a measure; no part uses more than five


@dataclass(frozen=True, slots=True)
class ShapeClassification:
    """A part's probabilities over its classes, which sum to 1; `told`: the class that stays from an earlier reading."""

    part: Part
    probabilities: tuple[float, ...]
    told: int | None = None

    @property
    def best(self) -> int:
        return self._ranked()[0]

    @property
    def shape(self) -> ShapeClass:
        return self.part.classes[self.best]

    @property
    def clarity(self) -> float:
        return self.probabilities[self.best]

    @property
    def runner_up(self) -> int | None:
        """The most probable class beside the best, or None when no draw fell into another one."""
        second = self._ranked()[1]
        return second if self.probabilities[second] > 0 else None

    def _ranked(self) -> list[int]:
        by_share = sorted(range(len(self.probabilities)), key=self.probabilities.__getitem__, reverse=True)
        return by_share if self.told is None else [self.told, *(index for index in by_share if index != self.told)]


def classify_shapes(
    z: Mapping[str, float], sigma: Mapping[str, float], before: Mapping[str, str] | None = None
) -> dict[str, ShapeClassification]:
    """The probabilities of every part from standard scores and their errors (one SD, in standard scores).

    `before`, the shape ids by part of an earlier reading of the face, stay in the lead while they are likely enough.
    """
    return {part.key: _membership(part, z, sigma, (before or {}).get(part.key)) for part in load_taxonomy()}


def _membership(
    part: Part, z: Mapping[str, float], sigma: Mapping[str, float], before: str | None
) -> ShapeClassification:
    draws = _draws()
    cloud = {key: z[key] + sigma[key] * draws[i] for i, key in enumerate(part.measures)}
    free = np.ones(DRAW_COUNT, dtype=np.bool_)
    shares: list[float] = []
    for predicate in _predicates()[part.key]:
        hit = free & predicate(cloud)
        shares.append(int(np.count_nonzero(hit)) / DRAW_COUNT)
        free &= ~hit
    return ShapeClassification(part, tuple(shares), _kept(part, shares, before))


def _kept(part: Part, shares: list[float], before: str | None) -> int | None:
    index = next((i for i, shape in enumerate(part.classes) if shape.id == before), None)
    return index if index is not None and shares[index] >= MIN_KEEP_PROBABILITY else None


@cache
def _predicates() -> dict[str, tuple[Predicate, ...]]:
    return {
        part.key: tuple(compile_rule(shape.rule, frozenset(part.measures)) for shape in part.classes)
        for part in load_taxonomy()
    }


@cache
def _draws() -> NDArray[np.float64]:
    """(5, DRAWS) standard normal draws, the same everywhere: a Halton sequence (Halton 1960) and its mirror image."""
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
