"""The measures of a face: one row each, with its overlay and its disturbances.

Vision measures them; the definitions are those of `hand_marks` for the measures that people marked by hand, and of the
mesh for the six that nobody marked (FW FH TP NR CF U). docs/how-a-reading-is-made.md explains them.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from gwansang.reading.covers import hidden_measures, is_seen, unseen_error
from gwansang.reading.errors import UnmeasurableFaceError
from gwansang.reading.hand_marks import detail_vertices
from gwansang.reading.model import CaptureConditions, Overlay
from gwansang.reading.photo_errors import change_errors, norm_sd, origin_error

Unit = Literal["ratio", "deg", "log_ratio"]
MEASURE_VERSION = 2  # incremented when a definition or a correction changes, because norms depend on both


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure: key in the shape rules, public name, unit.

    overlays: points that show it on the photo; sensitive_to: disturbances of its value; source: of its definition.
    """

    key: str
    name: str
    unit: Unit
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
    """All measures of one face by key."""

    values: Mapping[str, MeasuredValue]

    @property
    def unseen(self) -> frozenset[str]:
        """The keys of the measures that were covered on every photo: their values say nothing of the face."""
        return frozenset(key for key, one in self.values.items() if not is_seen(key, one.error))


def _mesh_line(*vertices: int) -> Overlay:
    return Overlay("line", vertices)


def _line(*points: int) -> Overlay:
    return Overlay("line", detail_vertices(*points))


def _poly(*points: int) -> Overlay:
    return Overlay("polyline", detail_vertices(*points))


def _angle(*points: int) -> Overlay:
    return Overlay("angle", detail_vertices(*points))


# Numbers from here on are points of the hand template; those of _mesh_line are vertices of the mesh.
_CHEEKS = _line(110, 113)
_EYES = (_line(18, 22), _line(23, 27))
_INNER_EYES, _OUTER_EYES = _line(22, 23), _line(18, 27)
_MOUTH = _line(87, 93)
_JAW = _line(126, 132)
_LIPS = (_line(90, 96), _line(101, 106))
_NOSE = _poly(50, 55, 56)  # from both sides of the bridge, whose mean counts, to the base
_FACE = (_poly(75, 129, 78), _poly(76, 129, 77))  # from both ends of both brow heads, whose mean counts, to the chin
_MIDDLE_THIRD = (_poly(75, 55, 78), _poly(76, 55, 77))
_MESH_CHEEKS, _MESH_FOREHEAD, _MESH_TOP = _mesh_line(116, 345), _mesh_line(54, 284), _mesh_line(10, 9)
_FARKAS = "Farkas, Anthropometry of the Head and Face"
_OWN = "own definition on the points of the hand template"
_MESH = "own definition on the face mesh"
_ZONES = "三停 of the classical books, as logarithms of their shares"


def _row(key: str, name: str, unit: Unit, overlays: tuple[Overlay, ...], sensitive_to: str, source: str) -> Measure:
    return Measure(key, name, unit, overlays, tuple(sensitive_to.split()), source)


# fmt: off
MEASURE_TABLE: tuple[Measure, ...] = (
    _row("FL", "face_length", "ratio", (*_FACE, _CHEEKS), "distance pitch mouth", _FARKAS),
    _row("JW", "jaw_width", "ratio", (_JAW, _CHEEKS), "distance", _FARKAS),
    _row("FW", "forehead_width", "ratio", (_MESH_FOREHEAD, _MESH_CHEEKS), "distance fringe", _FARKAS),
    _row("CW", "chin_width", "ratio", (_line(128, 130), _CHEEKS), "distance mouth", _OWN),
    _row("JA", "jaw_angle", "deg", (_angle(111, 126, 128), _angle(114, 132, 130)), "pitch distance", _FARKAS),
    _row("FH", "forehead_height", "ratio", (_MESH_TOP, _mesh_line(33, 263)), "fringe pitch", _MESH),
    _row("TP", "forehead_taper", "ratio", (_mesh_line(103, 332), _mesh_line(21, 251)), "fringe distance", _MESH),
    _row("BA", "brow_arch", "ratio", (_poly(71, 73, 75), _poly(82, 80, 78)), "pitch expression make-up", _OWN),
    _row("BS", "brow_slope", "deg", (_poly(75, 71, 76), _poly(78, 82, 77)), "pitch make-up", _OWN),
    _row("BO", "brow_overhang", "ratio", (_line(71, 82), _OUTER_EYES), "yaw make-up", "眉長過目 of the old books"),
    _row("BG", "brow_gap", "ratio", (_line(76, 77), _OUTER_EYES), "expression make-up", _FARKAS),
    _row("EW", "eye_width", "ratio", (*_EYES, _CHEEKS), "distance", _FARKAS),
    _row("EO", "eye_openness", "ratio", (_line(20, 29), _line(25, 32), *_EYES), "blink smile", _FARKAS),
    _row("ET", "eye_tilt", "deg", _EYES, "pitch", _FARKAS),
    _row("ES", "eye_spacing", "ratio", (_INNER_EYES, *_EYES), "yaw", _FARKAS),
    _row("BE", "brow_eye_distance", "ratio", (_line(84, 20), _line(85, 25), *_EYES), "expression pitch", _OWN),
    _row("NL", "nose_length", "ratio", (_NOSE, *_FACE), "pitch mouth", _FARKAS),
    _row("NA", "nose_width", "ratio", (_line(62, 67), _line(63, 68), _INNER_EYES), "smile", _FARKAS),
    _row("NR", "nose_root_height", "ratio", (Overlay("points", (168, 133, 362)),), "depth pitch", _MESH),
    _row("PL", "philtrum_length", "ratio", (_line(55, 90), _line(55, 129)), "smile pitch mouth", _FARKAS),
    _row("PW", "philtrum_width", "ratio", (_line(89, 91), _MOUTH), "smile", _FARKAS),
    _row("MW", "mouth_width", "ratio", (_MOUTH, _INNER_EYES), "smile", _FARKAS),
    _row("MC", "mouth_corner_angle", "deg", (_poly(87, 96, 93), _poly(87, 101, 93)), "smile pitch mouth", _OWN),
    _row("LF", "lip_fullness", "ratio", (*_LIPS, _MOUTH), "smile make-up", _FARKAS),
    _row("UL", "lip_ratio", "ratio", _LIPS, "pitch smile", _FARKAS),
    _row("CJ", "cheek_to_jaw", "ratio", (_CHEEKS, _JAW), "distance", _FARKAS),
    _row("CF", "cheek_to_forehead", "ratio", (_MESH_CHEEKS, _MESH_FOREHEAD), "distance fringe", _FARKAS),
    _row("CL", "chin_length", "ratio", (_line(106, 129), _NOSE), "pitch mouth", _FARKAS),
    _row("U", "upper_zone", "log_ratio", (_MESH_TOP,), "fringe pitch", _ZONES),
    _row("M", "middle_zone", "log_ratio", _MIDDLE_THIRD, "pitch mouth", _ZONES),
    _row("L", "lower_zone", "log_ratio", (_line(55, 129),), "pitch mouth", _ZONES),
)
# fmt: on
MEASURES_BY_KEY: Mapping[str, Measure] = {row.key: row for row in MEASURE_TABLE}
KEYS_BY_NAME: Mapping[str, str] = {row.name: row.key for row in MEASURE_TABLE}


def collect_measures(values: Mapping[str, float], errors: Mapping[str, float], capture: CaptureConditions) -> Measures:
    """Return the measures of a face from the values and errors (one SD) that vision found, by key.

    The errors are those of photos like the ones vision learned from; what the origin of this photo and changes of the
    picture add to them comes on top, and what is covered on it was not seen. Raises UnmeasurableFaceError if a measure
    is absent or unknown, or is no number.
    """
    if set(values) != set(MEASURES_BY_KEY) or set(errors) != set(MEASURES_BY_KEY):
        raise UnmeasurableFaceError("The face has not all of the measures that a reading needs.")
    if not all(math.isfinite(values[key]) and math.isfinite(errors[key]) and errors[key] > 0 for key in values):
        raise UnmeasurableFaceError("The points are not arranged like a face.")
    origin, changed = origin_error(capture), change_errors(capture.warnings)

    def error(key: str) -> float:
        return math.hypot(errors[key], math.hypot(origin, changed.get(key, 0.0)) * norm_sd(key))

    measures = Measures({key: MeasuredValue(float(values[key]), error(key)) for key in MEASURES_BY_KEY})
    return hide_covered(measures, capture.covered)


def hide_covered(measures: Measures, covered: Collection[str]) -> Measures:
    """Return the measures with those that covered regions hide as unseen."""
    hidden = hidden_measures(covered)
    return Measures(
        {
            key: MeasuredValue(one.value, unseen_error(key)) if key in hidden else one
            for key, one in measures.values.items()
        }
    )
