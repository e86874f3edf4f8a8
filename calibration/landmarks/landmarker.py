"""Landmarks of a portrait by the networks of the service, in the pixels of the whole picture."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gwansang.vision.decode import Pixels, image_from_pixels
from gwansang.vision.detector import detect_short_range
from gwansang.vision.face import Points
from gwansang.vision.landmarks import find_blendshapes, find_landmarks
from gwansang.vision.measuring.model import Landmarks
from gwansang.vision.models.runtime import Networks
from gwansang.vision.quality import face_width_px

_MIN_PRESENCE = 0.5


class NoFaceError(ValueError):
    """The detector or the mesh network finds no face."""


class Landmarker:
    """The networks of a model folder; for one thread at a time."""

    def __init__(self, model_dir: Path) -> None:
        """Load the networks; raises ModelsMissingError."""
        self._networks = Networks.load(model_dir)

    def find(self, pixels: Pixels) -> Landmarks:
        """Return the landmarks of the largest face of an RGB picture (h, w, 3); raise NoFaceError."""
        image = image_from_pixels(pixels)
        faces = detect_short_range(self._networks, image)
        if not faces:
            raise NoFaceError("No face was found.")
        mesh = find_landmarks(self._networks, image, max(faces, key=lambda face: face.width).region())
        if mesh.presence < _MIN_PRESENCE:
            raise NoFaceError("No face was found.")
        return Landmarks(mesh.points, self.find_blendshapes(mesh.points), face_width_px(mesh.points))

    def find_blendshapes(self, points: Points) -> NDArray[np.float64]:
        """Return the (52,) blendshapes of (478, 3) points in pixels."""
        return find_blendshapes(self._networks, points)
