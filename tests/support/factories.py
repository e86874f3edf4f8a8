"""Synthetic faces: deformations of the canonical face, and measures with given standard scores."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.asymmetry import ASYMMETRY_REGIONS
from gwansang.reading.composer import compose
from gwansang.reading.measurement_error import measurement_error
from gwansang.reading.measurements import MeasuredValue, Measures, measure_face
from gwansang.reading.model import CaptureConditions, Reading
from gwansang.reading.norms import default_norms
from gwansang.texts import DEFAULT_LOCALE, Locale
from gwansang.vision.mesh import canonical_face

Points = NDArray[np.float64]

_CENTRES = 40  # points that are displaced
_REACH_CM = 3.0  # of a displacement

IDEAL = CaptureConditions()  # straight, near enough, neutral, without a fringe


def frontal_face(seed: int = 0, strength: float = 1.0, lopsided: float = 0.1) -> Points:
    """Return a plausible (468, 3) face from the front, in the canonical frame; the same seed gives the same face.

    strength: 1 moves features by about 2 mm; lopsided: the share of it that differs between left and right.
    """
    face = canonical_face()
    rng = np.random.default_rng(seed)
    centres = face.vertices[rng.choice(len(face.vertices), _CENTRES, replace=False)]
    distance = np.linalg.norm(face.vertices[:, None, :] - centres[None, :, :], axis=2)
    weights = np.exp(-((distance / _REACH_CM) ** 2))
    moves = weights @ (0.09 * strength * rng.normal(size=(_CENTRES, 3)))
    mirrored = moves[face.mirror] * (-1.0, 1.0, 1.0)
    even, odd = (moves + mirrored) / 2, (moves - mirrored) / 2
    stretch = 1.0 + 0.03 * strength * rng.normal(size=3)
    return (face.vertices + even + lopsided * odd) * stretch


def read_mesh(
    mesh: Points, capture: CaptureConditions, day: date, locale: Locale = DEFAULT_LOCALE, birth_year: int | None = None
) -> Reading:
    """Read a (468, 3) mesh turned to the front."""
    return compose(measure_face(mesh, capture), capture, day, locale, birth_year)


def mirror_mesh(mesh: Points) -> Points:
    """Return the mirrored face, with left and right vertices exchanged."""
    return (mesh * (-1.0, 1.0, 1.0))[canonical_face().mirror]


def project_mesh(mesh: Points, roll_deg: float = 0.0, scale: float = 40.0) -> Points:
    """Return the face as a distant camera sees it: pixels, y down, z away from the camera."""
    angle = np.radians(roll_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = mesh * (scale, -scale, -scale)
    points[:, :2] = points[:, :2] @ turn.T + (500.0, 600.0)
    return points


def measures_at(capture: CaptureConditions = IDEAL, asymmetry: float = 0.008, /, **z: float) -> Measures:
    """Return the measures of a face with these standard scores, e.g. FL=1.2; others are 0."""
    values = {
        key: MeasuredValue(norm.median + z.get(key, 0.0) * norm.sd, measurement_error(key, capture))
        for key, norm in default_norms().measures.items()
    }
    return Measures(values, dict.fromkeys(ASYMMETRY_REGIONS, asymmetry))
