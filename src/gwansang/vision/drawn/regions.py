"""Regions of a face on its landmarks, and how much of them a drawing hides."""

from collections.abc import Mapping

import cv2
import numpy as np

from gwansang.vision.drawn.canvas import Plane
from gwansang.vision.face import FaceRegion, Points
from gwansang.vision.mesh import canonical_face

_Ring = tuple[int, ...]
EYE_RINGS: tuple[_Ring, _Ring] = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249),
)
_MOUTH: _Ring = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
LIP_RINGS: tuple[_Ring, _Ring] = (
    _MOUTH,
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95),
)
# of the right half of the face; the left one is mirrored
_RIGHT: dict[FaceRegion, _Ring] = {
    "forehead": (10, 109, 67, 103, 54, 68, 63, 105, 66, 107, 9),
    "brows": (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    "eyes": EYE_RINGS[0],
    "nose": (6, 122, 188, 114, 217, 209, 64, 98, 97, 2, 4, 5, 195, 197),
    "mouth": (0, 37, 39, 40, 185, 61, 146, 91, 181, 84, 17, 14, 13),
    "cheeks": (117, 118, 119, 100, 36, 206, 207, 187, 147, 123),
    "jaw": (18, 201, 194, 204, 202, 212, 214, 192, 138, 172, 136, 150, 149, 176, 148, 152, 175, 200),
}
_OVAL: _Ring = (10, 109, 67, 103, 54, 21, 162, 127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152)
_HIDING = 0.5  # opacity from which a place is hidden


def hidden_shares(points: Points, hidden: Plane) -> Mapping[FaceRegion, float]:
    """Return how much of each region is hidden, 0-1, on the side where that is more.

    points: (478, 3) landmarks of the bare photo; hidden: (h, w) opacity of what lies before it.
    """
    return {region: max(_shares(points, hidden, ring)) for region, ring in _RIGHT.items()}


def hidden_area(points: Points, hidden: Plane) -> float:
    """Return the share of the whole face that is hidden, 0-1."""
    left = canonical_face().mirror[list(_OVAL[::-1])].tolist()
    return _share(points[[*_OVAL, *left], :2], hidden)


def _shares(points: Points, hidden: Plane, ring: _Ring) -> tuple[float, float]:
    mirrored = canonical_face().mirror[list(ring)]
    return _share(points[list(ring), :2], hidden), _share(points[mirrored, :2], hidden)


def _share(outline: Points, hidden: Plane) -> float:
    inside = np.zeros(hidden.shape, np.uint8)
    cv2.fillPoly(inside, [np.rint(outline).astype(np.int32)], 255)
    # An outline outside the picture has no pixels, and nothing to hide.
    return float((hidden[inside > 0] >= _HIDING).mean()) if inside.any() else 0.0
