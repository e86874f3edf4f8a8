"""Belief about the true measures of a face, given the measured ones of a photo and their errors.

Measured standard scores t and standard scores h of hand marks are jointly normal with correlation r: h given t is
normal with mean r t and variance 1 - r^2 (regression to the mean, Galton 1886). A photo with a larger error than the
usual one adds independent noise of variance v = max(sigma^2 - usual^2, 0) to t: then the slope is r / (1 + v) and the
variance 1 - r^2 / (1 + v). knowledge/truth.json has r and the usual error of each measure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.knowledge import load_knowledge
from gwansang.reading.measurements import MEASURES_BY_KEY

_Table = NDArray[np.float64]
_LEAST_VARIANCE = 0.02


class _TruthRow(TypedDict):
    r: float
    sigma: float


_UNKNOWN: _TruthRow = {"r": 0.0, "sigma": 1.0}  # of a measure that nothing is known about yet: it decides nothing


@dataclass(frozen=True, slots=True)
class Validity:
    """How true the measures are, (m,) each: r, correlation with hand marks; sigma, usual error in SDs of the norms.

    sharpness: factor of the SDs of beliefs, because marginal variances overstate what joint rules need.
    """

    r: _Table
    sigma: _Table
    sharpness: float


@dataclass(frozen=True, slots=True)
class Belief:
    """Mean and SD of the true standard scores of a face by measure."""

    mean: Mapping[str, float]
    sd: Mapping[str, float]


def believe(z: Mapping[str, float], sigma: Mapping[str, float]) -> Belief:
    """Return the belief about a face from its measured standard scores and their errors, by measure."""
    mean, sd = regress(_row(z), _row(sigma), shipped_validity())
    return Belief(
        dict(zip(MEASURES_BY_KEY, mean.tolist(), strict=True)), dict(zip(MEASURES_BY_KEY, sd.tolist(), strict=True))
    )


def regress(z: _Table, sigma: _Table, truth: Validity) -> tuple[_Table, _Table]:
    """Return mean and SD of the true standard scores, (..., m) each, given the measured ones and their errors."""
    slope = truth.r / (1.0 + extra_variance(sigma, truth))
    return slope * z, truth.sharpness * np.sqrt(np.maximum(1.0 - slope * truth.r, _LEAST_VARIANCE))


def extra_variance(sigma: _Table, truth: Validity) -> _Table:
    """Return the variance by which errors exceed the usual ones, (..., m)."""
    return np.maximum(sigma**2 - truth.sigma**2, 0.0)


def support(sigma: Mapping[str, float]) -> dict[str, float]:
    """Return the share of each measure's variance that is due to the face and not to the photo: r^2 / (1 + v)."""
    truth = shipped_validity()
    shares = truth.r**2 / (1.0 + extra_variance(_row(sigma), truth))
    return dict(zip(MEASURES_BY_KEY, shares.tolist(), strict=True))


@cache
def shipped_validity() -> Validity:
    """Return how true the measures are, in the order of MEASURES_BY_KEY; the file names its source."""
    table = load_knowledge("truth", "measures", dict[str, _TruthRow])
    rows = [table.get(key, _UNKNOWN) for key in MEASURES_BY_KEY]
    r, sigma = np.array([row["r"] for row in rows]), np.array([row["sigma"] for row in rows])
    for array in (r, sigma):
        array.setflags(write=False)
    return Validity(r, sigma, load_knowledge("truth", "sharpness", float))


def _row(values: Mapping[str, float]) -> _Table:
    return np.array([values[key] for key in MEASURES_BY_KEY])
