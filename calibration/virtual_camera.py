"""Virtual camera: renders a portrait from nearer, or from above or below, by warping it with its own mesh."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.vision.decode import Pixels
from gwansang.vision.face import Points

_GRID = 72  # points per side at which the displacement is evaluated, before interpolation to pixels
_STIFFNESS = 0.1


def retake(image: Pixels, points: Points, *, distance_cm: float | None, pitch_deg: float, cm_per_px: float) -> Pixels:
    """Return the image (h, w, 3) with its face, (468, 3) `points` in pixels, at another distance and pitch.

    The original is assumed to be taken from far away; `distance_cm` (to the centre of the face) adds perspective.
    """
    centre = points.mean(axis=0)
    rotated = (points - centre) @ _pitch_rotation(pitch_deg).T
    if distance_cm is not None:
        rotated = rotated * (distance_cm / (distance_cm + rotated[:, 2:] * cm_per_px))
    return _warp(image, points[:, :2], rotated[:, :2] + centre[:2])


def _pitch_rotation(pitch_deg: float) -> Points:
    angle = np.radians(pitch_deg)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, cos, sin], [0, -sin, cos]])


def _warp(image: Pixels, source: Points, target: Points) -> Pixels:
    """Move `source` to `target`, interpolating between them with radial basis |r|; the border stays fixed."""
    height, width = image.shape[:2]
    frame = np.array([(x, y) for x in np.linspace(0, width, 7) for y in np.linspace(0, height, 7)])
    frame = frame[(frame[:, 0] % width == 0) | (frame[:, 1] % height == 0)]
    knots = np.vstack([target, frame])
    shifts = np.vstack([source - target, np.zeros_like(frame)])
    weights = np.linalg.solve(-_distances(knots, knots) - _STIFFNESS * np.eye(len(knots)), shifts)
    ticks = (np.arange(_GRID) + 0.5) / _GRID
    grid = np.stack(np.meshgrid(ticks * width, ticks * height), axis=-1).reshape(-1, 2)
    field = (-_distances(grid, knots) @ weights).reshape(_GRID, _GRID, 2).astype(np.float32)
    dense = cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    moved = cv2.remap(
        image, columns + dense[..., 0], rows + dense[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return moved.astype(np.uint8, copy=False)


def _distances(one: Points, other: Points) -> NDArray[np.float64]:
    distances: NDArray[np.float64] = np.linalg.norm(one[:, None] - other[None], axis=2)
    return distances
