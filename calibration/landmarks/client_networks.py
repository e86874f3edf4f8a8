"""Networks of clients: Face Landmarker v2 as other programs run it, and the older mesh of 468 points.

The older networks are no part of the service; they lie in a folder of the operator's, as `face_landmark.tflite` and
`face_detection_short_range.tflite` of the package mediapipe.
"""

from pathlib import Path

import cv2
import numpy as np

from calibration.landmarks.landmarker import NoFaceError
from gwansang.vision.crop import CropRegion, crop_image
from gwansang.vision.decode import DecodedImage, Pixels, image_from_pixels
from gwansang.vision.detector import run_short_range
from gwansang.vision.face import Points
from gwansang.vision.mesh import LANDMARK_COUNT, VERTEX_COUNT, canonical_face
from gwansang.vision.models.catalog import FACE_LANDMARKER
from gwansang.vision.models.runtime import Network, Tensor, load_bundle
from gwansang.vision.pose import pose_canonical_face

ONE_LOOK_PRODUCERS = ("tasks", "tracked", "averaged")
"""Of 478 points: one look on the detector's crop; a second one on the first one's points; one on an averaged crop."""
OLDER_PRODUCERS = ("still", "second", "product")
"""Of 468 points: one look on the detector's crop; a second one on the first one's points; the four looks that this
product took before it had Face Landmarker v2."""
_OLDER_FILES = ("face_detection_short_range.tflite", "face_landmark.tflite")
_SIDE, _OLDER_SIDE = 256, 192
_RIGHT_EYE, _LEFT_EYE = 33, 263
_VIEWS = ((0.02, 0.012, 1.03, 0.035), (-0.02, 0.012, 1.03, -0.035))
"""Shift across and down, scale and turn of the product's last two looks, the second of them mirrored."""
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_HIGHLIGHT, _MIN_HIGHLIGHT = 0.8, 12.0
_HIGHLIGHT_RANK = round(0.95 * (_OLDER_SIDE // 4) ** 2)


def tracked_region(points: Points) -> CropRegion:
    """Return the square that MediaPipe's tracking cuts around the points of the look before."""
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    return _square((low + high) / 2, 1.5 * float((high - low).max()), points)


def _square(centre: Points, side: float, points: Points) -> CropRegion:
    (x0, y0), (x1, y1) = points[_RIGHT_EYE, :2], points[_LEFT_EYE, :2]
    return CropRegion(float(centre[0]), float(centre[1]), side, side, float(np.arctan2(y1 - y0, x1 - x0)))


def _posed_region(points: Points) -> CropRegion:
    """Return the square of the product's looks: 1.5 times the canonical face in the pose of the points."""
    posed = pose_canonical_face(points)[:, :2]
    turn = _square(posed.mean(axis=0), 1.0, posed).angle
    to_level = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    level = posed @ to_level
    low, high = level.min(axis=0), level.max(axis=0)
    return _square(to_level @ ((low + high) / 2), 1.5 * float((high - low).max()), posed)


class _Client:
    """A detector and a mesh network; for one thread at a time."""

    def __init__(self, detector: Network, mesh: Network) -> None:
        self._detector, self._mesh = detector, mesh

    def _detect(self, image: DecodedImage) -> CropRegion:
        faces = run_short_range(self._detector, image)
        if not faces:
            raise NoFaceError("No face was found.")
        return max(faces, key=lambda face: face.width).region()

    def _run(self, tensor: Tensor, count: int) -> Points:
        """Return (count, 3) fractions of the crop."""
        side = tensor.shape[1]
        output = next(output for output in self._mesh.run(tensor) if output.size == 3 * count)
        points: Points = output.reshape(count, 3).astype(np.float64) / side
        return points


class TasksClient(_Client):
    """Looks that programs with MediaPipe Tasks make: none of them mirrored."""

    def __init__(self, model_dir: Path) -> None:
        """Load the networks of Face Landmarker v2 from a folder of models."""
        detector, mesh, _ = load_bundle(model_dir / FACE_LANDMARKER.file)
        super().__init__(detector, mesh)

    def look(self, pixels: Pixels) -> dict[str, Points]:
        """Return the (478, 3) points of each of ONE_LOOK_PRODUCERS; raise NoFaceError."""
        image = image_from_pixels(pixels)
        region = self._detect(image)
        first = self._look_at(image, region)
        second = self._look_at(image, tracked_region(first))
        return {"tasks": first, "tracked": second, "averaged": self._look_at(image, region, averaged=True)}

    def _look_at(self, image: DecodedImage, region: CropRegion, *, averaged: bool = False) -> Points:
        crop = crop_image(image, region, _SIDE, antialias=averaged, border_mode=cv2.BORDER_CONSTANT)
        return _to_photo(self._run(crop[None].astype(np.float32) / np.float32(255), LANDMARK_COUNT), region)


class OlderMeshClient(_Client):
    """Looks with the mesh of 468 points."""

    def __init__(self, folder: Path) -> None:
        """Load the networks of a folder."""
        super().__init__(*(Network(folder / file) for file in _OLDER_FILES))

    def look(self, pixels: Pixels) -> dict[str, Points]:
        """Return the (468, 3) points of each of OLDER_PRODUCERS; raise NoFaceError."""
        image = image_from_pixels(pixels)
        first = self._look_at(image, self._detect(image))
        second = self._look_at(image, tracked_region(first))
        return {"still": first, "second": second, "product": self._look_four_times(image, first)}

    def _look_at(self, image: DecodedImage, region: CropRegion) -> Points:
        crop = crop_image(image, region, _OLDER_SIDE, antialias=False)
        return _to_photo(self._run(crop[None].astype(np.float32) / np.float32(255), VERTEX_COUNT), region)

    def _look_four_times(self, image: DecodedImage, first: Points) -> Points:
        """Return the mean of two shifted looks, one of them mirrored, around the square of the second one."""
        square = _posed_region(self._look_normalized(image, _posed_region(first)))
        plain, mirrored = (square.shifted(*view) for view in _VIEWS)
        looks = self._look_normalized(image, plain), self._look_normalized(image, mirrored, mirrored=True)
        mean: Points = np.mean(looks, axis=0)
        return mean

    def _look_normalized(self, image: DecodedImage, region: CropRegion, *, mirrored: bool = False) -> Points:
        """Return the points of an averaged crop of one brightness."""
        crop = crop_image(image, region, _OLDER_SIDE, antialias=True)
        quarter = _OLDER_SIDE // 4
        luma = (crop[quarter:-quarter:2, quarter:-quarter:2] @ _LUMA).reshape(-1)
        highlight = float(np.partition(luma, _HIGHLIGHT_RANK)[_HIGHLIGHT_RANK])
        gain = np.float32(_HIGHLIGHT / max(highlight, _MIN_HIGHLIGHT))
        tensor = np.minimum(crop[None].astype(np.float32) * gain, np.float32(1))
        if not mirrored:
            return _to_photo(self._run(tensor, VERTEX_COUNT), region)
        points = self._run(np.ascontiguousarray(tensor[:, :, ::-1]), VERTEX_COUNT)[canonical_face().mirror]
        points[:, 0] = 1.0 - points[:, 0]
        return _to_photo(points, region)


def _to_photo(fractions: Points, region: CropRegion) -> Points:
    matrix = region.matrix()
    return np.column_stack([fractions[:, :2] @ matrix[:, :2].T + matrix[:, 2], fractions[:, 2] * region.width])
