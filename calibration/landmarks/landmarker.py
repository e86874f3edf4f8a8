"""Face Landmarker v2 in LiteRT: 478 points and 52 blendshapes, on the crop that MediaPipe Tasks makes."""

import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.vision.crop import CropRegion, crop_image
from gwansang.vision.decode import DecodedImage, Pixels, image_from_pixels
from gwansang.vision.detector import run_short_range
from gwansang.vision.face import Points
from gwansang.vision.mesh import VERTEX_COUNT, canonical_face
from gwansang.vision.models.catalog import file_digest
from gwansang.vision.models.runtime import Network, Tensor

BUNDLE_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
POINT_COUNT = 478
_MEMBERS = ("face_detector.tflite", "face_landmarks_detector.tflite", "face_blendshapes.tflite")
_SIDE = 256
_POINTS, _PRESENCE = 0, 1  # outputs of the mesh network; its third one is not the presence
_IRIS_MIRROR = (473, 476, 475, 474, 477, 468, 471, 470, 469, 472)
"""Counterparts of 468-477: centre and four rim points of the subject's right eye, then of the left one."""
_BLENDSHAPE_POINTS = np.array([
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78,
    80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150,
    152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234,
    246, 249, 251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311,
    312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380,
    381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471,
    472, 473, 474, 475, 476, 477,
])  # fmt: skip
MIRROR: NDArray[np.intp] = np.concatenate([canonical_face().mirror, _IRIS_MIRROR])
"""(478,) index of each point's counterpart on the other half of the face."""


class NoFaceError(ValueError):
    """The detector or the mesh network finds no face."""


@dataclass(frozen=True, slots=True)
class Landmarks:
    """points: (478, 3) pixels, x right, y down, z in the same scale; blendshapes: (52,) 0-1 in MediaPipe's order."""

    points: Points
    blendshapes: NDArray[np.float32]

    @property
    def face_width_px(self) -> float:
        """Width of the mesh without the irises, in pixels."""
        return float(np.ptp(self.points[:VERTEX_COUNT, 0]))


class Landmarker:
    """The three networks of the bundle; for one thread at a time."""

    def __init__(self, bundle: Path) -> None:
        """Load the networks; raise ValueError if the bundle is not the one that everything was learned with."""
        if file_digest(bundle) != BUNDLE_SHA256:
            raise ValueError(f"{bundle} is not Face Landmarker v2 with the digest {BUNDLE_SHA256[:12]}….")
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(bundle) as archive:
            self._detector, self._mesh, self._blendshapes = (
                Network(Path(archive.extract(member, folder))) for member in _MEMBERS
            )

    def find(self, pixels: Pixels) -> Landmarks:
        """Return the landmarks of the largest face of an RGB picture (h, w, 3); raise NoFaceError.

        Mean of two runs, one of them mirrored, on the square around the detector's box, turned to the eye line.
        """
        image = image_from_pixels(pixels)
        faces = run_short_range(self._detector, image)
        if not faces:
            raise NoFaceError("No face was found.")
        points = self._find_points(image, max(faces, key=lambda face: face.width).region())
        chosen: Tensor = points[_BLENDSHAPE_POINTS, :2].astype(np.float32)[None]
        return Landmarks(points, self._blendshapes.run(chosen)[0].reshape(-1))

    def _find_points(self, image: DecodedImage, region: CropRegion) -> Points:
        """Return (478, 3) pixels; bilinear from full pixels and zero beyond the border, as the Tasks graph does."""
        crop = crop_image(image, region, _SIDE, antialias=False, border_mode=cv2.BORDER_CONSTANT)
        tensor: Tensor = crop[None].astype(np.float32) / np.float32(255)
        fractions, presence = self._run_mesh(tensor)
        mirrored = self._run_mesh(np.ascontiguousarray(tensor[:, :, ::-1]))[0][MIRROR]
        mirrored[:, 0] = 1.0 - mirrored[:, 0]
        if presence < 0.0:
            raise NoFaceError("No face was found.")
        mean, matrix = (fractions + mirrored) / 2, region.matrix()
        return np.column_stack([mean[:, :2] @ matrix[:, :2].T + matrix[:, 2], mean[:, 2] * region.width])

    def _run_mesh(self, tensor: Tensor) -> tuple[Points, float]:
        """Return (478, 3) fractions of the crop and the presence, a logit."""
        outputs = self._mesh.run(tensor)
        points = outputs[_POINTS].reshape(POINT_COUNT, 3).astype(np.float64) / _SIDE
        return points, float(outputs[_PRESENCE].reshape(-1)[0])
