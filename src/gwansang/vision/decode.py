"""From bytes to pixels: as few as the face needs, and never turned; points are turned instead."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.vision.errors import CorruptImageError
from gwansang.vision.face import Points
from gwansang.vision.gates.headers import ImageHeader

Pixels = NDArray[np.uint8]

_REDUCED = {
    1: cv2.IMREAD_COLOR_RGB,
    2: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_2,  # the RGB flag takes the place of the colour bit
    4: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_8,
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
_FIRST_LYING = 5  # from this orientation on, the width as stored is the upright height


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """Pixels as stored (RGB, maybe reduced) with the way from upright full-size coordinates to them.

    to_pixels: (2, 3) affine; upright full-size point (x, y, 1) -> place in `pixels` (array index convention).
    width, height: of the upright picture at full size. reduction: full-size pixels per decoded pixel.
    """

    pixels: Pixels
    to_pixels: Points
    width: int
    height: int
    reduction: int


def decode_image(header: ImageHeader, reduction: int = 1) -> DecodedImage:
    """Decodes to RGB at 1/reduction (1, 2, 4, 8) of the size; raises CorruptImageError where the data is damaged."""
    if header.kind != "jpeg":
        reduction = 1  # only JPEG gains from it; the others would be decoded whole and shrunk
    if header.has_alpha:
        pixels = _over_background(_decoded(header.stripped, cv2.IMREAD_UNCHANGED))
    else:
        pixels = _decoded(header.stripped, _REDUCED[reduction] | cv2.IMREAD_IGNORE_ORIENTATION)
    if header.kind == "jpeg" and _maybe_filled(pixels) and not _is_whole(header.stripped):
        raise CorruptImageError("The image is not complete; send the original file.")
    stored = (header.stored_width, header.stored_height)
    matrix = _to_pixels((header.width, header.height), stored, header.camera.orientation, reduction)
    return DecodedImage(pixels, matrix, header.width, header.height, reduction)


def image_from_pixels(pixels: Pixels, orientation: int = 1, pixel_aspect: float = 1.0) -> DecodedImage:
    """A picture that was decoded elsewhere: RGB pixels, their Exif orientation, and a pixel's width over its height."""
    stored = (pixels.shape[1], pixels.shape[0])
    seen = (max(round(stored[0] * pixel_aspect), 1), stored[1])
    width, height = reversed(seen) if orientation >= _FIRST_LYING else seen
    return DecodedImage(pixels, _to_pixels((width, height), stored, orientation, 1), width, height, 1)


def _decoded(data: bytes, flags: int) -> Pixels:
    """8-bit, or 16-bit where the flags keep it."""
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise CorruptImageError("The image is damaged; send the original file.") from error
    if decoded is None:
        raise CorruptImageError("The image is damaged or not complete; send the original file.")
    return decoded  # type: ignore[return-value]  # OpenCV's stub knows no dtypes


def _maybe_filled(pixels: Pixels) -> bool:
    """Whether the last row is of the one gray that a decoder puts where the data ends too early."""
    return bool(pixels[-1, 0, 0] in _FILLINGS and (pixels[-1] == pixels[-1, 0, 0]).all())


def _is_whole(jpeg: bytes) -> bool:
    """Whether the data reaches to the last block: then more data before the end marker changes nothing."""
    flags = _REDUCED[8] | cv2.IMREAD_IGNORE_ORIENTATION
    return np.array_equal(_decoded(jpeg, flags), _decoded(jpeg[:-2] + _MORE_DATA + jpeg[-2:], flags))


_FILLINGS = frozenset({128, 127, 65, 64})  # the latter two for CMYK
_MORE_DATA = bytes(range(16, 240, 7)) * 4


def _over_background(image: Pixels) -> Pixels:
    """Gray or BGR(A) of 8 or 16 bits to RGB; a row band at a time, so that no second whole picture is needed."""
    rgb = np.empty((*image.shape[:2], 3), np.uint8)
    for top in range(0, image.shape[0], 256):
        part = image[top : top + 256]
        band = (part >> 8 if part.dtype == np.uint16 else part).astype(np.uint16).reshape(*part.shape[:2], -1)
        if band.shape[2] == 4:
            alpha = band[..., 3:]
            band = (band[..., :3] * alpha + _BACKGROUND * (255 - alpha) + 127) // 255
        rgb[top : top + 256] = band[..., ::-1]
    return rgb


def _to_pixels(upright: tuple[int, int], stored: tuple[int, int], orientation: int, reduction: int) -> Points:
    """Both sizes are (width, height) at full size."""
    a, b, c, d, e, f = _TO_STORED[orientation]
    fractions = np.array([[a, b, c], [d, e, f]], dtype=np.float64)
    width, height = upright
    # a pixel's centre lies half a pixel from its corner, at full size and reduced alike
    from_upright = np.array([[1 / width, 0, 0.5 / width], [0, 1 / height, 0.5 / height]])
    matrix: Points = fractions @ np.vstack([from_upright, (0.0, 0.0, 1.0)])
    matrix *= np.array([[stored[0]], [stored[1]]]) / reduction
    matrix[:, 2] -= 0.5
    return matrix


def choose_reduction(header: ImageHeader, min_long_side: int) -> int:
    """The largest reduction that leaves the long side at least `min_long_side` pixels."""
    long_side = max(header.stored_width, header.stored_height)
    return next((r for r in (8, 4, 2) if long_side / r >= min_long_side), 1)
