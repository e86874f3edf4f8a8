"""Norms: medians, SDs and percentiles of the measures among people, for standard scores and percentiles."""

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from statistics import NormalDist
from typing import TypedDict

from gwansang.reading.knowledge import load_knowledge
from gwansang.reading.measurements import Measures
from gwansang.reading.photo_errors import norm_sd
from gwansang.reading.scores import Scales, default_scales

_NORMAL = NormalDist()
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_SCORES = tuple(_NORMAL.inv_cdf(share) for share in QUANTILES)


@dataclass(frozen=True, slots=True)
class Norm:
    """A measure in a population; percentiles: at QUANTILES."""

    median: float
    sd: float
    percentiles: tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Norms:
    """Norms by measure key; n: number of people, provenance: their source, scales: of the scores that go with them."""

    id: str
    n: int
    provenance: str
    measures: Mapping[str, Norm]
    scales: Scales = field(default_factory=default_scales)

    def z(self, key: str, value: float) -> float:
        """Return the standard score of a value: (value - median) / SD."""
        norm = self.measures[key]
        return (value - norm.median) / norm.sd

    def percentile(self, key: str, value: float) -> int:
        """Return the percentile of a value, 1-99; between and beyond the tabled ones as in a normal distribution."""
        knots = self.measures[key].percentiles
        i = max(0, min(len(knots) - 2, bisect_left(knots, value) - 1))
        share = (value - knots[i]) / (knots[i + 1] - knots[i])
        score = _SCORES[i] + share * (_SCORES[i + 1] - _SCORES[i])
        return percentile_of(score)


def percentile_of(score: float) -> int:
    """Return the percentile of a standard score in a normal distribution, 1-99."""
    return max(1, min(99, round(50 * (1 + math.erf(score * math.sqrt(0.5))))))


@dataclass(frozen=True, slots=True)
class StandardScores:
    """Measures of a face as standard scores by key; sigma: their errors, one SD in standard scores.

    noise: the errors in SDs of the shipped norms, in which `belief` knows the usual ones; unseen: keys of covered
    measures, which stand in the middle of the norms and may lie anywhere among people.
    """

    z: Mapping[str, float]
    sigma: Mapping[str, float]
    noise: Mapping[str, float]
    unseen: frozenset[str] = frozenset()


def standardize(measures: Measures, norms: Norms) -> StandardScores:
    """Return the standard scores of a face's measures against the norms."""
    unseen, values = measures.unseen, measures.values
    return StandardScores(
        z={key: 0.0 if key in unseen else norms.z(key, one.value) for key, one in values.items()},
        sigma={key: 1.0 if key in unseen else one.error / norms.measures[key].sd for key, one in values.items()},
        noise={key: one.error / norm_sd(key) for key, one in values.items()},
        unseen=unseen,
    )


class _NormJson(TypedDict):
    median: float
    sd: float
    p05: float
    p25: float
    p75: float
    p95: float


class _NormsJson(TypedDict):
    id: str
    n: int
    provenance: str
    measures: dict[str, _NormJson]


@cache
def default_norms() -> Norms:
    """Return the shipped norms, a start for Korean users; the file names their source."""
    data = load_knowledge("measures", "norms", _NormsJson)
    measures = {key: _norm(row) for key, row in data["measures"].items()}
    return Norms(data["id"], data["n"], data["provenance"], measures)


def _norm(row: _NormJson) -> Norm:
    return Norm(row["median"], row["sd"], (row["p05"], row["p25"], row["median"], row["p75"], row["p95"]))
