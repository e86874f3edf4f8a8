"""Virtual camera: renders a portrait from nearer, or from above or below, by warping it with its own mesh."""

import numpy as np

from gwansang.vision.decode import Pixels
from gwansang.vision.face import Points
from gwansang.vision.warp import PictureWarp


def retake(image: Pixels, points: Points, *, distance_cm: float | None, pitch_deg: float, cm_per_px: float) -> Pixels:
    """Return the image (h, w, 3) with its face, (468, 3) `points` in pixels, at another distance and pitch.

    The original is assumed to be taken from far away; `distance_cm` (to the centre of the face) adds perspective.
    """
    centre = points.mean(axis=0)
    rotated = (points - centre) @ _pitch_rotation(pitch_deg).T
    if distance_cm is not None:
        rotated = rotated * (distance_cm / (distance_cm + rotated[:, 2:] * cm_per_px))
    height, width = image.shape[:2]
    return PictureWarp(width, height, points[:, :2], rotated[:, :2] + centre[:2]).move_picture(image)


def _pitch_rotation(pitch_deg: float) -> Points:
    angle = np.radians(pitch_deg)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, cos, sin], [0, -sin, cos]])
