"""Three estimates of every measure combined to one value, and the error that is declared for it."""

from dataclasses import dataclass

import numpy as np

from gwansang.vision.face import Points

ESTIMATES = ("mesh relaxed", "points relaxed", "points")
CONDITIONS = ("pitch", "yaw", "near", "smile", "small")
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
