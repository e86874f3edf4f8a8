"""Three estimates of every measure combined to one value, and the error that is declared for it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.landmarks.least_squares import solve_nonnegative
from gwansang.vision.face import Points

ESTIMATES = ("mesh relaxed", "points relaxed", "points")
CONDITIONS = ("pitch", "yaw", "near", "smile", "small")
RIDGE = 50.0
_SMILE = (44, 45)  # blendshapes mouthSmileLeft, mouthSmileRight


@dataclass(frozen=True, slots=True)
class Combiner:
    """value = hand_mean + hand_sd * (sum over estimates of weight * (estimate - mean) / sd, less pitch and nearness).

    mean, sd, weights: (3, 24); hand_mean, hand_sd: (24,); pitch: (24,) SDs of the hand measure per degree; near: (24,)
    SDs per 1/cm.
    """

    mean: Points
    sd: Points
    weights: Points
    hand_mean: Points
    hand_sd: Points
    pitch: Points
    near: Points

    def score(self, estimates: Points) -> Points:
        """Return weighted standard scores (..., 24) of (..., 3, 24) estimates."""
        z: Points = ((estimates - self.mean) / self.sd * self.weights).sum(axis=-2)
        return z

    def combine(self, estimates: Points, pitch_deg: Points, per_cm: Points) -> Points:
        """Return measures (..., 24) in their own units; pitch_deg, per_cm (...): what is taken out, 0 for nothing."""
        z = self.score(estimates)
        z = z - np.multiply.outer(pitch_deg, self.pitch) - np.multiply.outer(per_cm, self.near)
        values: Points = self.hand_mean + self.hand_sd * z
        return values


@dataclass(frozen=True, slots=True)
class Errors:
    """base: (24,) one SD on a frontal, relaxed photo from afar; growth: (5, 24) variance per condition."""

    base: Points
    growth: Points

    def declare(self, conditions: Points) -> Points:
        """Return one SD (..., 24) in the measures' units under (..., 5) conditions."""
        errors: Points = np.sqrt(self.base**2 + conditions @ self.growth)
        return errors


@dataclass(frozen=True, slots=True)
class Estimator:
    """Combiner and errors for one source of points: found in the picture, or started from the mesh alone."""

    combiner: Combiner
    errors: Errors


def judge_conditions(
    pose: Points, per_cm: Points, blendshapes: Points, face_px: Points, usual_pitch_deg: float
) -> Points:
    """Return the distance from a good photo (..., 5), in the order of CONDITIONS, none below 0.

    pose: (..., 2) yaw and pitch in degrees; per_cm: (...) one over the distance as guessed; blendshapes: (..., 52);
    face_px: (...) width of the face in pixels.
    """
    conditions = (
        ((pose[..., 1] - usual_pitch_deg) / 10.0) ** 2,
        (pose[..., 0] / 10.0) ** 2,
        np.maximum(per_cm / 0.025, 0.0) ** 2,
        blendshapes[..., list(_SMILE)].mean(axis=-1) ** 2,
        (100.0 / np.maximum(face_px, 40.0)) ** 2,
    )
    return np.stack(conditions, axis=-1)


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
