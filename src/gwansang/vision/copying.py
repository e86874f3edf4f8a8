"""Copies of photos without metadata: upright, at most the size of a screen, and encoded anew."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from gwansang.vision.decode import Pixels, choose_reduction, decode_image
from gwansang.vision.gates.headers import inspect_image

LONG_SIDE_PX: Final = 1600
_JPEG_QUALITY: Final = 88
# Exif orientation -> operations that make stored pixels upright: whether to transpose, then the axes to flip.
_UPRIGHT: Final[dict[int, tuple[bool, tuple[int, ...]]]] = {
    1: (False, ()),
    2: (False, (1,)),
    3: (False, (0, 1)),
    4: (False, (0,)),
    5: (True, ()),
    6: (True, (1,)),
    7: (True, (0, 1)),
    8: (True, (0,)),
}


@dataclass(frozen=True, slots=True, repr=False)
class PhotoCopy:
    """A JPEG file with its width and height in pixels."""

    jpeg: bytes
    width: int
    height: int


def copy_photo(data: bytes) -> PhotoCopy:
    """Return the image of a JPEG, PNG or WebP file, encoded anew: no metadata and no trailing data are copied.

    Raises an error of `vision.errors` if the file can't be read.
    """
    header = inspect_image(data)
    pixels = _shrink(decode_image(header, choose_reduction(header, LONG_SIDE_PX)).pixels)
    transpose, flipped_axes = _UPRIGHT[header.camera.orientation]
    upright = np.flip(pixels.transpose(1, 0, 2) if transpose else pixels, flipped_axes)
    encoded, jpeg = cv2.imencode(
        ".jpg", np.ascontiguousarray(upright[..., ::-1]), (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY)
    )
    if not encoded:
        raise RuntimeError("the image could not be encoded")
    return PhotoCopy(jpeg.tobytes(), width=upright.shape[1], height=upright.shape[0])


def _shrink(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    scale = LONG_SIDE_PX / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]  # OpenCV's stub knows no dtypes
