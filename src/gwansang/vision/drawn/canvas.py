"""Antialiased drawing on a photo, which remembers what it hides."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.vision.decode import Pixels
from gwansang.vision.drawn.face_frame import FaceFrame
from gwansang.vision.face import Points

Colour = tuple[float, float, float]  # RGB, 0-255
Plane = NDArray[np.float32]
_SUBPIXEL_BITS = 4
_CHEEKS = (50, 280, 117, 346, 205, 425)


@dataclass(frozen=True, slots=True)
class Patch:
    """Opacity, 0-1, of a part of the picture whose first pixel is (left, top)."""

    left: int
    top: int
    opacity: Plane

    def slices(self) -> tuple[slice, slice]:
        """Return the rows and columns of the picture."""
        height, width = self.opacity.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    def grid(self) -> tuple[Points, Points]:
        """Return x and y of every pixel."""
        height, width = self.opacity.shape
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float64)
        return columns + self.left, rows + self.top

    def softened(self, sigma: float) -> "Patch":
        """Return the patch with its edge blurred by `sigma` pixels; it has to have room for that."""
        return Patch(self.left, self.top, cv2.GaussianBlur(self.opacity, (0, 0), max(sigma, 0.1)).astype(np.float32))

    def roundness(self, radius: float) -> Plane:
        """Return the height of a body with this outline and round edges of `radius` pixels, 0 at its edge to 1."""
        solid = (self.opacity > 0.5).astype(np.uint8)
        inside = np.minimum(cv2.distanceTransform(solid, cv2.DIST_L2, 3) / max(radius, 1.0), 1.0)
        height = np.sqrt(np.clip(1.0 - (1.0 - inside) ** 2, 0.0, 1.0))
        blurred: Plane = cv2.GaussianBlur(height.astype(np.float32), (0, 0), max(radius / 6, 0.3)).astype(np.float32)
        return blurred


class Canvas:
    """A photo that is drawn on.

    pixels: (h, w, 3) RGB of the upright photo; points: (478, 3) its landmarks. `hidden` (h, w) is the opacity, 0-1, of
    what lies before the face. Colours are those in full light; `light` is that of the photo; `skin` is the cheeks'.
    """

    def __init__(self, pixels: Pixels, points: Points) -> None:
        self.picture: Plane = pixels.astype(np.float32)
        self.hidden: Plane = np.zeros(pixels.shape[:2], np.float32)
        self.frame = FaceFrame(points)
        self.cm = self.frame.px_per_cm
        self.light = float(np.clip(np.percentile(pixels[::8, ::8].max(axis=2), 97) / 235, 0.3, 1.0))
        self.skin = self._skin()

    def pixels(self) -> Pixels:
        """Return the picture as drawn so far."""
        return np.clip(np.rint(self.picture), 0, 255).astype(np.uint8)

    def outline(self, *outlines: Points, margin: float = 1.0) -> Patch:
        """Return the patch inside the outlines, (n, 2) pixels each; one inside another is a hole."""
        left, top, right, bottom = self._box(np.vstack(outlines), margin)
        opacity = np.zeros((bottom - top, right - left), np.uint8)
        shifted = [_fixed_point(outline - (left, top)) for outline in outlines]
        cv2.fillPoly(opacity, shifted, 255, cv2.LINE_AA, _SUBPIXEL_BITS)
        return Patch(left, top, (opacity / np.float32(255)).astype(np.float32))

    def line(self, path: Points, width_cm: float, *, closed: bool = False, margin: float = 1.0) -> Patch:
        """Return the patch of a line through (n, 2) pixels."""
        width = width_cm * self.cm
        left, top, right, bottom = self._box(path, margin + width / self.cm)
        opacity = np.zeros((bottom - top, right - left), np.uint8)
        thickness = max(round(width), 1)
        shifted = [_fixed_point(path - (left, top))]
        cv2.polylines(opacity, shifted, closed, 255, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
        thin = min(width, 1.0)
        return Patch(left, top, (opacity * np.float32(thin / 255)).astype(np.float32))

    def lay(self, patch: Patch, colour: Colour | Plane, opacity: float = 1.0, *, hides: bool = True) -> None:
        """Lay a colour, or one (h, w, 3) for every pixel of the patch, on the picture."""
        place = patch.slices()
        share = patch.opacity * np.float32(opacity)
        lit = np.asarray(colour, np.float32) * np.float32(self.light)
        self.picture[place] += share[..., None] * (lit - self.picture[place])
        if hides:
            self.hidden[place] = 1 - (1 - self.hidden[place]) * (1 - share)

    def shade(self, patch: Patch, strength: float) -> None:
        """Darken the picture under the patch by up to `strength`, 0-1."""
        self.picture[patch.slices()] *= 1 - np.float32(strength) * patch.opacity[..., None]

    def shadow(self, patch: Patch, strength: float, spread_cm: float, down_cm: float = 0.15) -> None:
        """Draw the soft shadow that a body of this patch throws."""
        sigma = spread_cm * self.cm
        move = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, down_cm * self.cm]])
        moved = cv2.warpAffine(patch.opacity, move, patch.opacity.shape[::-1]).astype(np.float32)
        self.shade(Patch(patch.left, patch.top, moved).softened(sigma), strength)

    def strands(
        self, paths: Sequence[Points], colours: Sequence[Colour], width_cm: float, opacity: float, *, hides: bool = True
    ) -> None:
        """Draw hairs along paths of (n, 2) pixels, the last on top."""
        left, top, right, bottom = self._box(np.vstack(paths), 0.5)
        layer = np.empty((bottom - top, right - left, 3), np.uint8)
        layer[:] = np.mean(colours, axis=0).astype(np.uint8)
        alpha = np.zeros(layer.shape[:2], np.uint8)
        width = width_cm * self.cm
        thickness = max(round(width), 1)
        for path, colour in zip(paths, colours, strict=True):
            shifted = [_fixed_point(path - (left, top))]
            cv2.polylines(layer, shifted, False, colour, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
            cv2.polylines(alpha, shifted, False, 255, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
        share = opacity * min(width, 1.0)
        patch = Patch(left, top, (alpha * np.float32(share / 255)).astype(np.float32))
        self.lay(patch, layer.astype(np.float32), hides=hides)

    def _box(self, outline: Points, margin: float) -> tuple[int, int, int, int]:
        """Return left, top, right, bottom of the pixels around an outline, with a margin in cm, inside the picture."""
        height, width = self.hidden.shape
        room = margin * self.cm + 2
        low, high = outline.min(axis=0) - room, np.ceil(outline.max(axis=0) + room)
        left, top = int(np.clip(low[0], 0, width - 1)), int(np.clip(low[1], 0, height - 1))
        return left, top, int(np.clip(high[0], left + 1, width)), int(np.clip(high[1], top + 1, height))

    def _skin(self) -> Colour:
        """Return the median colour of the cheeks as it would be in full light."""
        height, width = self.hidden.shape
        corner = np.clip(self.frame.points[list(_CHEEKS), :2].round().astype(int), 2, (width - 3, height - 3))
        samples = [self.picture[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3) for x, y in corner]
        red, green, blue = (np.median(np.vstack(samples), axis=0) / self.light).tolist()
        return red, green, blue


def _fixed_point(path: Points) -> NDArray[np.int32]:
    fixed: NDArray[np.int32] = np.rint(path * 2**_SUBPIXEL_BITS).astype(np.int32)
    return fixed
