"""Measures of a frontal mesh by its own vertices: counterparts of the hand-marked measures, and those without one."""

import numpy as np

from gwansang.vision.errors import DegenerateLandmarksError
from gwansang.vision.face import Points
from gwansang.vision.measuring.template import KEYS

_LEAST_CM = 0.05  # between points that have to be in order
EXTRA_KEYS = ("FW", "FH", "TP", "NR", "CF", "U")
"""Measures that nobody marked by hand; truth figures do not cover them, the ICC does."""


def _check_order(f: "_FrontalMesh") -> None:
    """Raise DegenerateLandmarksError unless the zones of the face follow each other and its corners lie apart."""
    heights = [f.height(10, 9), f.height(9, 2), f.height(2, 152), f.height(168, 2), f.height(9, 152)]
    widths = [f.width(*ends) for ends in ((33, 133), (362, 263), (133, 362), (61, 291), (116, 345), (172, 397))]
    with np.errstate(invalid="ignore"):
        is_face = all((np.asarray(one) > _LEAST_CM).all() for one in (*heights, *widths))
    if not is_face:
        raise DegenerateLandmarksError("The landmarks don't form a face; send the points of a whole face.")


class _FrontalMesh:
    """Distances and angles of (..., 468, 3) vertices; y up."""

    def __init__(self, mesh: Points) -> None:
        self.mesh = mesh
        self.x, self.y = mesh[..., 0], mesh[..., 1]

    def width(self, a: int, b: int) -> Points:
        """Return the distance of two vertices in the plane of the face."""
        return np.asarray(np.hypot(self.x[..., a] - self.x[..., b], self.y[..., a] - self.y[..., b]))

    def height(self, above: int, below: int) -> Points:
        """Return the height of one vertex over another."""
        return np.asarray(self.y[..., above] - self.y[..., below])

    def slope(self, inner: int, outer: int) -> Points:
        """Return the angle in degrees by which an outer vertex lies above an inner one."""
        across = np.abs(self.x[..., outer] - self.x[..., inner])
        return np.asarray(np.degrees(np.arctan2(self.height(outer, inner), across)))

    def angle(self, a: int, vertex: int, b: int) -> Points:
        """Return the angle in degrees at a vertex."""
        u, v = (self.mesh[..., end, :2] - self.mesh[..., vertex, :2] for end in (a, b))
        cross = u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]
        return np.asarray(np.degrees(np.abs(np.arctan2(cross, (u * v).sum(axis=-1)))))

    def sagitta(self, start: int, middle: int, end: int) -> Points:
        """Return the distance of a middle vertex from a chord, in lengths of the chord."""
        chord, offset = (self.mesh[..., one, :2] - self.mesh[..., start, :2] for one in (end, middle))
        cross = chord[..., 0] * offset[..., 1] - chord[..., 1] * offset[..., 0]
        return np.asarray(np.abs(cross) / (chord**2).sum(axis=-1))


def measure_mesh(mesh: Points) -> Points:
    """Return the 24 measures of (..., 468, 3) frontal meshes, with the vertices nearest in meaning: (..., 24).

    Raises DegenerateLandmarksError if the vertices are not arranged like a face.
    """
    f = _FrontalMesh(mesh)
    _check_order(f)
    w, h, y = f.width, f.height, f.y
    eye, inner, mouth, cheek = (w(33, 133) + w(263, 362)) / 2, w(133, 362), w(61, 291), w(116, 345)
    lips = h(0, 13) + h(14, 17)
    corners = (y[..., 61] + y[..., 291] - y[..., 13] - y[..., 14]) / 2
    overhang = (f.x[..., 300] - f.x[..., 70] - f.x[..., 263] + f.x[..., 33]) / 2
    values = {
        "MW": mouth / inner, "ES": inner / eye, "EO": (w(159, 145) / w(33, 133) + w(386, 374) / w(362, 263)) / 2,
        "ET": (f.slope(133, 33) + f.slope(362, 263)) / 2, "EW": eye / cheek, "NA": w(129, 358) / inner,
        "UL": h(0, 13) / np.maximum(h(14, 17), 0.1), "LF": lips / mouth, "PL": h(2, 0) / h(2, 152),
        "PW": w(37, 267) / mouth, "MC": np.degrees(np.arctan2(corners, mouth / 2)),
        "BS": (f.slope(107, 70) + f.slope(336, 300)) / 2,
        "BA": (f.sagitta(70, 105, 107) + f.sagitta(300, 334, 336)) / 2, "BG": w(55, 285) / w(33, 263),
        "BE": (h(52, 159) + h(282, 386)) / 2 / eye, "BO": overhang / w(33, 263),
        "FL": w(9, 152) / cheek, "JW": w(172, 397) / cheek, "CW": w(149, 378) / cheek,
        "JA": (f.angle(132, 172, 152) + f.angle(361, 397, 152)) / 2, "CJ": cheek / w(172, 397),
        "CL": h(17, 152) / h(168, 2), "NL": h(168, 2) / h(9, 152), "L-M": np.log(h(2, 152) / h(9, 2)),
    }  # fmt: skip
    return np.stack([values[key] for key in KEYS], axis=-1)


def measure_extras(mesh: Points) -> Points:
    """Return the measures without hand marks of (..., 468, 3) frontal meshes, in the order of EXTRA_KEYS: (..., 6).

    Raises DegenerateLandmarksError if the vertices are not arranged like a face.
    """
    f = _FrontalMesh(mesh)
    _check_order(f)
    w, top = f.width, f.height(10, 9)
    cheek, forehead = w(116, 345), w(54, 284)
    depth = (mesh[..., 168, 2] - (mesh[..., 133, 2] + mesh[..., 362, 2]) / 2) / w(133, 362)
    values = (forehead / cheek, top / w(33, 263), w(103, 332) / w(21, 251), depth, cheek / forehead,
              np.log(top / f.height(10, 152)))  # fmt: skip
    return np.stack(values, axis=-1)
