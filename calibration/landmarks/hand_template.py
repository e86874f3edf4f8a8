"""Points of the hand-marked template that the measures need, and the measures of such points."""

import numpy as np

from gwansang.reading.hand_marks import MARKED_KEYS, POINT_COUNT, measure_marks
from gwansang.vision.face import Points

KEYS = MARKED_KEYS
UP = np.array([1.0, -1.0])
_PAIRS = {
    18: 27, 22: 23, 20: 25, 29: 32, 71: 82, 72: 81, 73: 80, 74: 79, 75: 78, 76: 77, 83: 86, 84: 85, 62: 67, 63: 68,
    50: 56, 170: 172, 171: 173, 87: 93, 88: 92, 89: 91, 95: 97, 104: 108, 105: 107, 128: 130, 127: 131, 126: 132,
    125: 133, 109: 112, 110: 113, 111: 114, 136: 142, 137: 141, 138: 140,
}  # fmt: skip
"""Points of the subject's right half, on the left of the photo, and their counterparts."""
_MIDLINE = (55, 90, 96, 101, 106, 129, 139)
MODELS = (*_PAIRS, *_MIDLINE)
"""Points of which each has a model of its own, (40,); the other half is found by the same models in the mirror."""
TWINS = (*_PAIRS.values(), *_MIDLINE)
MIDLINE_MODELS = tuple(range(len(_PAIRS), len(MODELS)))


def measure_template(points: Points) -> Points:
    """Return the 24 measures of (..., 189, 2) points, x right, y down, in the order of KEYS: (..., 24)."""
    flat = points.reshape(-1, POINT_COUNT, 2)
    rows = [list(measure_marks(one).values()) for one in flat]
    return np.array(rows).reshape(*points.shape[:-2], len(KEYS))


def mirror_points(points: Points, width: int) -> Points:
    """Return (..., 2) pixels of a picture `width` pixels wide, mirrored."""
    return np.stack([width - 1 - points[..., 0], points[..., 1]], axis=-1)


def fold_halves(points: Points, width: int) -> Points:
    """Return the mean of both halves of (..., 189, 2) crop points, as points of MODELS: (..., 40, 2)."""
    mean: Points = (points[..., list(MODELS), :] + mirror_points(points[..., list(TWINS), :], width)) / 2
    return mean


def unfold_halves(half: Points, width: int) -> Points:
    """Return the symmetric (..., 189, 2) crop points of (..., 40, 2) points of MODELS; NaN for points without one."""
    points = np.full((*half.shape[:-2], POINT_COUNT, 2), np.nan)
    points[..., list(TWINS), :] = mirror_points(half, width)
    points[..., list(MODELS), :] = half
    points[..., [MODELS[model] for model in MIDLINE_MODELS], 0] = (width - 1) / 2
    return points
