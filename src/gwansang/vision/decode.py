"""From bytes to pixels: as few as the face needs, and never turned; points are turned instead."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.vision.errors import CorruptImageError
from gwansang.vision.face import Points
from gwansang.vision.headers import ImageHeader

Pixels = NDArray[np.uint8]

_REDUCED = {
    1: cv2.IMREAD_COLOR_RGB,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
_BACKGROUND = 255  # what shows through a transparent picture

# upright (x, y) -> stored (x, y), both as fractions, by Exif orientation: a, b, c, d, e, f of a 2x3 matrix
_TO_STORED = {
    1: (1, 0, 0, 0, 1, 0),
    2: (-1, 0, 1, 0, 1, 0),
    3: (-1, 0, 1, 0, -1, 1),
    4: (1, 0, 0, 0, -1, 1),
    5: (0, 1, 0, 1, 0, 0),
    6: (0, 1, 0, -1, 0, 1),
    7: (0, -1, 1, -1, 0, 1),
    8: (0, -1, 1, 1, 0, 0),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels as stored (RGB, maybe reduced) with the way from upright full-size coordinates to them.

    to_pixels: (2, 3) affine; upright full-size point (x, y, 1) -> place in `pixels` (array index convention).
    width, height: of the upright picture at full size. reduction: full-size pixels per decoded pixel.
    """

    pixels: Pixels
    to_pixels: Points
    width: int
    height: int
    reduction: int


def decode(header: ImageHeader, reduction: int = 1) -> Picture:
    """Decodes to RGB at 1/reduction (1, 2, 4, 8) of the size; raises CorruptImageError where the data is damaged."""
    if header.kind != "jpeg":
        reduction = 1  # only JPEG gains from it; the others would be decoded whole and shrunk
    flags = cv2.IMREAD_UNCHANGED if header.has_alpha else _REDUCED[reduction] | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        decoded = cv2.imdecode(np.frombuffer(header.essential, np.uint8), flags)
    except cv2.error as error:
        raise CorruptImageError("The image is damaged; send the original file.") from error
    if decoded is None:
        raise CorruptImageError("The image is damaged or not complete; send the original file.")
    pixels = _rgb(decoded, already_rgb=reduction == 1 and not header.has_alpha)
    return Picture(pixels, _to_pixels(header, pixels), header.width, header.height, reduction)


def _rgb(decoded: NDArray[np.integer | np.floating], *, already_rgb: bool) -> Pixels:
    image: Pixels = (decoded // 256 if decoded.dtype == np.uint16 else decoded).astype(np.uint8, copy=False)
    if already_rgb:
        return image
    if image.ndim == 2:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2RGB).astype(np.uint8, copy=False)
    if image.shape[2] == 4:
        return _over_background(image)
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def _over_background(bgra: Pixels) -> Pixels:
    """A row band at a time, so that the blend needs no second picture in floating point."""
    rgb = np.empty((*bgra.shape[:2], 3), np.uint8)
    for top in range(0, bgra.shape[0], 256):
        band = bgra[top : top + 256].astype(np.uint16)
        alpha = band[..., 3:]
        rgb[top : top + 256] = ((band[..., 2::-1] * alpha + _BACKGROUND * (255 - alpha) + 127) // 255).astype(np.uint8)
    return rgb


def _to_pixels(header: ImageHeader, pixels: Pixels) -> Points:
    a, b, c, d, e, f = _TO_STORED[header.camera.orientation]
    height, width = pixels.shape[:2]
    fractions = np.array([[a, b, c], [d, e, f]], dtype=np.float64)
    # a pixel's centre lies half a pixel from its corner, at full size and reduced alike
    from_upright = np.array([[1 / header.width, 0, 0.5 / header.width], [0, 1 / header.height, 0.5 / header.height]])
    matrix: Points = fractions @ np.vstack([from_upright, (0.0, 0.0, 1.0)])
    matrix *= np.array([[width], [height]])
    matrix[:, 2] -= 0.5
    return matrix


def reduction_for(header: ImageHeader, min_long_side: int) -> int:
    """The largest reduction that leaves the long side at least `min_long_side` pixels."""
    long_side = max(header.stored_width, header.stored_height)
    return next((r for r in (8, 4, 2) if long_side / r >= min_long_side), 1)
