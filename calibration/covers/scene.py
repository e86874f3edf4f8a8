"""Picture of a face that is being drawn on, with the shapes that drawings are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.covers.bases import cm_per_pixel
from gwansang.vision.face import Points

Alpha = NDArray[np.float32]  # (h, w) opacity of a shape, 0-1
Fill = NDArray[np.float32]  # (h, w, 3) or (3,) RGB, 0-255
_FRACTION_BITS = 4

OUTER_RIGHT, INNER_RIGHT, INNER_LEFT, OUTER_LEFT = 33, 133, 362, 263  # corners of the eyes
EYES = ((33, 133, 159, 145), (263, 362, 386, 374))
BROWS = ((70, 63, 105, 66, 107, 55, 65, 52, 53, 46), (300, 293, 334, 296, 336, 285, 295, 282, 283, 276))
LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
NOSE_TIP, NOSE_ROOT, CHIN, FOREHEAD_TOP = 4, 168, 152, 10
CHEEKS, JAWS = (50, 280), (172, 397)


@dataclass(slots=True)
class Scene:
    """pixels: (h, w, 3) RGB, 0-255; cover: (h, w) opacity of what hides the face; points: (478, 2) of the mesh.

    cm: pixels per cm of the face.
    """

    pixels: NDArray[np.float32]
    cover: Alpha
    points: Points
    cm: float
    rng: np.random.Generator

    @classmethod
    def of(cls, pixels: NDArray[np.uint8], points: Points, rng: np.random.Generator) -> "Scene":
        """Return the scene of an uncovered face with (478, 3) points."""
        size = pixels.shape[:2]
        cover = np.zeros(size, np.float32)
        return cls(pixels.astype(np.float32), cover, points[:, :2], 1 / cm_per_pixel(points), rng)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.cover.shape[0], self.cover.shape[1]

    @property
    def across(self) -> Points:
        """Unit vector from the outer corner of the right eye to that of the left one."""
        line = self.points[OUTER_LEFT] - self.points[OUTER_RIGHT]
        unit: Points = line / np.linalg.norm(line)
        return unit

    @property
    def tilt_deg(self) -> float:
        """Angle of `across`."""
        return float(np.degrees(np.arctan2(self.across[1], self.across[0])))

    def middle(self, indices: Sequence[int]) -> Points:
        """Return the mean place of mesh points."""
        place: Points = self.points[list(indices)].mean(axis=0)
        return place

    def shift(self, place: Points, right_cm: float, down_cm: float) -> Points:
        """Return a place moved in the frame of the face; right as seen in the picture."""
        across = self.across
        moved: Points = place + self.cm * (right_cm * across + down_cm * np.array([-across[1], across[0]]))
        return moved

    def window(self, places: Points, margin_cm: float) -> tuple["Scene", tuple[slice, slice]]:
        """Return the part of the scene around some places, in which drawings appear in the whole, and its box."""
        margin = margin_cm * self.cm
        low = np.clip(places.min(axis=0) - margin, 0, (self.size[1] - 2, self.size[0] - 2)).astype(int)
        high = np.maximum(np.clip(places.max(axis=0) + margin, 0, self.size[::-1]).astype(int), low + 2)
        box = slice(low[1], high[1]), slice(low[0], high[0])
        return Scene(self.pixels[box], self.cover[box], self.points - low, self.cm, self.rng), box

    def skin(self) -> NDArray[np.float32]:
        """Return the median colour of cheeks and forehead, (3,)."""
        spots = self.points[[50, 280, 151, 117, 346, 205, 425]].round().astype(int)
        y, x = np.clip(spots[:, 1], 2, self.size[0] - 3), np.clip(spots[:, 0], 2, self.size[1] - 3)
        colour: NDArray[np.float32] = np.median(self.pixels[y, x], axis=0).astype(np.float32)
        return colour

    def paint(self, alpha: Alpha, fill: Fill, *, covers: bool) -> None:
        """Lay a fill over the picture; `covers` tells whether what lies below counts as hidden."""
        rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
        if not len(rows):
            return
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        part, below = alpha[box], self.pixels[box]
        below += part[..., None] * ((fill[box] if fill.ndim == 3 else fill) - below)
        if covers:
            np.maximum(self.cover[box], part, out=self.cover[box])

    def darken(self, alpha: Alpha, strength: float) -> None:
        """Throw a shadow, which hides nothing."""
        self.pixels *= 1 - strength * alpha[..., None]

    def throw_shadow(self, alpha: Alpha) -> None:
        """Darken what lies around a shape that is about to be painted."""
        if self.rng.random() < 0.5:
            return
        dx, dy = self.rng.normal(0, 0.25 * self.cm, 2)
        matrix = np.array([[1, 0, dx], [0, 1, dy + 0.15 * self.cm]])
        soft = soften(alpha, self.cm * self.rng.uniform(0.1, 0.6))
        moved = cv2.warpAffine(soft, matrix, (self.size[1], self.size[0])).astype(np.float32, copy=False)
        self.darken(moved, float(self.rng.uniform(0.05, 0.45)))

    def polygon(self, corners: Points) -> Alpha:
        """Return the inside of (n, 2) corners."""
        drawn = np.zeros(self.size, np.uint8)
        scaled = np.round(np.clip(corners, -2000, 4000) * (1 << _FRACTION_BITS)).astype(np.int32)
        cv2.fillPoly(drawn, [scaled], 255, cv2.LINE_AA, _FRACTION_BITS)
        return _share(drawn)

    def ellipse(self, centre: Points, right_cm: float, down_cm: float, turn_deg: float = 0.0) -> Alpha:
        """Return an ellipse of these half axes, level with the eyes or turned."""
        return self.polygon(self.outline(centre, right_cm, down_cm, turn_deg))

    def outline(
        self, centre: Points, right_cm: float, down_cm: float, turn_deg: float = 0.0, power: float = 2.0
    ) -> Points:
        """Return (64, 2) points of a superellipse: power 2 is an ellipse, larger ones look like rectangles."""
        angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        cos, sin = np.cos(angle), np.sin(angle)
        x = np.sign(cos) * np.abs(cos) ** (2 / power) * right_cm * self.cm
        y = np.sign(sin) * np.abs(sin) ** (2 / power) * down_cm * self.cm
        turn = np.radians(self.tilt_deg + turn_deg)
        return np.column_stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)]) + centre

    def blob(self, centre: Points, right_cm: float, down_cm: float, roughness: float = 0.15) -> Alpha:
        """Return an irregular round shape."""
        corners = self.outline(centre, right_cm, down_cm, float(self.rng.uniform(-40, 40)), self.rng.uniform(1.6, 4))
        angle = np.linspace(0, 2 * np.pi, len(corners), endpoint=False)
        radius = np.ones(len(corners))
        for wave in range(2, 6):
            radius += self.rng.normal(0, roughness / wave) * np.cos(wave * angle + self.rng.uniform(0, 6.3))
        return self.polygon(centre + (corners - centre) * radius[:, None])

    def line(self, places: Points, width_cm: float) -> Alpha:
        """Return a line through (n, 2) places."""
        drawn = np.zeros(self.size, np.uint8)
        scaled = np.round(places * (1 << _FRACTION_BITS)).astype(np.int32)
        thickness = max(round(width_cm * self.cm), 1)
        cv2.polylines(drawn, [scaled], False, 255, thickness, cv2.LINE_AA, _FRACTION_BITS)
        return _share(drawn)


def soften(alpha: Alpha, sigma: float) -> Alpha:
    """Return a shape with blurred edges, sigma in pixels."""
    return cv2.GaussianBlur(alpha, (0, 0), max(sigma, 0.3)).astype(np.float32, copy=False)


def roundness(alpha: Alpha, depth_px: float) -> Alpha:
    """Return 0 at the edge of a shape to 1 at `depth_px` inside, for the shading of round things."""
    distance = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    return np.sqrt(np.minimum(distance / max(depth_px, 1.0), 1.0)).astype(np.float32)


def through(places: Sequence[Points], count: int = 40) -> Points:
    """Return a smooth curve through some places (Catmull-Rom)."""
    knots = np.array([places[0], *places, places[-1]])
    t = np.linspace(0, len(places) - 1 - 1e-9, count)
    i, f = t.astype(int), (t % 1)[:, None]
    a, b, c, d = knots[i], knots[i + 1], knots[i + 2], knots[i + 3]
    curve: Points = 0.5 * (2 * b + (c - a) * f + (2 * a - 5 * b + 4 * c - d) * f**2 + (3 * b - a - 3 * c + d) * f**3)
    return curve


def _share(drawn: NDArray[np.uint8]) -> Alpha:
    return drawn.astype(np.float32) * np.float32(1 / 255)
