"""Points to draw: moved as little as faces differ, until they measure what the reading says."""

import numpy as np

from calibration.landmarks.hand_template import KEYS, MODELS, TWINS, UP, measure_template
from gwansang.reading.hand_marks import POINT_COUNT
from gwansang.vision.face import Points

_ROUNDS = 5
_SLACK = 1e-4  # variance, in SDs of the hand measures
_TINY = 1e-4


def fit_points(points: Points, values: Points, spread: Points, sd: Points) -> Points:
    """Return symmetric (189, 2) points with the measures `values` (24,), near the symmetric `points`.

    points: x from the middle of the face, y up; spread: (80, 80) covariance of the points of MODELS between people, in
    the same unit; sd: (24,) differences between people. Gauss-Newton in the metric of the spread.
    """
    half = points[list(MODELS)].reshape(-1)
    goal = values.copy()
    goal[KEYS.index("CJ")] = 1 / goal[KEYS.index("JW")]  # the two are one number by definition
    for _ in range(_ROUNDS):
        now = _measure(half)
        slope = _slopes(half, now) / sd[:, None]
        gain = spread @ slope.T @ np.linalg.inv(slope @ spread @ slope.T + _SLACK * np.eye(len(goal)))
        half = half + gain @ ((goal - now) / sd)
    return _whole(half)


def _whole(half: Points) -> Points:
    points = np.full((POINT_COUNT, 2), np.nan)
    flat = half.reshape(-1, 2)
    points[list(TWINS)] = flat * (-1.0, 1.0)
    points[list(MODELS)] = flat
    return points


def _measure(half: Points) -> Points:
    return measure_template(_whole(half) * UP)


def _slopes(half: Points, now: Points) -> Points:
    """Return the (24, 80) change of the measures per unit of each coordinate."""
    columns = [(_measure(half + _TINY * step) - now) / _TINY for step in np.eye(half.size)]
    return np.stack(columns, axis=1)
