"""What is usual: medians, spreads and percentiles against which a measure becomes a standard score."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from statistics import NormalDist
from typing import TypedDict

from gwansang.reading.knowledge import load_knowledge
from gwansang.reading.scores import Scales, default_scales

_NORMAL = NormalDist()
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_SCORES = tuple(_NORMAL.inv_cdf(share) for share in QUANTILES)


@dataclass(frozen=True, slots=True)
class Norm:
    """One measure in a population; `percentiles` are its 5th, 25th, 50th, 75th and 95th."""

    median: float
    sd: float
    percentiles: tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Norms:
    """A table of norms by measure key, where its figures come from, and the scales on which scores are placed."""

    id: str
    n: int
    provenance: str
    measures: Mapping[str, Norm]
    scales: Scales = field(default_factory=default_scales)

    def z(self, key: str, value: float) -> float:
        norm = self.measures[key]
        return (value - norm.median) / norm.sd

    def percentile(self, key: str, value: float) -> int:
        """How many of 100 people have a smaller value, 1-99; normal between and beyond the tabled percentiles."""
        knots = self.measures[key].percentiles
        i = max(0, min(len(knots) - 2, sum(value > knot for knot in knots) - 1))
        share = (value - knots[i]) / (knots[i + 1] - knots[i])
        score = _SCORES[i] + share * (_SCORES[i + 1] - _SCORES[i])
        return max(1, min(99, round(100 * _NORMAL.cdf(score))))


class NormJson(TypedDict):
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
    measures: dict[str, NormJson]


@cache
def default_norms() -> Norms:
    """The shipped start values for Korean users; the file names where they come from."""
    data = load_knowledge("norms", _NormsJson)
    measures = {key: norm_from_json(row) for key, row in data["measures"].items()}
    return Norms(data["id"], data["n"], data["provenance"], measures)


def norm_from_json(row: NormJson) -> Norm:
    return Norm(row["median"], row["sd"], (row["p05"], row["p25"], row["median"], row["p75"], row["p95"]))
