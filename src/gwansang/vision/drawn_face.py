"""A face drawn from the canonical mesh: a picture of nobody, to see that the networks work."""

import cv2
import numpy as np

from gwansang.vision.decode import Pixels
from gwansang.vision.face import Points
from gwansang.vision.mesh import canonical_face

_SKIN, _LIPS, _BROWS, _HAIR = (214, 172, 146), (176, 92, 88), (70, 48, 38), (52, 38, 32)
_WHITE, _IRIS, _PUPIL, _BACKDROP = (236, 232, 228), (92, 62, 42), (22, 16, 14), (170, 178, 186)
_Ring = tuple[int, ...]
_LIP_RINGS: tuple[_Ring, ...] = (
    (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191, 78),
    (61, 78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146),
)
_BROW_RINGS: tuple[_Ring, ...] = (
    (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    (300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
)
_EYE_RINGS: tuple[_Ring, ...] = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249),
)
_SHADED: tuple[_Ring, ...] = (
    (129, 98, 97, 2, 326, 327, 358, 294, 64),  # under the nose
    (168, 6, 197, 195, 5, 4, 45, 220, 115),  # beside the bridge
)


def draw_face(width: int = 480, height: int = 640, face_width: float = 240.0, vertices: Points | None = None) -> Pixels:
    """An RGB picture (height, width, 3) of the canonical face, or of other `vertices`, seen from the front."""
    mesh = canonical_face().vertices if vertices is None else vertices
    scale = face_width / float(np.ptp(canonical_face().vertices[:, 0]))
    places = mesh[:, :2] * (scale, -scale) + (width / 2, height * 0.52)
    image = np.full((height, width, 3), _BACKDROP, np.uint8)
    _hair(image, places)
    _skin(image, mesh, places)
    for ring in _SHADED:
        _fill(image, places, ring, tuple(int(0.82 * channel) for channel in _SKIN))
    for ring in _LIP_RINGS:
        _fill(image, places, ring, _LIPS)
    for ring in _BROW_RINGS:
        _fill(image, places, ring, _BROWS)
    for ring in _EYE_RINGS:
        _eye(image, places, ring)
    return cv2.GaussianBlur(image, (0, 0), face_width / 260).astype(np.uint8, copy=False)


def _hair(image: Pixels, places: Points) -> None:
    centre = (places[10] + places[168]) / 2
    axes = np.array([np.ptp(places[:, 0]) * 0.6, np.ptp(places[:, 1]) * 0.55])
    cv2.ellipse(image, centre.astype(int).tolist(), axes.astype(int).tolist(), 0, 0, 360, _HAIR, -1, cv2.LINE_AA)
    neck = np.array([places[172], places[397], places[397] + (0, 400), places[172] + (0, 400)])
    cv2.fillConvexPoly(image, neck.astype(np.int32), [int(0.78 * channel) for channel in _SKIN], cv2.LINE_AA)


def _skin(image: Pixels, mesh: Points, places: Points) -> None:
    """Triangles from back to front, each as bright as it faces the light."""
    triangles = canonical_face().triangles
    corners = mesh[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
    light = np.array([0.15, 0.45, 0.88])
    shades = 0.62 + 0.42 * np.clip(np.abs(normals @ light), 0.0, 1.0)
    for index in corners[:, :, 2].mean(axis=1).argsort():
        color = np.clip(np.array(_SKIN) * shades[index], 0, 255)
        cv2.fillConvexPoly(image, places[triangles[index]].astype(np.int32), color.tolist())


def _eye(image: Pixels, places: Points, ring: _Ring) -> None:
    _fill(image, places, ring, _WHITE)
    centre = places[list(ring)].mean(axis=0)
    radius = float(np.ptp(places[list(ring), 0])) * 0.2
    opening = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(opening, [places[list(ring)].astype(np.int32)], 255)
    disc = np.zeros_like(opening)
    for color, share in ((_IRIS, 1.0), (_PUPIL, 0.45)):
        disc[:] = 0
        cv2.circle(disc, centre.astype(int).tolist(), max(int(radius * share), 1), 255, -1)
        image[(opening & disc) > 0] = color
    lid = places[list(ring[:9])].astype(np.int32)
    cv2.polylines(image, [lid], False, _BROWS, max(int(radius / 4), 1), cv2.LINE_AA)


def _fill(image: Pixels, places: Points, ring: _Ring, color: tuple[int, ...]) -> None:
    cv2.fillPoly(image, [places[list(ring)].astype(np.int32)], color, cv2.LINE_AA)
