"""Light and sharpness of a face, from the pixels at its mesh points."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.ma  # np.percentile imports it at its first call, and the first calls of two threads recurred without end
from numpy.typing import NDArray

from gwansang.vision.decode import Pixels
from gwansang.vision.face import Points
from gwansang.vision.measuring.channels import HEIGHT, WIDTH, apply_matrix, crop_matrix
from gwansang.vision.mesh import VERTEX_COUNT, canonical_face


@dataclass(frozen=True, slots=True)
class ImageStatistics:
    """Statistics of the pixels at the mesh points of a face.

    brightness: mean luma, 0-1; highlight: its 95th percentile; clipped: share of points above 250 of 255;
    asymmetry: |left - right| / mean; sharpness: variance of the Laplacian over the variance of the luma, times 1000.
    """

    brightness: float
    highlight: float
    clipped: float
    asymmetry: float
    sharpness: float


def halve_crop(crop: Pixels) -> Pixels:
    """Return the eye-level crop of a face at half its size, (210, 180, 3)."""
    return cv2.resize(crop, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def measure_image_statistics(crop: Pixels, landmarks: Points) -> ImageStatistics:
    """Measure light and sharpness in the halved crop of a face, at the vertices of its (478, 3) landmarks."""
    gray = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    positions = apply_matrix(crop_matrix(landmarks), landmarks[:VERTEX_COUNT, :2]) / 2 - 0.25
    x, y = np.clip(positions.round().astype(int), 0, (WIDTH // 2 - 1, HEIGHT // 2 - 1)).T
    luma = gray[y, x].astype(np.float64)
    face = canonical_face()
    is_left = face.vertices[:, 0] > 0.5
    left, right = luma[is_left].mean(), luma[face.mirror[is_left]].mean()
    return ImageStatistics(
        brightness=float(luma.mean() / 255),
        highlight=float(np.percentile(luma, 95) / 255),
        clipped=float((luma > 250).mean()),
        asymmetry=float(abs(left - right) / max(left + right, 1.0) * 2),
        sharpness=1000.0 * _variance(cv2.Laplacian(gray, cv2.CV_16S)) / max(_variance(gray), 1.0),
    )


def _variance(plane: NDArray[Any]) -> float:
    return float(cv2.meanStdDev(plane)[1][0, 0]) ** 2
