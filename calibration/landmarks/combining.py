"""Learning of the weights of the three estimates, and of the errors to declare."""

import numpy as np
from numpy.typing import NDArray

from calibration.landmarks.least_squares import solve_nonnegative
from gwansang.vision.face import Points
from gwansang.vision.measuring.combining import Errors

RIDGE = 50.0


def learn_weights(neutral: Points, smiling: Points, hand: Points, ridge: float = RIDGE) -> Points:
    """Return weights (s,) >= 0 of one measure that minimise |h - xw|^2 + |h' - yw|^2 + |(x' - y)w|^2 + ridge |w|^2.

    neutral: (n, s) standard scores x; smiling: (n, s) y, NaN without such a photo; hand: (n,) h.
    """
    both = np.isfinite(smiling).all(axis=1)
    count = neutral.shape[1]
    rows = np.vstack([neutral, smiling[both], (neutral - smiling)[both], np.sqrt(ridge) * np.eye(count)])
    return solve_nonnegative(rows, np.concatenate([hand, hand[both], np.zeros(int(both.sum()) + count)]))


def learn_errors(conditions: Points, deviations: Points, plain: NDArray[np.bool_], hand_sd: Points) -> Errors:
    """Learn from (n, 24) deviations of measures from the marks, in SDs of the hand measure, and (n, 5) conditions.

    plain: (n,) booleans of the unchanged neutral photos, whose spread the errors keep.
    """
    squares, constant = deviations**2, np.ones((len(conditions), 1))
    rows = np.hstack([conditions, constant])
    growth = np.stack([solve_nonnegative(rows, column)[:-1] for column in squares.T], axis=1)
    base = squares[plain].mean(axis=0)
    left = np.sqrt(np.maximum(base - (conditions[plain] @ growth).mean(axis=0), 0.25 * base))
    return Errors(left * hand_sd, growth * hand_sd**2)
