"""Regions of a picture, cut out upright and at the size that a network wants."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from gwansang.vision.decode import DecodedImage, Pixels
from gwansang.vision.face import Points

_MAX_SHRINK = 8


@dataclass(frozen=True, slots=True)
class CropRegion:
    """A rotated rectangle in upright full-size pixels; angle in radians, clockwise as seen."""

    x: float
    y: float
    width: float
    height: float
    angle: float = 0.0

    def matrix(self) -> Points:
        """(2, 3) affine from the region's own fractions (0-1 across, 0-1 down) to upright pixels."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        across, down = np.array([cos, sin]) * self.width, np.array([-sin, cos]) * self.height
        origin = np.array([self.x, self.y]) - 0.5 * (across + down)
        return np.column_stack([across, down, origin])

    def shifted(self, across: float, down: float, scale: float = 1.0, turn: float = 0.0) -> "CropRegion":
        """The region moved by fractions of its own sides, scaled and turned (radians)."""
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
    picture: DecodedImage, region: CropRegion, side: int, *, smooth: bool, beyond: int = cv2.BORDER_REPLICATE
) -> Pixels:
    """The region as (side, side, 3) RGB; `smooth` averages over the area of a pixel where the region is shrunk.

    A smooth cut's pixel j shows the fraction (j + 0.5) / side of the region, which is how the networks mean their
    answers: a mirrored photo gives mirrored points. Else it shows j / side, as the networks' reference program has it,
    and everything comes out half a pixel off, by 1 % of the eye distance.
    """
    to_pixels = _compose(picture.to_pixels, region.matrix())
    shrink = float(np.linalg.norm(to_pixels[:, :2], axis=0).max()) / side
    factor = min(max(int(shrink), 1), _MAX_SHRINK) if smooth else 1
    fine = side * factor
    offset = 0.5 / fine if smooth else 0.0
    warp = _compose(to_pixels, np.array([[1 / fine, 0, offset], [0, 1 / fine, offset]]))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    image = cv2.warpAffine(picture.pixels, warp, (fine, fine), flags=flags, borderMode=beyond)
    if factor > 1:
        image = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    return image.astype(np.uint8, copy=False)


def _compose(outer: Points, inner: Points) -> Points:
    composed: Points = outer @ np.vstack([inner, (0.0, 0.0, 1.0)])
    return composed
