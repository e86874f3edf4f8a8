"""Channels that the cascade samples: an eye-level crop as shares of gradient directions, lightness and redness."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.vision.colors import color_gains
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
_SMOOTHING = cv2.getGaussianKernel(5, 0.8, cv2.CV_32F)
_CELL_GAIN = 140.0
_BAND = 84  # rows handled at a time, few enough for the processor's cache; divides HEIGHT
_FACE_ROWS, _FACE_COLUMNS = slice(140, 300), slice(90, 270)  # of the crop: the middle of the face
_MIDDLE = (slice(70, 150, 2), slice(45, 135, 2))  # cells of the middle of the face


def _lightness_levels() -> NDArray[np.uint8]:
    """Return L* of CIE Lab, 0-255, of the 256 levels of sRGB."""
    level = np.arange(256) / 255
    linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    lightness = np.where(linear > 0.008856, 116 * np.cbrt(linear) - 16, 903.3 * linear)
    return np.round(lightness * 2.55).astype(np.uint8)


_LIGHTNESS = _lightness_levels()


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


def invert_matrix(matrix: Points) -> Points:
    """Return the inverse of a (2, 3) affine."""
    inverse = np.linalg.inv(matrix[:, :2])
    return np.column_stack([inverse, -inverse @ matrix[:, 2]])


def compose_matrices(outer: Points, inner: Points) -> Points:
    """Return the (2, 3) affine that applies `inner` first."""
    return np.column_stack([outer[:, :2] @ inner[:, :2], outer[:, :2] @ inner[:, 2] + outer[:, 2]])


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
    of the face, in the colours of daylight. Light that affects a whole neighbourhood alike cancels out.
    """
    gains = color_gains(crop[_FACE_ROWS, _FACE_COLUMNS])
    light = _float(cv2.sepFilter2D(_lightness(crop, gains), cv2.CV_32F, _SMOOTHING, _SMOOTHING))
    red = _float(cv2.GaussianBlur(_redness(crop, gains), (5, 5), 0.75))
    planes = *_direction_shares(_sum_gradients(light)), _center(_halve(light), 4.4), _center(red, 8.0)
    maps: Maps = cv2.merge([plane.astype(np.uint8) for plane in planes]).astype(np.uint8, copy=False)
    return maps


def _lightness(crop: Pixels, gains: Points) -> Pixels:
    """Return L* (420, 360), 0-255, of red and green: blue is noise in most cameras, and hardly adds to it."""
    luma = cv2.addWeighted(cv2.extractChannel(crop, 0), 0.3 * gains[0], cv2.extractChannel(crop, 1), 0.7, 0.0)
    return cv2.LUT(luma, _LIGHTNESS).astype(np.uint8, copy=False)


def _redness(crop: Pixels, gains: Points) -> Plane:
    """Return a* (210, 180) in steps of 8 bits."""
    small = cv2.resize(crop, (WIDTH // STRIDE, HEIGHT // STRIDE), interpolation=cv2.INTER_AREA)
    balanced = cv2.multiply(small, (*gains, 1.0))  # type: ignore[call-overload]  # takes a scalar, too
    return _float(cv2.extractChannel(cv2.cvtColor(balanced, cv2.COLOR_RGB2LAB), 1))


def _sum_gradients(light: Plane) -> Plane:
    """Return sums over cells (8, 210, 180) of a gradient (p, q), scaled so that p² + q² is its strength.

    The squares of p, p + q, q and q - p where these are positive, then p², pq, q² and the strength.
    """
    framed = _float(cv2.copyMakeBorder(light, 1, 1, 1, 1, cv2.BORDER_REFLECT_101))
    sums = np.empty((DIRECTIONS, HEIGHT // STRIDE, WIDTH // STRIDE), dtype=np.float32)
    work = np.empty((5, _BAND, WIDTH), dtype=np.float32)
    for top in range(0, HEIGHT, _BAND):
        _fill_sums(framed[top : top + _BAND + 2], sums[:, top // STRIDE : (top + _BAND) // STRIDE], work)
    return sums


def _fill_sums(framed: Plane, sums: Plane, work: Plane) -> None:
    """Fill the sums of a band of rows, given with a frame of one pixel.

    work: five bands for what comes between. Each array of its own costs its page faults where malloc gives memory back.
    """
    p, q, total, rest, square = work
    cv2.subtract(framed[1:-1, 2:], framed[1:-1, :-2], dst=p)
    cv2.subtract(framed[2:, 1:-1], framed[:-2, 1:-1], dst=q)
    _halve(_float(cv2.magnitude(p, q, magnitude=square)), sums[7])
    square += np.float32(1e-3)
    work[:2] /= cv2.sqrt(square, dst=square)
    np.add(p, q, out=total)
    np.subtract(q, p, out=rest)
    for index, (one, other) in enumerate(((p, p), (p, q), (q, q)), start=DIRECTIONS // 2):
        _halve(np.multiply(one, other, out=square), sums[index])
    for index, along in enumerate((p, total, q, rest)):
        cv2.threshold(along, 0.0, 0.0, cv2.THRESH_TOZERO, dst=square)
        _halve(np.multiply(square, along, out=square), sums[index])


def _direction_shares(sums: Plane) -> Plane:
    """Turn the sums of cells into shares of eight directions (cos^2) in the gradient around, (8, 210, 180), 0-255."""
    around = cv2.blur(sums[7], (21, 21)) + np.float32(2)
    for plane in sums[:7]:
        cv2.GaussianBlur(plane, (7, 7), 1.0, dst=plane)
    sums[1:4:2] *= np.float32(0.5)  # p + q and q - p are longer than the gradient's parts along them
    half = (sums[4] + sums[6]) * np.float32(0.5)
    np.subtract(half, sums[5], out=sums[7])
    sums[5] += half
    sums[4:] -= sums[:4]  # a gradient is ahead or behind
    sums *= np.float32(_CELL_GAIN**2) / around
    np.clip(sums, 0, 255**2, out=sums)
    return _float(cv2.sqrt(sums, dst=sums))


def _float(plane: NDArray[Any]) -> Plane:
    """Return a plane as float32; OpenCV's stubs know no dtypes. Copies only if it is not float32 yet."""
    return plane.astype(np.float32, copy=False)


def _halve(plane: Plane, into: Plane | None = None) -> Plane:
    size = (plane.shape[1] // STRIDE, plane.shape[0] // STRIDE)
    return _float(cv2.resize(plane, size, dst=into, interpolation=cv2.INTER_AREA))


def _center(plane: Plane, max_gain: float) -> Plane:
    """Return a (210, 180) plane, 0-255, with the median of the middle of the face at 128 and one spread for all."""
    middle = plane[_MIDDLE]
    spread = max(float(np.std(middle)), 1.0)
    centered = (plane - np.median(middle)) * np.float32(min(40.0 / spread, max_gain)) + np.float32(128)
    return np.clip(centered, 0, 255, out=centered)


def sample_channels(maps: Maps, places: Points) -> Plane:
    """Return the channels at (..., 2) crop pixels, bilinear, in units of 64: (..., 10)."""
    height, width, channels = maps.shape
    x = np.clip((places[..., 0] + 0.5) / STRIDE - 0.5, 0, width - 1.001).astype(np.float32)
    y = np.clip((places[..., 1] + 0.5) / STRIDE - 0.5, 0, height - 1.001).astype(np.float32)
    i, j = y.astype(np.intp), x.astype(np.intp)
    fy, fx = _float(y - i)[..., None], _float(x - j)[..., None]
    cells, corner = maps.reshape(-1, channels), i * width + j
    values, right, below, diagonal = (_float(cells.take(corner + step, axis=0)) for step in (0, 1, width, width + 1))
    values += (right - values) * fx
    below += (diagonal - below) * fx
    values += (below - values) * fy
    values /= np.float32(64)
    return values
