"""Points to draw: moved as little as faces differ, until they measure what the reading says."""

from dataclasses import dataclass

import numpy as np

from gwansang.vision.errors import DegenerateLandmarksError
from gwansang.vision.face import Points
from gwansang.vision.measuring.template import KEYS, MODELS, POINT_COUNT, TWINS, UP, measure_template

_ROUNDS = 12
_ENOUGH = 0.02  # SDs between people, of the measure that is farthest off
_SLACK = 1e-4  # variance, in SDs of the hand measures
_TINY = 1e-4
_JW, _CJ = KEYS.index("JW"), KEYS.index("CJ")


@dataclass(frozen=True, slots=True)
class Drawing:
    """What points are drawn with.

    spread: (80, 80) covariance of the points of MODELS between people, whose metric decides what moves; sd: (24,) of
    the measures between people; gain: (80, 24) moves of points per SD of each measure on an ordinary face.
    """

    spread: Points
    sd: Points
    gain: Points

    @classmethod
    def around(cls, points: Points, spread: Points, sd: Points) -> "Drawing":
        """Return the drawing of faces like (189, 2) symmetric points, x from the middle of the face, y up."""
        return cls(spread, sd, _gain(points[list(MODELS)].reshape(-1), spread, sd))

    def fit_points(self, points: Points, values: Points) -> Points:
        """Return symmetric (189, 2) points with the measures `values` (24,), near the symmetric `points`.

        points: x from the middle of the face, y up. Chord method with the slopes of an ordinary face, and with those of
        this face where that does not converge.
        """
        half, gain, step = points[list(MODELS)].reshape(-1), self.gain, 1.0
        goal = values.copy()
        goal[_CJ] = 1 / goal[_JW]  # the two are one number by definition
        missing = (goal - _measure(half)) / self.sd
        for _ in range(_ROUNDS):
            if np.abs(missing).max() < _ENOUGH:
                break
            moved = half + step * gain @ missing
            left = _missing(moved, goal, self.sd)
            if left is None or np.abs(left).max() > np.abs(missing).max():
                gain, step = _gain(half, self.spread, self.sd), step / 2
                continue
            half, missing, step = moved, left, min(2 * step, 1.0)
        return _whole(half)


def _gain(half: Points, spread: Points, sd: Points) -> Points:
    slope = (_measure(half + _TINY * np.eye(half.size)) - _measure(half)).T / _TINY / sd[:, None]
    gain: Points = spread @ slope.T @ np.linalg.inv(slope @ spread @ slope.T + _SLACK * np.eye(len(sd)))
    return gain


def _missing(half: Points, goal: Points, sd: Points) -> Points | None:
    """Return what (80,) coordinates lack of the goal, in SDs; None if they form no face."""
    try:
        missing: Points = (goal - _measure(half)) / sd
    except DegenerateLandmarksError:
        return None
    return missing


def _whole(half: Points) -> Points:
    """Return (..., 189, 2) symmetric points of (..., 80) coordinates; NaN for points without a model."""
    flat = half.reshape(*half.shape[:-1], -1, 2)
    points = np.full((*half.shape[:-1], POINT_COUNT, 2), np.nan)
    points[..., list(TWINS), :] = flat * (-1.0, 1.0)
    points[..., list(MODELS), :] = flat
    return points


def _measure(half: Points) -> Points:
    return measure_template(_whole(half) * UP)
