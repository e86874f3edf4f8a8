"""Measures of a face from points that people marked on its photo, as the reference for what the product measures.

The points are the 189-point template of the Face Research Lab London Set (DeBruine & Jones 2017) in a `.tem` file of
WebMorph. Left and right are those of the picture. Widths and heights are taken with the outer eye corners level.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import atan2, degrees, log

import numpy as np
from numpy.typing import NDArray

POINT_COUNT = 189
MESH_POINT_COUNT = 478
DETAIL_POINTS: tuple[int, ...] = (
    18, 20, 22, 23, 25, 27, 29, 32, 50, 55, 56, 62, 63, 67, 68, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84,
    85, 86, 87, 88, 89, 90, 91, 92, 93, 95, 96, 97, 101, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 125,
    126, 127, 128, 129, 130, 131, 132, 133, 136, 137, 138, 139, 140, 141, 142, 170, 171, 172, 173,
)  # fmt: skip
"""Points of the template that vision finds on a photo; it delivers them in this order behind the points of the mesh."""
LOWER_TO_MIDDLE = "L-M"  # log of the lower third over the middle one: the marks have no upper third
UNMARKED = 0.0  # standard score of a measure that the marks do not show: nothing speaks for either side

Marks = NDArray[np.float64]  # (189, 2) pixels, x right, y down


class TemplateError(ValueError):
    """A `.tem` file does not hold the 189 points."""


def detail_vertices(*points: int) -> tuple[int, ...]:
    """Return the places of points of the template among the points that vision delivers."""
    return tuple(MESH_POINT_COUNT + DETAIL_POINTS.index(point) for point in points)


def template_points(details: NDArray[np.float64]) -> Marks:
    """Return the (189, 2) points of the template from (73, 2) detail points; NaN where vision finds none."""
    points = np.full((POINT_COUNT, 2), np.nan)
    points[list(DETAIL_POINTS)] = details
    return points


def parse_marks(text: str) -> Marks:
    """Return the (189, 2) points of a `.tem` file: their number, one line each, then lines that join them.

    Raises TemplateError.
    """
    lines = text.split("\n")
    try:
        count = int(lines[0])
    except ValueError as error:
        raise TemplateError("it does not begin with a number of points") from error
    if count != POINT_COUNT:
        raise TemplateError(f"it has {count} points, and the measures are defined on a template of {POINT_COUNT}")
    try:
        points = np.array([[float(number) for number in line.split()[:2]] for line in lines[1 : count + 1]])
    except ValueError as error:
        raise TemplateError("its points are not all pairs of numbers") from error
    if points.shape != (POINT_COUNT, 2) or not np.isfinite(points).all():
        raise TemplateError("its points are not all pairs of numbers")
    return points


@dataclass(frozen=True, slots=True)
class _Side:
    """Indices of the points of one half of the face."""

    outer: int  # corner of the eye
    inner: int
    upper_lid: int
    lower_lid: int
    tail: int  # of the brow
    arch: int  # middle of its upper edge
    head: int  # end of its upper edge
    head_ends: tuple[int, int]  # upper and lower
    wings: tuple[int, int]  # of the nose; compared crosswise, so (first of this side, second of the other)
    cheek: int
    jaw: int
    chin: int


_LEFT = _Side(18, 22, 20, 29, 71, 73, 75, (75, 76), (62, 67), 111, 126, 128)
_RIGHT = _Side(27, 23, 25, 32, 82, 80, 78, (78, 77), (63, 68), 114, 132, 130)


class _LevelFace:
    """Marks with the outer eye corners level and one apart, y up."""

    def __init__(self, marks: Marks) -> None:
        left, right = marks[_LEFT.outer], marks[_RIGHT.outer]
        across = (right - left) / ((right - left) @ (right - left))
        moved = marks - (left + right) / 2
        self._points = np.column_stack([moved @ across, moved @ (across[1], -across[0])])

    def x(self, *indices: int) -> float:
        """Return the mean x of points."""
        return float(self._points[list(indices), 0].mean())

    def y(self, *indices: int) -> float:
        """Return the mean y of points."""
        return float(self._points[list(indices), 1].mean())

    def distance(self, a: int, b: int) -> float:
        """Return the distance of two points."""
        return float(np.hypot(*(self._points[a] - self._points[b])))

    def slope(self, low: Sequence[int], high: Sequence[int]) -> float:
        """Return the angle in degrees by which the mean of `high` lies above that of `low`."""
        return degrees(atan2(self.y(*high) - self.y(*low), abs(self.x(*high) - self.x(*low))))

    def angle(self, a: int, vertex: int, b: int) -> float:
        """Return the angle in degrees at a vertex."""
        u, v = self._points[a] - self._points[vertex], self._points[b] - self._points[vertex]
        return degrees(atan2(abs(float(u[0] * v[1] - u[1] * v[0])), float(u @ v)))

    def sagitta(self, start: int, middle: int, end: int) -> float:
        """Return the distance of a middle point from a chord, in lengths of the chord."""
        chord, offset = self._points[end] - self._points[start], self._points[middle] - self._points[start]
        return abs(float(chord[0] * offset[1] - chord[1] * offset[0])) / float(chord @ chord)


def _sides(function: Callable[[_LevelFace, _Side], float]) -> Callable[[_LevelFace], float]:
    """Return the mean of a function over both sides."""
    return lambda face: (function(face, _LEFT) + function(face, _RIGHT)) / 2


_BROW_HEADS = (75, 76, 77, 78)
_BRIDGE = (50, 56)
_eye = _sides(lambda f, s: f.distance(s.outer, s.inner))


def _inner_eyes(face: _LevelFace) -> float:
    return face.distance(22, 23)


def _mouth(face: _LevelFace) -> float:
    return face.distance(87, 93)


def _cheeks(face: _LevelFace) -> float:
    return face.distance(110, 113)


def _jaw(face: _LevelFace) -> float:
    return face.distance(126, 132)


def _upper_lip(face: _LevelFace) -> float:
    return face.y(90) - face.y(96)


def _lower_lip(face: _LevelFace) -> float:
    return face.y(101) - face.y(106)


def _face_height(face: _LevelFace) -> float:
    return face.y(*_BROW_HEADS) - face.y(129)


def _nose_height(face: _LevelFace) -> float:
    return face.y(*_BRIDGE) - face.y(55)


def _lower_third(face: _LevelFace) -> float:
    return face.y(55) - face.y(129)


_FORMULAS: Mapping[str, Callable[[_LevelFace], float]] = {
    "MW": lambda f: _mouth(f) / _inner_eyes(f),
    "ES": lambda f: _inner_eyes(f) / _eye(f),
    "EO": _sides(lambda f, s: f.distance(s.upper_lid, s.lower_lid) / f.distance(s.outer, s.inner)),
    "ET": _sides(lambda f, s: f.slope([s.inner], [s.outer])),
    "EW": lambda f: _eye(f) / _cheeks(f),
    "NA": lambda f: _sides(lambda g, s: g.distance(*s.wings))(f) / _inner_eyes(f),
    "UL": lambda f: _upper_lip(f) / _lower_lip(f),
    "LF": lambda f: (_upper_lip(f) + _lower_lip(f)) / _mouth(f),
    "PL": lambda f: (f.y(55) - f.y(90)) / _lower_third(f),
    "PW": lambda f: f.distance(89, 91) / _mouth(f),
    "MC": lambda f: degrees(atan2(f.y(87, 93) - f.y(96, 101), _mouth(f) / 2)),
    "BS": _sides(lambda f, s: f.slope(s.head_ends, [s.tail])),
    "BA": _sides(lambda f, s: f.sagitta(s.tail, s.arch, s.head)),
    "BG": lambda f: f.distance(76, 77),
    "BE": lambda f: (f.y(84, 85) - f.y(20, 25)) / _eye(f),
    "BO": lambda f: (f.distance(71, 82) - f.distance(18, 27)) / 2,
    "FL": lambda f: _face_height(f) / _cheeks(f),
    "JW": lambda f: _jaw(f) / _cheeks(f),
    "CW": lambda f: f.distance(128, 130) / _cheeks(f),
    "JA": _sides(lambda f, s: f.angle(s.cheek, s.jaw, s.chin)),
    "CJ": lambda f: _cheeks(f) / _jaw(f),
    "CL": lambda f: (f.y(106) - f.y(129)) / _nose_height(f),
    "NL": lambda f: _nose_height(f) / _face_height(f),
    LOWER_TO_MIDDLE: lambda f: log(_lower_third(f) / (f.y(*_BROW_HEADS) - f.y(55))),
}
MARKED_KEYS = tuple(_FORMULAS)


def measure_marks(marks: Marks) -> dict[str, float]:
    """Return the 24 measures of (189, 2) marks by key, in the units of `measurements`.

    Raises TemplateError if the points are not arranged like a face.
    """
    try:
        with np.errstate(divide="raise", invalid="raise"):
            face = _LevelFace(marks)
            values = {key: formula(face) for key, formula in _FORMULAS.items()}
    except (ValueError, ZeroDivisionError, FloatingPointError) as error:
        raise TemplateError("its points are not arranged like a face") from error
    return values


def comparable_values(values: Mapping[str, float]) -> list[float]:
    """Return the product's measures in the order of MARKED_KEYS; the zones are log shares, so L-M is a difference."""
    return [values["L"] - values["M"] if key == LOWER_TO_MIDDLE else values[key] for key in MARKED_KEYS]


def complete_scores(z: Mapping[str, float], keys: Sequence[str]) -> dict[str, float]:
    """Return standard scores of all `keys` from those of the marks: 0 for a measure that they do not show.

    The lower and the middle zone share the score of their ratio, with opposite signs.
    """
    zones = {"L": z[LOWER_TO_MIDDLE], "M": -z[LOWER_TO_MIDDLE]}
    return {key: z.get(key, zones.get(key, UNMARKED)) for key in keys}


def shows_part(measures: Sequence[str]) -> bool:
    """Return whether the marks show at least one of the measures that decide a part."""
    return bool({*MARKED_KEYS, "L", "M"}.intersection(measures))
