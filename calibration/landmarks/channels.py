"""Channels that the cascade samples: an eye-level crop as shares of gradient directions, lightness and redness."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.vision.decode import Pixels
from gwansang.vision.face import Points

Plane = NDArray[np.float32]
Maps = NDArray[np.uint8]  # (210, 180, 10)

WIDTH, HEIGHT = 360, 420  # of the crop
EYE_SPAN = 150.0  # crop pixels between the outer corners of the eyes
STRIDE = 2  # crop pixels per cell of the maps
_EYES = (33, 263)  # outer corners; the subject's right one is on the left of the photo
_EYE_ROW = 172.0  # crop row of the middle of the eyes
DIRECTIONS = 8  # of a gradient, over the whole circle
CHANNELS = DIRECTIONS + 2
MIRRORED_CHANNELS = np.array([(DIRECTIONS // 2 - b) % DIRECTIONS for b in range(DIRECTIONS)] + [8, 9])
"""Channel of the mirrored picture that shows what each channel shows in the picture."""
_CELL_GAIN = 140.0
_BAND = 84  # rows handled at a time, few enough for the processor's cache; divides HEIGHT
_MIDDLE = (slice(70, 150, 2), slice(45, 135, 2))  # cells of the middle of the face


def crop_matrix(points: Points) -> Points:
    """Return the (2, 3) similarity from photo pixels to crop pixels for a (478, 3) mesh."""
    (ax, ay), (bx, by) = points[_EYES[0], :2], points[_EYES[1], :2]
    span = np.hypot(bx - ax, by - ay)
    cos, sin = (bx - ax) / span * EYE_SPAN / span, (by - ay) / span * EYE_SPAN / span
    turn = np.array([[cos, sin], [-sin, cos]])
    middle = np.array([ax + bx, ay + by]) / 2
    return np.column_stack([turn, np.array([WIDTH / 2 - 0.5, _EYE_ROW]) - turn @ middle])


def apply_matrix(matrix: Points, points: Points) -> Points:
    """Return (..., 2) points under a (2, 3) affine."""
    moved: Points = points @ matrix[:, :2].T + matrix[:, 2]
    return moved


def crop_face(image: Pixels, matrix: Points) -> Pixels:
    """Return the (420, 360, 3) RGB crop, averaged over areas first if the photo has more than twice the pixels."""
    factor = max(int(0.75 / float(np.hypot(*matrix[:, 0]))), 1)
    if factor > 1:
        image, matrix = _shrink(image, matrix, factor)
    crop = cv2.warpAffine(image, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return crop.astype(np.uint8, copy=False)


def _shrink(image: Pixels, matrix: Points, factor: int) -> tuple[Pixels, Points]:
    """Return the part of the photo that the crop shows, shrunk by a whole factor, and its matrix."""
    corners = np.array([[0, 0], [WIDTH, 0], [0, HEIGHT], [WIDTH, HEIGHT]]) - matrix[:, 2]
    visible = corners @ np.linalg.inv(matrix[:, :2]).T
    x0, y0 = np.maximum(np.floor(visible.min(axis=0)).astype(int) - 2 * factor, 0)
    x1, y1 = np.ceil(visible.max(axis=0)).astype(int) + 2 * factor
    part = image[y0:y1, x0:x1]
    height, width = part.shape[0] // factor, part.shape[1] // factor
    small = cv2.resize(part[: height * factor, : width * factor], (width, height), interpolation=cv2.INTER_AREA)
    moved = matrix.copy()
    moved[:, :2] *= factor
    moved[:, 2] += matrix[:, :2] @ (np.array([x0, y0]) + (factor - 1) / 2)
    return small.astype(np.uint8, copy=False), moved


def make_channels(crop: Pixels) -> Maps:
    """Return the (210, 180, 10) maps, 0-255, of a crop.

    Eight directions of the gradient of lightness, as shares of the gradient around; lightness and a* against the middle
    of the face. Light that affects a whole neighbourhood alike cancels out.
    """
    lab = cv2.cvtColor(crop, cv2.COLOR_RGB2LAB)
    light = _float(cv2.GaussianBlur(_float(cv2.extractChannel(lab, 0)), (5, 5), 0.8))
    cells, around = _gradient_cells(light)
    maps = np.empty((*cells.shape[:2], CHANNELS), dtype=np.float32)
    maps[..., :DIRECTIONS] = cv2.sqrt(cells * (np.float32(_CELL_GAIN**2) / around)[..., None])
    maps[..., DIRECTIONS] = _center(_halve(light), 4.4)
    red = _halve(_float(cv2.extractChannel(lab, 1)))
    maps[..., DIRECTIONS + 1] = _center(_float(cv2.GaussianBlur(red, (5, 5), 0.75)), 8.0)
    return np.clip(maps, 0, 255).astype(np.uint8)


def _gradient_cells(light: Plane) -> tuple[Plane, Plane]:
    """Return gradients spread over directions (cos^2) and cells, (h, w, 8), and the mean gradient around, (h, w)."""
    dx = _float(cv2.Sobel(light, cv2.CV_32F, 1, 0, ksize=1))
    dy = _float(cv2.Sobel(light, cv2.CV_32F, 0, 1, ksize=1))
    strength = _float(cv2.magnitude(dx, dy))
    cells = np.empty((HEIGHT // STRIDE, WIDTH // STRIDE, DIRECTIONS), dtype=np.float32)
    for top in range(0, HEIGHT, _BAND):
        rows = slice(top, top + _BAND)
        _fill_cells(dx[rows], dy[rows], strength[rows], cells[top // STRIDE : (top + _BAND) // STRIDE])
    blurred = cv2.GaussianBlur(cells, (7, 7), 1.0)
    return np.maximum(blurred, np.float32(0)), cv2.blur(_halve(strength), (21, 21)) + np.float32(2)


def _fill_cells(dx: Plane, dy: Plane, strength: Plane, cells: Plane) -> None:
    """Fill the cells of a band of rows; opposite directions share their sums."""
    part = np.float32(1) / (strength + np.float32(1e-3))
    slant = np.float32(np.sqrt(0.5))
    for direction, along in enumerate((dx, (dx + dy) * slant, dy, (dy - dx) * slant)):
        share = np.abs(along)
        share *= along
        share *= part
        whole = _halve(share)
        ahead = _halve(np.maximum(share, np.float32(0), out=share))
        cells[..., direction] = ahead
        cells[..., direction + DIRECTIONS // 2] = ahead - whole


def _float(plane: NDArray[Any]) -> Plane:
    """Return a plane as float32; OpenCV's stubs know no dtypes. Copies only if it is not float32 yet."""
    return plane.astype(np.float32, copy=False)


def _halve(plane: Plane) -> Plane:
    size = (plane.shape[1] // STRIDE, plane.shape[0] // STRIDE)
    return _float(cv2.resize(plane, size, interpolation=cv2.INTER_AREA))


def _center(plane: Plane, max_gain: float) -> Plane:
    """Return a (210, 180) plane with the median of the middle of the face at 128 and one spread for all photos."""
    middle = plane[_MIDDLE]
    spread = max(float(np.std(middle)), 1.0)
    return (plane - np.median(middle)) * np.float32(min(40.0 / spread, max_gain)) + np.float32(128)


def sample_channels(maps: Maps, places: Points) -> Plane:
    """Return the channels at (..., 2) crop pixels, bilinear, in units of 64: (..., 10)."""
    x = np.clip((places[..., 0] + 0.5) / STRIDE - 0.5, 0, maps.shape[1] - 1.001).astype(np.float32)
    y = np.clip((places[..., 1] + 0.5) / STRIDE - 0.5, 0, maps.shape[0] - 1.001).astype(np.float32)
    i, j = y.astype(np.intp), x.astype(np.intp)
    fy, fx = (y - i)[..., None], (x - j)[..., None]
    top = maps[i, j] * (1 - fx) + maps[i, j + 1] * fx
    low = maps[i + 1, j] * (1 - fx) + maps[i + 1, j + 1] * fx
    values: Plane = (top * (1 - fy) + low * fy).astype(np.float32) / np.float32(64)
    return values
