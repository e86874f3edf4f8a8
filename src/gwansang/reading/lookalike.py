"""How alike two faces are, region by region, from measured shapes alone: "your eyes are closest to X, your chin to Y".

Distance: Mahalanobis (1936) with the covariance that the difference of two strangers' *measured* values has, which is
that of people twice and the errors of both photos. Measures that go together count as one, unsure ones count less, and
for strangers the distance follows the chi-squared distribution, however unsure the photo is.

Similarity: of 100 pairs of people in the gallery, how many are less alike in that region. A small gallery leans on what
is usual among people, so that its pairs do not decide alone.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.calibration import default_population
from gwansang.reading.measurements import MEASURES_BY_KEY, Measures
from gwansang.reading.norms import Norms, default_norms
from gwansang.reading.taxonomy import load_taxonomy

Region = Literal["eyes", "brows", "nose", "mouth", "outline"]
REGIONS: tuple[Region, ...] = get_args(Region)
_ENOUGH = 100  # pairs from which on a gallery's own spread is believed more than what is usual
_PAIRS = 20_000  # of a large gallery, that many tell its spread
_NORMAL = NormalDist()

ZScoreTable = NDArray[np.float64]  # (people, measures) standard scores


@dataclass(frozen=True, slots=True)
class RegionNeighbour:
    """Somebody of the gallery, by place; `similarity` 1-99: how many of 100 pairs of people are less alike."""

    index: int
    similarity: int


@dataclass(frozen=True, slots=True)
class _RegionTable:
    """What a gallery knows of one region; `spread`: distances of pairs of its people, ascending."""

    keys: tuple[str, ...]
    z: ZScoreTable  # (measures, people), so that a measure of all people lies together
    variance: NDArray[np.float64]  # (measures,) of the errors, in standard scores, mean over the gallery
    spread: NDArray[np.float64]

    def distances(self, z: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
        """(people,) squared distances of a face to everybody of the gallery."""
        white = _whitening(self.keys, variance + self.variance) @ (self.z - z[:, None])
        squares: NDArray[np.float64] = np.einsum("ij,ij->j", white, white)
        return squares

    def similarity(self, distance: float) -> int:
        """How many of 100 pairs lie farther apart, 1-99."""
        pairs = len(self.spread)
        own = pairs / (pairs + _ENOUGH)
        farther = pairs - int(np.searchsorted(self.spread, distance, side="right"))
        among = farther / pairs if pairs else 0.0
        share = own * among + (1.0 - own) * _usually_farther(distance, len(self.keys))
        return max(1, min(99, round(100 * share)))


@dataclass(frozen=True, slots=True)
class RegionGallery:
    """The measured faces of a gallery, ready to be compared; immutable. Made by `prepare`."""

    size: int
    norms: Norms
    tables: Mapping[Region, _RegionTable]

    def compare(self, measures: Measures) -> "RegionComparison":
        """How far everybody of the gallery is from a face."""
        return RegionComparison(
            {region: table.distances(*self._placed(table, measures)) for region, table in self.tables.items()},
            self.tables,
        )

    def _placed(self, table: _RegionTable, measures: Measures) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return _z(table.keys, measures, self.norms), _variance(table.keys, measures, self.norms)


@dataclass(frozen=True, slots=True)
class RegionComparison:
    """A gallery as seen from one face; `squares`: (people,) squared distances by region."""

    squares: Mapping[Region, NDArray[np.float64]]
    tables: Mapping[Region, _RegionTable]

    def nearest(self, k: int = 1) -> dict[Region, tuple[RegionNeighbour, ...]]:
        """For each region the k people who are most alike there, the nearest first."""
        return {region: self._nearest(region, k) for region in self.squares}

    def similarity(self, index: int) -> dict[Region, int]:
        """How alike the face and the person at `index` of the gallery are in each region, 1-99."""
        return {region: self.tables[region].similarity(float(self.squares[region][index])) for region in self.squares}

    def _nearest(self, region: Region, k: int) -> tuple[RegionNeighbour, ...]:
        squares, table = self.squares[region], self.tables[region]
        some = min(k, len(squares))
        near = np.argpartition(squares, some - 1)[:some] if 0 < some < len(squares) else np.arange(some)
        ranked = near[np.lexsort((near, squares[near]))]
        return tuple(RegionNeighbour(int(place), table.similarity(float(squares[place]))) for place in ranked)


def build_region_gallery(gallery: Sequence[Measures], norms: Norms | None = None) -> RegionGallery:
    """A gallery of the measures of one person each; a place in it is the index that neighbours are named by."""
    norms = norms or default_norms()
    return RegionGallery(len(gallery), norms, {region: _table(region, gallery, norms) for region in REGIONS})


@cache
def region_measures(region: Region) -> tuple[str, ...]:
    """The measures of the parts that lie in a region, in the order of the table of measures."""
    used = {key for part in load_taxonomy() if part.region == region for key in part.measures}
    return tuple(key for key in MEASURES_BY_KEY if key in used)


def _table(region: Region, gallery: Sequence[Measures], norms: Norms) -> _RegionTable:
    keys = region_measures(region)
    z = np.array([_z(keys, one, norms) for one in gallery]).reshape(len(gallery), len(keys))
    errors = np.array([_variance(keys, one, norms) for one in gallery]).reshape(len(gallery), len(keys))
    variance = errors.mean(axis=0) if len(gallery) else np.zeros(len(keys))
    spread = np.sort(_squares(_apart(z), keys, 2 * variance))
    columns = np.ascontiguousarray(z.T)
    for array in (columns, variance, spread):
        array.setflags(write=False)
    return _RegionTable(keys, columns, variance, spread)


def _apart(z: ZScoreTable) -> ZScoreTable:
    """Differences of pairs of people: each with those who follow, round the gallery, until there are enough."""
    people = len(z)
    turns = min((people - 1) // 2, math.ceil(_PAIRS / max(people, 1)))
    if people == 2:
        return z[:1] - z[1:]
    return np.concatenate([z - np.roll(z, turn, axis=0) for turn in range(1, turns + 1)] or [z[:0]])


def _z(keys: Sequence[str], measures: Measures, norms: Norms) -> NDArray[np.float64]:
    return np.array([norms.z(key, measures.values[key].value) for key in keys])


def _variance(keys: Sequence[str], measures: Measures, norms: Norms) -> NDArray[np.float64]:
    return np.array([(measures.values[key].error / norms.measures[key].sd) ** 2 for key in keys])


def _squares(away: ZScoreTable, keys: Sequence[str], variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared Mahalanobis distances of differences, whose errors have this variance."""
    white = away @ _whitening(keys, variance).T
    squares: NDArray[np.float64] = np.einsum("ij,ij->i", white, white)
    return squares


def _whitening(keys: Sequence[str], variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """(measures, measures): makes of differences whose errors have this variance independent ones of variance 1."""
    root = np.linalg.cholesky(2.0 * _together(tuple(keys)) + np.diag(variance))
    white: NDArray[np.float64] = np.linalg.inv(root)
    return white


@cache
def _together(keys: tuple[str, ...]) -> NDArray[np.float64]:
    """How measures go together among people."""
    people = default_population()
    order = [people["keys"].index(key) for key in keys]
    return np.array(people["correlations"])[np.ix_(order, order)]


def _usually_farther(distance: float, measures: int) -> float:
    """The share of strangers who lie farther apart: chi-squared, by Wilson and Hilferty (1931)."""
    step = 2.0 / (9.0 * measures)
    return 1.0 - _NORMAL.cdf((math.cbrt(distance / measures) - (1.0 - step)) / math.sqrt(step))
