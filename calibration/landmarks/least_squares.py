"""Least squares that numpy lacks: with weights that must not be negative, and ridge with out-of-fold predictions."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from gwansang.vision.face import Points

Parts = list[tuple[Points, Points, Points, Points, Points]]


def solve_nonnegative(rows: Points, goal: Points) -> Points:
    """Return the w (k,) >= 0 that minimises |rows w - goal|^2, exactly; for k of a few: it tries all 2^k supports.

    rows: (n, k); goal: (n,).
    """
    gram, target = rows.T @ rows, rows.T @ goal
    count = rows.shape[1]
    best, least = np.zeros(count), 0.0
    for support in (list(one) for size in range(1, count + 1) for one in combinations(range(count), size)):
        weights = np.linalg.lstsq(gram[np.ix_(support, support)], target[support], rcond=None)[0]
        loss = float(weights @ gram[np.ix_(support, support)] @ weights - 2 * weights @ target[support])
        if loss < least and (weights >= 0).all():
            best, least = np.zeros(count), loss
            best[support] = weights
    return best


def fit_ridge(
    x: NDArray[np.float32], y: Points, weight: NDArray[np.float32], ridge: float, fold: NDArray[np.intp]
) -> tuple[Points, Points, Points]:
    """Fit y (n, 2) to x (n, d) by weighted ridge regression with an intercept.

    Returns weights (d, 2) and bias (2,) of all rows, and the prediction of every row from the other folds, (n, 2).
    """
    mean = np.average(x, axis=0, weights=weight)
    centered = x - mean
    folds = range(int(fold.max()) + 1)
    parts = [_moments(centered[fold == f], y[fold == f], weight[fold == f]) for f in folds]
    predictions = np.empty_like(y)
    for f in folds:
        slope, intercept = _solve([part for i, part in enumerate(parts) if i != f], ridge)
        predictions[fold == f] = centered[fold == f] @ slope + intercept
    slope, intercept = _solve(parts, ridge)
    return slope, intercept - mean @ slope, predictions


def _moments(x: Points, y: Points, weight: NDArray[np.float32]) -> tuple[Points, Points, Points, Points, Points]:
    """Return weighted sums of xx', xy', x, y and 1."""
    weighted = x * weight[:, None]
    return weighted.T @ x, weighted.T @ y, weighted.sum(axis=0), (y * weight[:, None]).sum(axis=0), weight.sum()


def _solve(parts: Parts, ridge: float) -> tuple[Points, Points]:
    gram, cross, x, y, count = (np.sum([part[i] for part in parts], axis=0) for i in range(5))
    centered = (gram - np.outer(x, x) / count).astype(np.float64) + ridge * np.eye(len(gram))
    slope = np.linalg.solve(centered, cross - np.outer(x, y) / count)
    return slope, y / count - x / count @ slope
