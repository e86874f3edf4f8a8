"""Statistics of agreement between measures and a reference; NaN for what the data can't say.

Participation ratio: (sum of eigenvalues)^2 / sum of squared eigenvalues. Kappa: Cohen 1960. ICC(1,1): Shrout & Fleiss
1979. Expected calibration error: Naeini, Cooper & Hauskrecht 2015, in bins of equal count. Skill: of the Brier score,
against base rates (Murphy 1973). Intervals: percentile bootstrap over people (Efron 1979).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]
Labels = NDArray[np.intp]
BIN_COUNT = 10
CONFIDENCE = 0.9
_DRAWS = 400
_SEED = 2026
_MIN_PEOPLE = 3  # two points lie on a line


def correlations(first: Table, second: Table) -> Table:
    """Return Pearson's r of the columns of two (n, m) tables, (m,), over the rows that are complete in both."""
    rows = np.isfinite(first).all(axis=1) & np.isfinite(second).all(axis=1)
    if rows.sum() < _MIN_PEOPLE:
        return np.full(first.shape[1], np.nan)
    a, b = first[rows] - first[rows].mean(axis=0), second[rows] - second[rows].mean(axis=0)
    return _ratio((a * b).sum(axis=0), np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0)))


def center_within(table: Table, groups: NDArray[np.str_]) -> Table:
    """Return an (n, m) table less the mean of each row's group; rows alone in their group or without one are NaN."""
    centered = np.full_like(table, np.nan)
    for group in np.unique(groups):
        rows = (groups == group) & np.isfinite(table).all(axis=1)
        if group and rows.sum() > 1:
            centered[rows] = table[rows] - table[rows].mean(axis=0)
    return centered


def pair_icc(first: Table, second: Table) -> Table:
    """Return ICC(1,1) of the columns of two (n, m) tables, one row a person in each, (m,)."""
    if len(first) < _MIN_PEOPLE:
        return np.full(first.shape[1], np.nan)
    between = 2 * ((first + second) / 2).var(axis=0, ddof=1)
    within = ((first - second) ** 2).mean(axis=0) / 2
    return _ratio(between - within, between + within)


def shared_directions(first: Table, second: Table) -> float:
    """Return the participation ratio of what two (n, m) tables of the same people have in common.

    Eigenvalues of the symmetric part of the cross-covariance of standard scores, those below 0 taken as 0: noise
    that differs between the tables adds no variance.
    """
    if len(first) < _MIN_PEOPLE:
        return float("nan")
    a, b = (_ratio(table - table.mean(axis=0), table.std(axis=0)) for table in (first, second))
    varying = np.isfinite((a + b).sum(axis=0))
    covariance = a[:, varying].T @ b[:, varying] / len(a)
    eigenvalues = np.maximum(np.linalg.eigvalsh((covariance + covariance.T) / 2), 0.0)
    return float(_ratio(eigenvalues.sum() ** 2, (eigenvalues**2).sum()))


def kappa(first: Labels, second: Labels) -> float:
    """Return Cohen's kappa of two (n,) label arrays; NaN if both have one and the same label only."""
    if not len(first):
        return float("nan")
    size = int(max(first.max(), second.max())) + 1
    counts = np.zeros((size, size))
    np.add.at(counts, (first, second), 1 / len(first))
    chance = float(counts.sum(axis=0) @ counts.sum(axis=1))
    return (float(np.trace(counts)) - chance) / (1 - chance) if chance < 1 - 1e-12 else float("nan")


def mean_kappa(first: Labels, second: Labels) -> float:
    """Return the mean over the columns of two (n, parts) label tables of each one's kappa."""
    return nan_mean([kappa(first[:, part], second[:, part]) for part in range(first.shape[1])])


def nearest_is_own(queries: Table, references: Table, groups: NDArray[np.str_]) -> Table:
    """Return 1.0 for each row of (n, m) queries whose nearest reference of its group is its own row, else 0.0, (n,).

    Rows that are alone in their group, incomplete or without a group are NaN.
    """
    hits = np.full(len(queries), np.nan)
    complete = np.isfinite(queries.sum(axis=1))
    for group in np.unique(groups[groups != ""]):
        members = np.flatnonzero(groups == group)
        if len(members) < 2:
            continue
        for row in members[complete[members]]:
            distances = ((references[members] - queries[row]) ** 2).sum(axis=1)
            hits[row] = float(members[distances.argmin()] == row)
    return hits


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions of similar probability: their mean, the share of them that is right, their number."""

    probability: float
    right: float
    count: int


def reliability_bins(probabilities: Table, right: NDArray[np.bool_]) -> list[Bin]:
    """Return up to ten bins of equal count of (n,) predictions, from improbable to probable."""
    order = np.argsort(probabilities, kind="stable")
    parts = np.array_split(order, BIN_COUNT)
    return [Bin(float(probabilities[p].mean()), float(right[p].mean()), len(p)) for p in parts if len(p)]


def calibration_error(bins: list[Bin]) -> float:
    """Return the expected calibration error: mean distance of probability and share, weighted by count."""
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.probability - one.right) for one in bins) / total if total else float("nan")


def brier_skill(probabilities: Table, outcomes: Labels) -> float:
    """Return the Brier skill of (n, parts, classes) probabilities for (n, parts) outcomes.

    The reference forecasts the frequency of each class among the outcomes; 1 is perfect, 0 no better than that.
    """
    happened = np.eye(probabilities.shape[2])[outcomes]
    score = ((probabilities - happened) ** 2).sum()
    reference = ((happened.mean(axis=0) - happened) ** 2).sum()
    return float(1 - _ratio(score, reference))


def bootstrap_interval(figure: Callable[[Labels], float], people: int) -> tuple[float, float]:
    """Return the 90 % interval of a figure of people's indices, from draws with replacement; NaN if it has none."""
    random = np.random.default_rng(_SEED)
    values = np.array([figure(random.integers(people, size=people)) for _ in range(_DRAWS)])
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def nan_median(values: Table) -> float:
    """Return the median of the finite values; NaN if there is none."""
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else float("nan")


def nan_mean(values: Table | list[float]) -> float:
    """Return the mean of the finite values; NaN if there is none."""
    finite = np.asarray(values)[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")


def _ratio(numerator: Table | np.float64, denominator: Table | np.float64) -> Table:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(denominator) > 1e-12, numerator / denominator, np.nan)
