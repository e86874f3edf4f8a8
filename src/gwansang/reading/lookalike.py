"""Likeness of faces region by region, from measured shapes alone: "your eyes are closest to X, your chin to Y".

Distance: Mahalanobis (1936) with the covariance of the difference of two strangers' measured values: twice that of
people, plus the errors of both photos. Correlated measures count once, uncertain ones count less, and for strangers the
squared distance follows the chi-squared distribution at any certainty of the photo.

Similarity: percentage of pairs of people in the gallery who are less alike in that region. For a small gallery it is
shrunk towards the chi-squared distribution, so that its few pairs do not decide alone.

A region of which half or more is covered is not compared, and its similarity is UNKNOWN. Other covered measures count
as the middle of the norms in a gallery, and not at all in the face that is compared.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.calibration import correlation_matrix, default_population
from gwansang.reading.covers import SEEN_BELOW
from gwansang.reading.measurements import MEASURES_BY_KEY, Measures
from gwansang.reading.norms import Norms, default_norms
from gwansang.reading.taxonomy import load_taxonomy

Region = Literal["eyes", "brows", "nose", "mouth", "outline"]
REGIONS: tuple[Region, ...] = get_args(Region)
_PRIOR_PAIRS = 100  # weight of the chi-squared distribution
UNKNOWN = 50  # similarity of what is covered: that of any two people
_MAX_PAIRS = 20_000  # sampled from a large gallery
_NORMAL = NormalDist()

_Vector = NDArray[np.float64]
_Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RegionNeighbour:
    """A person of the gallery by index; similarity: percentage of pairs of people who are less alike, 1-99."""

    index: int
    similarity: int


@dataclass(frozen=True, slots=True)
class _RegionTable:
    """A gallery's measures of one region; pair_distances: squared, of pairs of its people, ascending.

    covered: indices of the people whose region is covered.
    """

    keys: tuple[str, ...]
    z: _Matrix  # (measures, people) standard scores, so that a measure of all people is contiguous
    variance: _Vector  # (measures,) mean squared error over the gallery, in standard scores
    pair_distances: _Vector
    covered: NDArray[np.intp]

    def distances(self, z: _Vector, variance: _Vector) -> _Vector:
        """Return the squared distances of a face to all people, (people,); infinite where the region is covered.

        A covered measure of the face adds nothing, and the others count for it.
        """
        white = _whitening(self.keys, variance + self.variance) @ (self.z - z[:, None])
        squares: _Vector = np.einsum("ij,ij->j", white, white) * (len(z) / np.count_nonzero(_seen(variance)))
        squares[self.covered] = math.inf
        return squares

    def similarity(self, distance: float) -> int:
        """Return the percentage of pairs with a larger squared distance, 1-99; UNKNOWN for an infinite one."""
        if math.isinf(distance):
            return UNKNOWN
        pairs = len(self.pair_distances)
        weight = pairs / (pairs + _PRIOR_PAIRS)
        farther = pairs - int(np.searchsorted(self.pair_distances, distance, side="right"))
        observed = farther / pairs if pairs else 0.0
        share = weight * observed + (1.0 - weight) * _chi_squared_survival(distance, len(self.keys))
        return max(1, min(99, round(100 * share)))


@dataclass(frozen=True, slots=True)
class RegionGallery:
    """The measured faces of a gallery by region, immutable; made by `build_region_gallery`."""

    size: int
    norms: Norms
    tables: Mapping[Region, _RegionTable]

    def compare(self, measures: Measures) -> "RegionComparison":
        """Compare a face with all people of the gallery."""
        standardized = {
            region: _standardized(table.keys, measures, self.norms) for region, table in self.tables.items()
        }
        distances = {
            region: self.tables[region].distances(*of_face)
            for region, of_face in standardized.items()
            if not _is_covered(of_face[1])
        }
        return RegionComparison(distances, self.tables)


@dataclass(frozen=True, slots=True)
class RegionComparison:
    """A face compared with a gallery; distances: squared, (people,), by region of the face that is not covered."""

    distances: Mapping[Region, _Vector]
    tables: Mapping[Region, _RegionTable]

    def nearest(self, k: int = 1) -> dict[Region, tuple[RegionNeighbour, ...]]:
        """Return the k most similar people in each region, the most similar first; none whose region is covered."""
        return {region: self._nearest(region, k) for region in self.distances}

    def similarity(self, index: int) -> dict[Region, int]:
        """Return the similarity to the person at `index` in each region, 1-99."""
        return {
            region: table.similarity(float(self.distances[region][index])) if region in self.distances else UNKNOWN
            for region, table in self.tables.items()
        }

    def _nearest(self, region: Region, k: int) -> tuple[RegionNeighbour, ...]:
        distances, table = self.distances[region], self.tables[region]
        count = min(k, len(distances))
        smallest = np.argpartition(distances, count - 1)[:count] if 0 < count < len(distances) else np.arange(count)
        ranked = smallest[np.lexsort((smallest, distances[smallest]))]
        return tuple(
            RegionNeighbour(int(index), table.similarity(float(distances[index])))
            for index in ranked
            if math.isfinite(distances[index])
        )


def build_region_gallery(people: Sequence[Measures], norms: Norms | None = None) -> RegionGallery:
    """Build a gallery of one person's measures each; their order gives the indices of the neighbours."""
    norms = norms or default_norms()
    return RegionGallery(len(people), norms, {region: _table(region, people, norms) for region in REGIONS})


@cache
def region_measures(region: Region) -> tuple[str, ...]:
    """Return the keys of the measures of a region's parts, in the order of the table of measures."""
    keys = {key for part in load_taxonomy() if part.region == region for key in part.measures}
    return tuple(key for key in MEASURES_BY_KEY if key in keys)


def _table(region: Region, people: Sequence[Measures], norms: Norms) -> _RegionTable:
    keys = region_measures(region)
    standardized = [_standardized(keys, measures, norms) for measures in people]
    shape = len(people), len(keys)
    z = np.array([scores for scores, _ in standardized]).reshape(shape)
    variances = np.array([variance for _, variance in standardized]).reshape(shape)
    seen = _seen(variances)
    variance = np.where(seen, variances, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    is_covered = np.array([_is_covered(row) for row in variances], dtype=bool)
    pair_distances = np.sort(_squared_distances(_pair_differences(z[~is_covered]), keys, 2 * variance))
    columns, covered = np.ascontiguousarray(z.T), np.flatnonzero(is_covered)
    for array in (columns, variance, pair_distances, covered):
        array.setflags(write=False)
    return _RegionTable(keys, columns, variance, pair_distances, covered)


def _seen(variance: _Vector) -> NDArray[np.bool_]:
    return variance < SEEN_BELOW**2


def _is_covered(variance: _Vector) -> bool:
    return 2 * int(np.count_nonzero(_seen(variance))) <= len(variance)


def _standardized(keys: Sequence[str], measures: Measures, norms: Norms) -> tuple[_Vector, _Vector]:
    """Return standard scores, 0 for covered measures, and their variances by measurement error, (measures,) each."""
    z = np.array([norms.z(key, measures.values[key].value) for key in keys])
    variance = np.array([(measures.values[key].error / norms.measures[key].sd) ** 2 for key in keys])
    return np.where(_seen(variance), z, 0.0), variance


def _pair_differences(z: _Matrix) -> _Matrix:
    """Return differences of pairs of people: of each with the next ones, cyclically, until there are enough."""
    people = len(z)
    shifts = min((people - 1) // 2, math.ceil(_MAX_PAIRS / max(people, 1)))
    if people == 2:
        return z[:1] - z[1:]
    return np.concatenate([z - np.roll(z, shift, axis=0) for shift in range(1, shifts + 1)] or [z[:0]])


def _squared_distances(differences: _Matrix, keys: Sequence[str], variance: _Vector) -> _Vector:
    """Return squared Mahalanobis distances, (pairs,), of differences with these error variances."""
    white = differences @ _whitening(keys, variance).T
    squares: _Vector = np.einsum("ij,ij->i", white, white)
    return squares


def _whitening(keys: Sequence[str], variance: _Vector) -> _Matrix:
    """Return the matrix that makes differences with these error variances independent, of variance 1."""
    root = np.linalg.cholesky(2.0 * _correlations(tuple(keys)) + np.diag(variance))
    white: _Matrix = np.linalg.inv(root)
    return white


@cache
def _correlations(keys: tuple[str, ...]) -> _Matrix:
    return correlation_matrix(keys, default_population())


def _chi_squared_survival(distance: float, measures: int) -> float:
    """Return the share of strangers with a larger squared distance, approximated after Wilson and Hilferty (1931)."""
    step = 2.0 / (9.0 * measures)
    return 1.0 - _NORMAL.cdf((math.cbrt(distance / measures) - (1.0 - step)) / math.sqrt(step))
