"""Points of the hand-marked template that the measures need, and the measures of such points.

The template has 189 points and is that of the Face Research Lab London Set (DeBruine & Jones 2017). The formulas are
those of the shared definitions in `reading.hand_marks`, written a second time over arrays; a test holds both together.
"""

import math
from typing import Protocol, TypeVar

import numpy as np

from gwansang.vision.errors import DegenerateLandmarksError
from gwansang.vision.face import Points

POINT_COUNT = 189
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
DETAIL_POINTS = tuple(sorted({*MODELS, *TWINS}))
"""Points of both halves in ascending order, (73,)."""


_Number = TypeVar("_Number", float, Points)


class _LevelFace(Protocol[_Number]):
    """Points of a face with the outer eye corners level and one apart, y up; of one face, or arrays over many."""

    def y(self, *indices: int) -> _Number:
        """Return the mean height of points."""
        ...

    def distance(self, a: int, b: int) -> _Number:
        """Return the distance of two points."""
        ...

    def slope(self, low: tuple[int, ...], high: tuple[int, ...]) -> _Number:
        """Return the angle in degrees by which the mean of `high` lies above that of `low`."""
        ...

    def angle(self, a: int, vertex: int, b: int) -> _Number:
        """Return the angle in degrees at a vertex."""
        ...

    def sagitta(self, start: int, middle: int, end: int) -> _Number:
        """Return the distance of a middle point from a chord, in lengths of the chord."""
        ...

    def rise(self, height: _Number, run: _Number) -> _Number:
        """Return the angle in degrees of a rise over a run."""
        ...

    def log(self, value: _Number) -> _Number:
        """Return the natural logarithm."""
        ...


class _ManyFaces:
    """`_LevelFace` of points (..., 189, 2)."""

    def __init__(self, points: Points) -> None:
        right, left = points[..., 18, :], points[..., 27, :]
        span = left - right
        across = span / (span**2).sum(axis=-1, keepdims=True)
        moved = points - ((left + right) / 2)[..., None, :]
        down = np.stack([across[..., 1], -across[..., 0]], axis=-1)
        self._x, self._y = _dot(moved, across), _dot(moved, down)

    def y(self, *indices: int) -> Points:
        mean: Points = self._y[..., list(indices)].mean(axis=-1)
        return mean

    def distance(self, a: int, b: int) -> Points:
        return np.asarray(np.hypot(self._x[..., a] - self._x[..., b], self._y[..., a] - self._y[..., b]))

    def slope(self, low: tuple[int, ...], high: tuple[int, ...]) -> Points:
        run = np.abs(self._x[..., list(high)].mean(axis=-1) - self._x[..., list(low)].mean(axis=-1))
        return self.rise(self.y(*high) - self.y(*low), run)

    def angle(self, a: int, vertex: int, b: int) -> Points:
        (ux, uy), (vx, vy) = self._offset(vertex, a), self._offset(vertex, b)
        return np.asarray(np.degrees(np.arctan2(np.abs(ux * vy - uy * vx), ux * vx + uy * vy)))

    def sagitta(self, start: int, middle: int, end: int) -> Points:
        (cx, cy), (ox, oy) = self._offset(start, end), self._offset(start, middle)
        return np.asarray(np.abs(cx * oy - cy * ox) / (cx * cx + cy * cy))

    def rise(self, height: Points, run: Points) -> Points:
        return np.asarray(np.degrees(np.arctan2(height, run)))

    def log(self, value: Points) -> Points:
        return np.asarray(np.log(value))

    def _offset(self, start: int, end: int) -> tuple[Points, Points]:
        return self._x[..., end] - self._x[..., start], self._y[..., end] - self._y[..., start]


class _OneFace:
    """`_LevelFace` of points (189, 2), twenty times as fast as `_ManyFaces`."""

    def __init__(self, points: Points) -> None:
        (rx, ry), (lx, ly) = points[18].tolist(), points[27].tolist()
        span = (lx - rx) ** 2 + (ly - ry) ** 2
        ax, ay = (lx - rx) / span, (ly - ry) / span
        moved = points - ((rx + lx) / 2, (ry + ly) / 2)
        level = moved @ np.array([[ax, ay], [ay, -ax]])
        self._x: list[float] = level[:, 0].tolist()
        self._y: list[float] = level[:, 1].tolist()

    def y(self, *indices: int) -> float:
        return sum([self._y[index] for index in indices]) / len(indices)

    def distance(self, a: int, b: int) -> float:
        return math.hypot(self._x[a] - self._x[b], self._y[a] - self._y[b])

    def slope(self, low: tuple[int, ...], high: tuple[int, ...]) -> float:
        left, right = (sum([self._x[index] for index in ends]) / len(ends) for ends in (low, high))
        return self.rise(self.y(*high) - self.y(*low), abs(right - left))

    def angle(self, a: int, vertex: int, b: int) -> float:
        (ux, uy), (vx, vy) = self._offset(vertex, a), self._offset(vertex, b)
        return math.degrees(math.atan2(abs(ux * vy - uy * vx), ux * vx + uy * vy))

    def sagitta(self, start: int, middle: int, end: int) -> float:
        (cx, cy), (ox, oy) = self._offset(start, end), self._offset(start, middle)
        return abs(cx * oy - cy * ox) / (cx * cx + cy * cy)

    def rise(self, height: float, run: float) -> float:
        return math.degrees(math.atan2(height, run))

    def log(self, value: float) -> float:
        return math.log(value)

    def _offset(self, start: int, end: int) -> tuple[float, float]:
        return self._x[end] - self._x[start], self._y[end] - self._y[start]


def _dot(vectors: Points, axis: Points) -> Points:
    product: Points = (vectors * axis[..., None, :]).sum(axis=-1)
    return product


_HEADS, _BRIDGE = (75, 76, 77, 78), (50, 56)


def _eye(f: _LevelFace[_Number]) -> _Number:
    return (f.distance(18, 22) + f.distance(27, 23)) / 2


def _brow_to_chin(f: _LevelFace[_Number]) -> _Number:
    return f.y(*_HEADS) - f.y(129)


def _nose(f: _LevelFace[_Number]) -> _Number:
    return f.y(*_BRIDGE) - f.y(55)


def _upper_lip(f: _LevelFace[_Number]) -> _Number:
    return f.y(90) - f.y(96)


def _lower_lip(f: _LevelFace[_Number]) -> _Number:
    return f.y(101) - f.y(106)


def _measure(f: _LevelFace[_Number]) -> tuple[_Number, ...]:
    """Return the 24 measures in the order of KEYS."""
    inner, mouth, cheeks, jaw = f.distance(22, 23), f.distance(87, 93), f.distance(110, 113), f.distance(126, 132)
    eye, upper_lip, lower_lip = _eye(f), _upper_lip(f), _lower_lip(f)
    lower_third, face, nose = f.y(55) - f.y(129), _brow_to_chin(f), _nose(f)
    return (
        mouth / inner,
        inner / eye,
        (f.distance(20, 29) / f.distance(18, 22) + f.distance(25, 32) / f.distance(27, 23)) / 2,
        (f.slope((22,), (18,)) + f.slope((23,), (27,))) / 2,
        eye / cheeks,
        (f.distance(62, 67) + f.distance(63, 68)) / 2 / inner,
        upper_lip / lower_lip,
        (upper_lip + lower_lip) / mouth,
        (f.y(55) - f.y(90)) / lower_third,
        f.distance(89, 91) / mouth,
        f.rise(f.y(87, 93) - f.y(96, 101), mouth / 2),
        (f.slope((75, 76), (71,)) + f.slope((78, 77), (82,))) / 2,
        (f.sagitta(71, 73, 75) + f.sagitta(82, 80, 78)) / 2,
        f.distance(76, 77),
        (f.y(84, 85) - f.y(20, 25)) / eye,
        (f.distance(71, 82) - f.distance(18, 27)) / 2,
        face / cheeks,
        jaw / cheeks,
        f.distance(128, 130) / cheeks,
        (f.angle(111, 126, 128) + f.angle(114, 132, 130)) / 2,
        cheeks / jaw,
        (f.y(106) - f.y(129)) / nose,
        nose / face,
        f.log(lower_third / (f.y(*_HEADS) - f.y(55))),
    )


KEYS = (
    *("MW", "ES", "EO", "ET", "EW", "NA", "UL", "LF", "PL", "PW", "MC", "BS"),
    *("BA", "BG", "BE", "BO", "FL", "JW", "CW", "JA", "CJ", "CL", "NL", "L-M"),
)
"""Measures that the template shows, (24,); "L-M" is the log of the lower third over the middle one."""


def measure_template(points: Points) -> Points:
    """Return the 24 measures of (..., 189, 2) points, x right, y down, in the order of KEYS: (..., 24).

    Raises DegenerateLandmarksError if the points are not arranged like a face.
    """
    try:
        with np.errstate(divide="ignore", invalid="ignore"):
            one_face = points.ndim == 2
            values = (
                np.array(_measure(_OneFace(points))) if one_face else np.stack(_measure(_ManyFaces(points)), axis=-1)
            )
    except (ValueError, ZeroDivisionError) as error:
        raise _degenerate() from error
    if not np.isfinite(values).all():
        raise _degenerate()
    return values


def _degenerate() -> DegenerateLandmarksError:
    return DegenerateLandmarksError("The landmarks don't form a face; send the points of a whole face.")


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
