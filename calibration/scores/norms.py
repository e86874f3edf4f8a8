"""Norms with as many women as men and half East Asian adults, and the correlations of such a population."""

import csv
from functools import cache
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from calibration.scores.sample import KEYS, Mask, Sample, Table
from gwansang.reading.norming import robust_sd

_PUBLISHED = Path(__file__).parent.parent / "published_norms.csv"
_ORIGIN_SHRINK = 0.7  # of a published difference: it comes from another mesh
_PUBLISHED_ERROR = 0.6  # SDs; what that mesh does not see, such as the fold at the inner corner of the eye, it misses
_SHRINK = 0.2  # of covariances towards their diagonal
_PERCENTILES = (5, 25, 75, 95)


def balanced_norms(values: Table, women: Mask) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return medians and SDs of a population of as many women as men, (m,) each.

    SD: root of the mean biweight midvariance (Mosteller & Tukey 1977) of the sexes plus that between their medians.
    """
    groups = values[women], values[~women]
    first, second = (np.median(group, axis=0) for group in groups)
    spread = np.mean([[robust_sd(column) ** 2 for column in group.T] for group in groups], axis=0)
    return (first + second) / 2, np.sqrt(spread + (first - second) ** 2 / 4)


@cache
def east_asian_shift() -> dict[str, float]:
    """Return by key how East Asian adults differ from the three other groups of the published table, in its SDs.

    The published mean of all weights four groups equally, so that East Asian - others = 4/3 (East Asian - all).
    """
    with _PUBLISHED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return {
        row["key"]: 4
        / 3
        * (float(row["east_asian_median"]) - float(row["all_median"]))
        / min(float(row["all_sd"]), float(row["closed_sd"]))
        for row in rows
    }


def shipped_norms(sample: Sample) -> dict[str, dict[str, float]]:
    """Return rows of norms: half the people of other origins, half the same moved by the East Asian difference."""
    others = sample.group != "east_asian"
    medians, sds = balanced_norms(sample.measured[others], sample.women[others])
    shifts = _origin_shift(sample)
    rows = {}
    for key, middle, spread, shift in zip(KEYS, medians, sds, shifts, strict=True):
        move = shift * spread
        median, sd = float(middle + move / 2), float(np.hypot(spread, move / 2))
        row = {"median": median, "sd": sd}
        row |= {f"p{share:02}": median + sd * NormalDist().inv_cdf(share / 100) for share in _PERCENTILES}
        rows[key] = {name: float(f"{value:.6g}") for name, value in row.items()}
    return rows


def _origin_shift(sample: Sample) -> NDArray[np.float64]:
    """Return how East Asian adults differ, (m,) in SDs of the others: published figures, corrected by the portraits.

    Mean of both by their precision; few portraits of a group say little, and the published ones come from another mesh.
    """
    published = _ORIGIN_SHRINK * np.array([east_asian_shift()[key] for key in KEYS])
    own = sample.reference & (sample.group == "east_asian")
    rest = sample.reference & (sample.group != "east_asian")
    if not own.any():
        return published
    sds = balanced_norms(sample.measured[rest], sample.women[rest])[1]
    seen = (sample.measured[own].mean(axis=0) - balanced_norms(sample.measured[rest], sample.women[rest])[0]) / sds
    error = np.sqrt(1 / own.sum() + 1 / rest.sum())
    weight = _PUBLISHED_ERROR**2 / (_PUBLISHED_ERROR**2 + error**2)
    shift: NDArray[np.float64] = weight * seen + (1 - weight) * published
    return shift


def population_correlations(sample: Sample) -> Table:
    """Return correlations of the measures, (31, 31), in a population of as many women as men."""
    measured, women = sample.measured, sample.women
    within = np.concatenate([measured[sex] - measured[sex].mean(axis=0) for sex in (women, ~women)])
    difference = measured[women].mean(axis=0) - measured[~women].mean(axis=0)
    covariance = np.cov(within.T)
    covariance = (1 - _SHRINK) * covariance + _SHRINK * np.diag(np.diag(covariance))
    covariance = covariance + np.outer(difference, difference) / 4
    sd = np.sqrt(np.diag(covariance))
    correlations: Table = covariance / np.outer(sd, sd)
    return correlations
