"""Extraction of image regions, upright and at the input size of a network."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from gwansang.vision.decode import DecodedImage, Pixels
from gwansang.vision.face import Points

_MAX_SUPERSAMPLING = 8


@dataclass(frozen=True, slots=True)
class CropRegion:
    """A rotated rectangle: centre and sides in upright full-size pixels; angle in radians, clockwise as seen."""

    x: float
    y: float
    width: float
    height: float
    angle: float = 0.0

    def matrix(self) -> Points:
        """Return the (2, 3) affine from fractions of the region (0-1 across, 0-1 down) to upright pixels."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        across, down = np.array([cos, sin]) * self.width, np.array([-sin, cos]) * self.height
        origin = np.array([self.x, self.y]) - 0.5 * (across + down)
        return np.column_stack([across, down, origin])

    def shifted(self, across: float, down: float, scale: float = 1.0, turn: float = 0.0) -> "CropRegion":
        """Return the region moved by fractions of its own sides, scaled, and turned by radians."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        dx, dy = across * self.width, down * self.height
        return CropRegion(
            self.x + cos * dx - sin * dy,
            self.y + sin * dx + cos * dy,
            self.width * scale,
            self.height * scale,
            self.angle + turn,
        )


def crop_image(
    image: DecodedImage, region: CropRegion, side: int, *, antialias: bool, border_mode: int = cv2.BORDER_REPLICATE
) -> Pixels:
    """Return the region as (side, side, 3) RGB.

    With `antialias` a shrunk region is averaged over the area of each pixel, and pixel j shows the fraction
    (j + 0.5) / side of the region, which is the convention of the networks' output: a mirrored photo gives mirrored
    points. Without it pixel j shows j / side, as in the networks' reference implementation, which moves everything by
    half a pixel, 1 % of the eye distance.
    """
    to_pixels = _compose(image.to_pixels, region.matrix())
    shrink = float(np.linalg.norm(to_pixels[:, :2], axis=0).max()) / side
    factor = min(max(int(shrink), 1), _MAX_SUPERSAMPLING) if antialias else 1
    fine_side = side * factor
    offset = 0.5 / fine_side if antialias else 0.0
    warp = _compose(to_pixels, np.array([[1 / fine_side, 0, offset], [0, 1 / fine_side, offset]]))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop = cv2.warpAffine(image.pixels, warp, (fine_side, fine_side), flags=flags, borderMode=border_mode)
    if factor > 1:
        crop = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    return crop.astype(np.uint8, copy=False)


def _compose(outer: Points, inner: Points) -> Points:
    composed: Points = outer @ np.vstack([inner, (0.0, 0.0, 1.0)])
    return composed
