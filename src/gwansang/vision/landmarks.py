"""Landmarks of one face by Face Landmarker v2: 478 points, irises included, and 52 coefficients of its expression."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.vision.colors import color_gains
from gwansang.vision.crop import CropRegion, crop_image
from gwansang.vision.decode import DecodedImage
from gwansang.vision.face import Points
from gwansang.vision.mesh import LANDMARK_COUNT, VERTEX_COUNT, mirrored_landmarks
from gwansang.vision.models.runtime import Networks, Tensor
from gwansang.vision.pose import pose_canonical_face

_SIDE = 256
_REGION_SCALE = 1.5
MAX_LEAN = math.radians(10)  # of a face that the networks see as well as a level one
_MIDDLE_ROWS, _MIDDLE_COLUMNS = slice(96, 176), slice(80, 176)  # of a crop: from the brows to the mouth
_POINTS, _PRESENCE = 0, 1  # outputs of the mesh network; its third one is not the presence
_BLENDSHAPE_POINTS = np.array([
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78,
    80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150,
    152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234,
    246, 249, 251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311,
    312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380,
    381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471,
    472, 473, 474, 475, 476, 477,
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class FaceMesh:
    """points: (478, 3) upright pixels, x right, y down, z in the same scale; presence: probability of a face, 0-1."""

    points: Points
    presence: float

    def mirrored(self, width: int) -> "FaceMesh":
        """Return the face in the mirror image of a picture `width` pixels wide."""
        points = self.points[mirrored_landmarks()] * (-1.0, 1.0, 1.0) + (width - 1.0, 0.0, 0.0)
        return FaceMesh(points, self.presence)


def find_landmarks(networks: Networks, image: DecodedImage, region: CropRegion) -> FaceMesh:
    """Return the mesh of the face in a region, the mean of two looks at it, of which one is mirrored.

    region: square around a detected face, level with its eyes, as `Detection.region` gives it. Both looks are bilinear
    from the decoded pixels and black beyond the border, as MediaPipe Tasks crops, and in the colours of daylight: a
    client that does the same gets the same points.
    """
    tensor = _crop(image, region, balanced=True)
    plain, presence = _run(networks, tensor)
    flipped: Tensor = cv2.flip(tensor[0], 1)[None].astype(np.float32, copy=False)
    mirrored = _run(networks, flipped)[0][mirrored_landmarks()]
    mirrored[:, 0] = 1.0 - 1.0 / _SIDE - mirrored[:, 0]  # pixel j of the crop is pixel 255 - j of the mirrored one
    return FaceMesh(_to_upright((plain + mirrored) / 2, region), presence)


def find_landmarks_once(networks: Networks, image: DecodedImage, region: CropRegion) -> FaceMesh:
    """Return the mesh of the face in a region from one look, for tracking."""
    fractions, presence = _run(networks, _crop(image, region))
    return FaceMesh(_to_upright(fractions, region), presence)


def find_blendshapes(networks: Networks, points: Points) -> NDArray[np.float64]:
    """Return the (52,) coefficients of the expression, 0-1 in MediaPipe's order, of (478, 3) points in pixels.

    A face that leans is turned level first: lying, a relaxed mouth would smile by up to 0.5.
    """
    chosen = points[_BLENDSHAPE_POINTS, :2]
    (x0, y0), (x1, y1) = points[33, :2], points[263, :2]
    turn = level_turn(math.atan2(y1 - y0, x1 - x0))
    if turn:
        cos, sin = math.cos(turn), math.sin(turn)
        middle = chosen.mean(axis=0)
        chosen = (chosen - middle) @ np.array([[cos, -sin], [sin, cos]]) + middle
    tensor: Tensor = chosen.astype(np.float32)[None]
    return networks.blendshapes.run(tensor)[0].reshape(-1).astype(np.float64)


def level_turn(angle: float) -> float:
    """Return the rotation after which a face of this angle counts as level, in radians: by quarters if it leans little.

    So nothing changes for heads held nearly upright, and a photo that lies gives the pixels of the upright one.
    """
    quarters = round(angle / (math.pi / 2)) * math.pi / 2
    return quarters if abs(angle - quarters) < MAX_LEAN else angle


def face_region(points: Points) -> CropRegion:
    """Return the square of a face, level with its eyes: 1.5 times the canonical face in the pose of the points.

    points: (n, 3) mesh in upright pixels, whose first 468 points all count. The usual bounding box depends on the four
    outermost ones: with it, turning a photo by 20 degrees moves the landmarks many times as far.
    """
    posed = pose_canonical_face(points[:VERTEX_COUNT])[:, :2]
    (x0, y0), (x1, y1) = posed[33], posed[263]
    angle = math.atan2(y1 - y0, x1 - x0)
    cos, sin = math.cos(angle), math.sin(angle)
    to_level = np.array([[cos, -sin], [sin, cos]])
    level = posed @ to_level
    low, high = level.min(axis=0), level.max(axis=0)
    x, y = to_level @ ((low + high) / 2)
    side = float((high - low).max()) * _REGION_SCALE
    return CropRegion(float(x), float(y), side, side, angle)


def _crop(image: DecodedImage, region: CropRegion, *, balanced: bool = False) -> Tensor:
    """Return a region as input of the mesh network.

    balanced: with the colours of a face in daylight in its middle, as another white balance moves the points.
    """
    crop = crop_image(image, region, _SIDE, antialias=False, border_mode=cv2.BORDER_CONSTANT)
    if not balanced:
        plain: Tensor = np.divide(crop[None], np.float32(255), dtype=np.float32)
        return plain
    gains = color_gains(crop[_MIDDLE_ROWS, _MIDDLE_COLUMNS]) / 255
    scaled = cv2.multiply(crop, (*gains, 1.0), dtype=cv2.CV_32F)  # type: ignore[call-overload]  # takes a scalar, too
    tensor: Tensor = scaled[None]
    return np.minimum(tensor, np.float32(1), out=tensor)


def _run(networks: Networks, tensor: Tensor) -> tuple[Points, float]:
    """Return (478, 3) fractions of the crop, and the presence."""
    outputs = networks.mesh.run(tensor)
    points = outputs[_POINTS].reshape(LANDMARK_COUNT, 3).astype(np.float64) / _SIDE
    logit = float(outputs[_PRESENCE].reshape(-1)[0])
    return points, 1.0 / (1.0 + math.exp(-min(max(logit, -60.0), 60.0)))


def _to_upright(fractions: Points, region: CropRegion) -> Points:
    matrix = region.matrix()
    return np.column_stack([fractions[:, :2] @ matrix[:, :2].T + matrix[:, 2], fractions[:, 2] * region.width])
