"""Decoding to the pixels that a face needs; images are never rotated, coordinates are transformed instead."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.vision.errors import CorruptImageError
from gwansang.vision.face import Points
from gwansang.vision.gates.headers import ImageHeader
from gwansang.vision.gates.jpeg import decode_jpeg, reaches_last_block

Pixels = NDArray[np.uint8]

WHOLE_PIXELS = 2_048 * 1_536
"""Images up to this size are decoded whole: a JPEG that is decoded reduced differs from its PNG by a level of grey."""
_USUAL_LONG_SIDE = 900  # px from which on a face of a sixth of the picture fills the input of the mesh network
_BACKGROUND = 255  # behind transparent images

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
_FIRST_TRANSPOSED = 5  # from this orientation on, the stored width is the upright height


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """Pixels as stored (RGB, possibly reduced), and the transform from upright full-size coordinates to them.

    to_pixels: (2, 3) affine from an upright full-size point (x, y, 1) to a position in `pixels` (array indices).
    width, height: of the upright image at full size; reduction: full-size pixels per decoded pixel.
    """

    pixels: Pixels
    to_pixels: Points
    width: int
    height: int
    reduction: int

    def mirrored(self) -> "DecodedImage":
        """Return the mirror image, of the same pixels."""
        flip = np.array([[-1.0, 0.0, self.width - 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        return replace(self, to_pixels=self.to_pixels @ flip)

    def is_darker_on_the_right(self, quarter_turns: int = 0) -> bool:
        """Return whether the right half has less green, which no white balance changes.

        quarter_turns: of what is seen upright, clockwise in the image; its right is then at the bottom, left or top.
        """
        to_right = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)
        right_x, right_y = self.to_pixels[:, :2] @ to_right[quarter_turns % 4]
        pixels = self.pixels
        axis, right = (1, right_x) if abs(right_x) > abs(right_y) else (0, right_y)
        half = pixels.shape[axis] // 2
        halves = (pixels[:, :half], pixels[:, -half:]) if axis else (pixels[:half], pixels[-half:])
        first, last = (cv2.mean(each)[1] for each in halves)
        return last < first if right > 0 else first < last


class ImageDecoder:
    """Decodes one file at one size after another, so that the same pixels give the same image in every format.

    Up to WHOLE_PIXELS every file is decoded once, whole, and then halved. A larger JPEG is decoded reduced, which is
    faster: its pixels, too, are means of those at full size, but are rounded otherwise. Once is enough for most faces:
    it is decoded as finely as one of a sixth of the picture needs, and coarser images are made of that.
    """

    def __init__(self, header: ImageHeader) -> None:
        self._header = header
        is_large = header.stored_width * header.stored_height > WHOLE_PIXELS
        self._finest = choose_reduction(header, _USUAL_LONG_SIDE) if is_large and header.kind == "jpeg" else 1
        self._step = 8 if is_large else 2  # steps of 2 are fast, but round up twice, which no JPEG does
        self._pixels: dict[int, Pixels] = {}  # by reduction

    def decode(self, reduction: int = 1) -> DecodedImage:
        """Return the image at 1 / `reduction` (1, 2, 4, 8) of the size; raises CorruptImageError for damaged data."""
        header, pixels = self._header, self._reduced(reduction)
        stored = (header.stored_width, header.stored_height)
        matrix = _to_pixels((header.width, header.height), stored, header.camera.orientation, reduction)
        return DecodedImage(pixels, matrix, header.width, header.height, reduction)

    def _reduced(self, reduction: int) -> Pixels:
        if reduction not in self._pixels:
            self._pixels[reduction] = self._make(reduction)
        return self._pixels[reduction]

    def _make(self, reduction: int) -> Pixels:
        if reduction > self._finest:
            step = min(reduction // self._finest, self._step)
            return _shrink(self._reduced(reduction // step), step)
        return _decode_jpeg(self._header.stripped, reduction) if reduction > 1 else _decode_whole(self._header)


def decode_image(header: ImageHeader, reduction: int = 1) -> DecodedImage:
    """Return an image at 1 / `reduction` of its size, as `ImageDecoder.decode`."""
    return ImageDecoder(header).decode(reduction)


def image_from_pixels(pixels: Pixels, orientation: int = 1, pixel_aspect: float = 1.0) -> DecodedImage:
    """Return the image of pixels that were decoded elsewhere.

    pixels: (h, w, 3) RGB as stored; orientation: 1-8 as in Exif; pixel_aspect: width over height of a pixel.
    """
    stored = (pixels.shape[1], pixels.shape[0])
    shown = (max(round(stored[0] * pixel_aspect), 1), stored[1])
    width, height = reversed(shown) if orientation >= _FIRST_TRANSPOSED else shown
    return DecodedImage(pixels, _to_pixels((width, height), stored, orientation, 1), width, height, 1)


def _decode(data: bytes, flags: int) -> Pixels:
    """Return 8-bit pixels, or 16-bit ones if the flags keep the depth."""
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise CorruptImageError("The image is damaged; send the original file.") from error
    if decoded is None:
        raise CorruptImageError("The image is damaged or not complete; send the original file.")
    return decoded  # type: ignore[return-value]  # OpenCV's stub knows no dtypes


def _decode_jpeg(jpeg: bytes, reduction: int = 1) -> Pixels:
    pixels: Pixels | None = decode_jpeg(jpeg, reduction)
    if pixels is None:
        raise CorruptImageError("The image is damaged or not complete; send the original file.")
    if _may_be_truncated(pixels) and not reaches_last_block(jpeg, 8):
        raise CorruptImageError("The image is not complete; send the original file.")
    return pixels


def _decode_whole(header: ImageHeader) -> Pixels:
    """Return the pixels at full size, transparent ones on the background."""
    if header.kind == "jpeg":
        return _decode_jpeg(header.stripped)
    if header.has_alpha:
        return _blend_on_background(_decode(header.stripped, cv2.IMREAD_UNCHANGED))
    return _decode(header.stripped, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)


def _shrink(pixels: Pixels, factor: int) -> Pixels:
    """Return means of `factor` x `factor` pixels, without the last rows and columns that fill none."""
    height, width = pixels.shape[0] // factor, pixels.shape[1] // factor
    part = pixels[: factor * height, : factor * width]
    return cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]  # no dtypes


def _may_be_truncated(pixels: Pixels) -> bool:
    """Return whether the last row has the uniform gray with which a decoder fills missing data."""
    return bool(pixels[-1, 0, 0] in _FILLINGS and (pixels[-1] == pixels[-1, 0, 0]).all())


_FILLINGS = frozenset({128, 127, 65, 64})  # the latter two for CMYK


def _blend_on_background(image: Pixels) -> Pixels:
    """Convert gray or BGR(A) of 8 or 16 bits to RGB, a band of rows at a time, without a second full-size copy."""
    rgb = np.empty((*image.shape[:2], 3), np.uint8)
    for top in range(0, image.shape[0], 256):
        rows = image[top : top + 256]
        band = (rows >> 8 if rows.dtype == np.uint16 else rows).astype(np.uint16).reshape(*rows.shape[:2], -1)
        if band.shape[2] == 4:
            alpha = band[..., 3:]
            band = (band[..., :3] * alpha + _BACKGROUND * (255 - alpha) + 127) // 255
        rgb[top : top + 256] = band[..., ::-1]
    return rgb


def _to_pixels(upright: tuple[int, int], stored: tuple[int, int], orientation: int, reduction: int) -> Points:
    """Return `DecodedImage.to_pixels` for an upright and a stored size, both (width, height) at full size."""
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
    """Return the largest reduction that leaves the long side at least `min_long_side` pixels."""
    long_side = max(header.stored_width, header.stored_height)
    return next((r for r in (8, 4, 2) if long_side / r >= min_long_side), 1)
