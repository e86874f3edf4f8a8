"""The measures of a face: one row each, with its overlay and its disturbances.

Nearly planar bases (116-345, 33-263, 133-362) keep the camera's distance out of the ratios. Proportions after Farkas'
facial anthropometry on the vertices of the 468-point face mesh; docs/how-a-reading-is-made.md explains them.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gwansang.reading import geometry as g
from gwansang.reading.asymmetry import measure_asymmetry
from gwansang.reading.errors import UnmeasurableFaceError
from gwansang.reading.measurement_error import measurement_error
from gwansang.reading.model import CaptureConditions, Overlay

Unit = Literal["ratio", "deg", "log_ratio"]
VERTEX_COUNT = 468
MEASURE_VERSION = 1  # incremented when a definition or a correction changes, because norms depend on both
_NOSE_TIP = 4
_MIN_DISTANCE = 1e-3  # in heights of the mesh, between vertices that have to be in order


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure: key in the shape rules, public name, unit, and its function of a (468, 3) frontal mesh.

    overlays: vertices that show it on the photo; sensitive_to: disturbances of its value; source: of its definition.
    """

    key: str
    name: str
    unit: Unit
    function: Callable[[g.Mesh], float]
    overlays: tuple[Overlay, ...]
    sensitive_to: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    """A measure's value on one face and its error (one SD), both in the measure's unit."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Measures:
    """All measures of one face by key; asymmetry: by region, in distances of the outer eye corners."""

    values: Mapping[str, MeasuredValue]
    asymmetry: Mapping[str, float]


def _line(*vertices: int) -> Overlay:
    return Overlay("line", vertices)


def _poly(*vertices: int) -> Overlay:
    return Overlay("polyline", vertices)


def _angle(*vertices: int) -> Overlay:
    return Overlay("angle", vertices)


_CHEEKS = _line(116, 345)
_EYES = (_line(33, 133), _line(362, 263))
_RIGHT_BROW = _poly(70, 63, 105, 66, 107)
_LEFT_BROW = _poly(336, 296, 334, 293, 300)
_LIP_HEIGHTS = (_line(0, 13), _line(14, 17))
_FARKAS = "Farkas, Anthropometry of the Head and Face"
_MESH = "own definition on the 468-point mesh"
_ZONES = "三停 of the classical books, as shares of the height from 10 to 152"


def _row(
    key: str,
    name: str,
    unit: Unit,
    function: Callable[[g.Mesh], float],
    overlays: tuple[Overlay, ...],
    sensitive_to: str,
    source: str,
) -> Measure:
    return Measure(key, name, unit, function, overlays, tuple(sensitive_to.split()), source)


def _ratio(a: int, b: int, c: int, d: int) -> Callable[[g.Mesh], float]:
    return lambda mesh: g.width(mesh, a, b) / g.width(mesh, c, d)


def _both(right: Callable[[g.Mesh], float], left: Callable[[g.Mesh], float]) -> Callable[[g.Mesh], float]:
    return lambda mesh: (right(mesh) + left(mesh)) / 2


_JAW_ANGLE = _both(lambda m: g.angle_deg(m, 132, 172, 152), lambda m: g.angle_deg(m, 361, 397, 152))
_ARCH = _both(lambda m: g.arch(m, 70, 105, 107), lambda m: g.arch(m, 300, 334, 336))
_SLOPE = _both(lambda m: g.rise_deg(m, 107, 70), lambda m: g.rise_deg(m, 336, 300))
_TILT = _both(lambda m: g.rise_deg(m, 133, 33), lambda m: g.rise_deg(m, 362, 263))
_OPEN = _both(
    lambda m: g.width(m, 159, 145) / g.width(m, 33, 133), lambda m: g.width(m, 386, 374) / g.width(m, 362, 263)
)
_LID = _both(lambda m: g.height(m, 52, 159), lambda m: g.height(m, 282, 386))

# fmt: off
MEASURE_TABLE: tuple[Measure, ...] = (
    _row("FL", "face_length", "ratio",
         _ratio(9, 152, 116, 345), (_line(9, 152), _CHEEKS), "distance pitch mouth", _FARKAS),
    _row("JW", "jaw_width", "ratio",
         _ratio(172, 397, 116, 345), (_line(172, 397), _CHEEKS), "distance", _FARKAS),
    _row("FW", "forehead_width", "ratio",
         _ratio(54, 284, 116, 345), (_line(54, 284), _CHEEKS), "distance fringe", _FARKAS),
    _row("CW", "chin_width", "ratio",
         _ratio(149, 378, 116, 345), (_line(149, 378), _CHEEKS), "distance mouth", _MESH),
    _row("JA", "jaw_angle", "deg",
         _JAW_ANGLE, (_angle(132, 172, 152), _angle(361, 397, 152)), "pitch distance", _FARKAS),
    _row("FH", "forehead_height", "ratio",
         lambda m: g.height(m, 10, 9) / g.width(m, 33, 263), (_line(10, 9),), "fringe pitch", _MESH),
    _row("TP", "forehead_taper", "ratio",
         _ratio(103, 332, 21, 251), (_line(103, 332), _line(21, 251)), "fringe distance", _MESH),
    _row("BA", "brow_arch", "ratio",
         _ARCH, (_RIGHT_BROW, _LEFT_BROW), "pitch expression make-up", _MESH),
    _row("BS", "brow_slope", "deg",
         _SLOPE, (_line(107, 70), _line(336, 300)), "pitch make-up", _MESH),
    _row("BO", "brow_overhang", "ratio",
         g.brow_overhang, (_line(33, 70), _line(263, 300)), "yaw make-up", "眉長過目 of the classical books"),
    _row("BG", "brow_gap", "ratio",
         _ratio(55, 285, 33, 263), (_line(55, 285),), "expression make-up", _FARKAS),
    _row("EW", "eye_width", "ratio",
         lambda m: g.eye_width(m) / g.width(m, 116, 345), (*_EYES, _CHEEKS), "distance", _FARKAS),
    _row("EO", "eye_openness", "ratio",
         _OPEN, (_line(159, 145), _line(386, 374), *_EYES), "blink smile", _FARKAS),
    _row("ET", "eye_tilt", "deg",
         _TILT, _EYES, "pitch", _FARKAS),
    _row("ES", "eye_spacing", "ratio",
         lambda m: g.width(m, 133, 362) / g.eye_width(m), (_line(133, 362), *_EYES), "yaw", _FARKAS),
    _row("BE", "brow_eye_distance", "ratio",
         lambda m: _LID(m) / g.eye_width(m), (_line(52, 159), _line(282, 386)), "expression pitch", _MESH),
    _row("NL", "nose_length", "ratio",
         lambda m: g.height(m, 168, 2) / g.height(m, 9, 152), (_line(168, 2), _line(9, 152)), "pitch mouth", _FARKAS),
    _row("NA", "nose_width", "ratio",
         _ratio(129, 358, 133, 362), (_line(129, 358), _line(133, 362)), "smile", _FARKAS),
    _row("NR", "nose_root_height", "ratio",
         g.root_depth, (Overlay("points", (168, 133, 362)),), "depth pitch", _MESH),
    _row("PL", "philtrum_length", "ratio",
         lambda m: g.height(m, 2, 0) / g.height(m, 2, 152), (_line(2, 0), _line(2, 152)), "smile pitch mouth", _FARKAS),
    _row("PW", "philtrum_width", "ratio",
         _ratio(37, 267, 61, 291), (_line(37, 267), _line(61, 291)), "smile", _FARKAS),
    _row("MW", "mouth_width", "ratio",
         _ratio(61, 291, 133, 362), (_line(61, 291), _line(133, 362)), "smile", _FARKAS),
    _row("MC", "mouth_corner_angle", "deg",
         g.corner_rise_deg, (_poly(61, 13, 291),), "smile pitch mouth", _MESH),
    _row("LF", "lip_fullness", "ratio",
         lambda m: g.lip_height(m) / g.width(m, 61, 291), (*_LIP_HEIGHTS, _line(61, 291)), "smile make-up", _FARKAS),
    _row("UL", "lip_ratio", "ratio",
         lambda m: g.height(m, 0, 13) / g.height(m, 14, 17), _LIP_HEIGHTS, "pitch smile", _FARKAS),
    _row("CJ", "cheek_to_jaw", "ratio",
         _ratio(116, 345, 172, 397), (_CHEEKS, _line(172, 397)), "distance", _FARKAS),
    _row("CF", "cheek_to_forehead", "ratio",
         _ratio(116, 345, 54, 284), (_CHEEKS, _line(54, 284)), "distance fringe", _FARKAS),
    _row("CL", "chin_length", "ratio",
         lambda m: g.height(m, 17, 152) / g.height(m, 168, 2), (_line(17, 152), _line(168, 2)), "pitch mouth", _FARKAS),
    _row("U", "upper_zone", "log_ratio",
         lambda m: g.zone_share(m, 10, 9), (_line(10, 9),), "fringe pitch", _ZONES),
    _row("M", "middle_zone", "log_ratio",
         lambda m: g.zone_share(m, 9, 2), (_line(9, 2),), "pitch mouth", _ZONES),
    _row("L", "lower_zone", "log_ratio",
         lambda m: g.zone_share(m, 2, 152), (_line(2, 152),), "pitch mouth", _ZONES),
)
# fmt: on
MEASURES_BY_KEY: Mapping[str, Measure] = {row.key: row for row in MEASURE_TABLE}


def measure_face(mesh: NDArray[np.float64], capture: CaptureConditions) -> Measures:
    """Measure a frontal (468, 3) mesh: x to the subject's left, y up, z to the camera; scale and position are free.

    Raises UnmeasurableFaceError if the points are not a face seen upright and from the front.
    """
    normalized = _normalize(mesh)
    points: g.Mesh = normalized.tolist()
    try:
        values = {row.key: row.function(points) for row in MEASURE_TABLE}
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise UnmeasurableFaceError("The points are not arranged like a face.") from error
    if not all(map(math.isfinite, values.values())):
        raise UnmeasurableFaceError("The points are not arranged like a face.")
    measured = {key: MeasuredValue(value, measurement_error(key, capture)) for key, value in values.items()}
    return Measures(measured, measure_asymmetry(normalized))


def _normalize(mesh: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move the nose tip to the origin and scale to height 1; raise UnmeasurableFaceError if it is no frontal face."""
    mesh = np.asarray(mesh, dtype=np.float64)
    if mesh.shape != (VERTEX_COUNT, 3):
        raise UnmeasurableFaceError(f"A face mesh has {VERTEX_COUNT} points of x, y and z.")
    if not np.isfinite(mesh).all():
        raise UnmeasurableFaceError("Some points are not finite numbers.")
    height = float(np.ptp(mesh[:, 1]))
    if not 0 < height < math.inf:
        raise UnmeasurableFaceError("The points have no height.")
    normalized: NDArray[np.float64] = (mesh - mesh[_NOSE_TIP]) / height
    down = normalized[[10, 9, 168, 2, 0, 152], 1]
    across = normalized[[234, 33, 133, 362, 263, 454], 0]
    if (np.diff(down) >= -_MIN_DISTANCE).any() or (np.diff(across) <= _MIN_DISTANCE).any():
        raise UnmeasurableFaceError("The points are not arranged like a face seen upright and from the front.")
    return normalized
