"""Synthetic faces: deformations of the canonical face, and measures with given standard scores."""

from collections.abc import Iterator
from datetime import date

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.belief import shipped_validity
from gwansang.reading.calibration import correlation_matrix, default_population
from gwansang.reading.composer import compose
from gwansang.reading.measurements import MEASURES_BY_KEY, Measures, collect_measures
from gwansang.reading.model import CaptureConditions, Reading
from gwansang.reading.norms import default_norms
from gwansang.texts import DEFAULT_LOCALE, Locale
from gwansang.vision.mesh import canonical_face

Points = NDArray[np.float64]

_CENTRES = 40  # points that are displaced
_REACH_CM = 3.0  # of a displacement

IDEAL = CaptureConditions()  # straight, near enough, neutral, without a fringe
USUAL_SIGMA = dict(zip(MEASURES_BY_KEY, shipped_validity().sigma.tolist(), strict=True))
"""Errors of a good photo by measure, in SDs of the norms."""


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


def measures_at(capture: CaptureConditions = IDEAL, errors: float = 1.0, /, **z: float) -> Measures:
    """Return the measures of a face with these standard scores, e.g. FL=1.2; others are 0.

    errors: of the photo, in errors of a good one.
    """
    norms = default_norms().measures
    return collect_measures(
        {key: norm.median + z.get(key, 0.0) * norm.sd for key, norm in norms.items()},
        {key: errors * USUAL_SIGMA[key] * norm.sd for key, norm in norms.items()},
        capture,
    )


def simulate_faces(count: int, seed: int) -> Iterator[dict[str, float]]:
    """Yield standard scores of simulated faces: multivariate normal with the correlations of the shipped population."""
    keys = tuple(MEASURES_BY_KEY)
    draws = np.random.default_rng(seed).multivariate_normal(
        np.zeros(len(keys)), correlation_matrix(keys, default_population()), count, method="eigh"
    )
    for row in draws:
        yield dict(zip(keys, row.tolist(), strict=True))


def face_of(seed: int) -> dict[str, float]:
    """Return the standard scores of one simulated face; the same seed gives the same face."""
    return next(simulate_faces(1, seed))


def read_face(
    seed: int, capture: CaptureConditions, day: date, locale: Locale = DEFAULT_LOCALE, birth_year: int | None = None
) -> Reading:
    """Read a simulated face."""
    return compose(measures_at(capture, **face_of(seed)), capture, day, locale, birth_year)
