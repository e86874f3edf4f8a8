"""Drawing of a synthetic face from the canonical mesh, for tests of the networks."""

import cv2
import numpy as np

from gwansang.vision.decode import Pixels
from gwansang.vision.face import Points
from gwansang.vision.mesh import canonical_face

_SKIN, _LIPS, _BROWS, _HAIR = (214, 172, 146), (176, 92, 88), (70, 48, 38), (52, 38, 32)
_MOUTH = (88, 40, 42)
_UPPER_LIP = (61, 78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 291)  # inner edge, from corner to corner
_LOWER_LIP = (61, 78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 291)
_WHITE, _IRIS, _PUPIL, _BACKDROP = (236, 232, 228), (92, 62, 42), (22, 16, 14), (170, 178, 186)
_Ring = tuple[int, ...]
_MOUTH_RING: _Ring = (
    *(61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    *(375, 321, 405, 314, 17, 84, 181, 91, 146),
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


def draw_face(width: int = 480, height: int = 640, face_width: float = 225.0, vertices: Points | None = None) -> Pixels:
    """Return an RGB image (height, width, 3) of the canonical face, or of other (468, 3) `vertices`, from the front.

    width, height: of the image; face_width: of the canonical face; all in pixels.
    """
    mesh = canonical_face().vertices if vertices is None else vertices
    points = drawn_points(width, height, face_width, mesh)
    image = np.full((height, width, 3), _BACKDROP, np.uint8)
    _draw_hair(image, points)
    _draw_skin(image, mesh, points)
    for ring in _SHADED:
        _fill(image, points, ring, tuple(int(0.82 * channel) for channel in _SKIN))
    _fill(image, points, _MOUTH_RING, _LIPS)
    line = ((points[list(_UPPER_LIP)] + points[list(_LOWER_LIP)]) / 2).astype(np.int32)
    cv2.polylines(image, [line], False, _MOUTH, max(round(face_width / 80), 1), cv2.LINE_AA)
    for ring in _BROW_RINGS:
        _fill(image, points, ring, _BROWS)
    for ring in _EYE_RINGS:
        _draw_eye(image, points, ring)
    return cv2.GaussianBlur(image, (0, 0), face_width / 260).astype(np.uint8, copy=False)


def drawn_points(width: int, height: int, face_width: float, vertices: Points) -> Points:
    """Return the (468, 2) pixels at which `draw_face` draws the vertices."""
    scale = face_width / float(np.ptp(canonical_face().vertices[:, 0]))
    points: Points = vertices[:, :2] * (scale, -scale) + (width / 2, height * 0.52)
    return points


def _draw_hair(image: Pixels, points: Points) -> None:
    centre = (points[10] + points[168]) / 2
    axes = np.array([np.ptp(points[:, 0]) * 0.6, np.ptp(points[:, 1]) * 0.55])
    cv2.ellipse(image, centre.astype(int).tolist(), axes.astype(int).tolist(), 0, 0, 360, _HAIR, -1, cv2.LINE_AA)
    neck = np.array([points[172], points[397], points[397] + (0, 400), points[172] + (0, 400)])
    cv2.fillConvexPoly(image, neck.astype(np.int32), [int(0.78 * channel) for channel in _SKIN], cv2.LINE_AA)


def _draw_skin(image: Pixels, mesh: Points, points: Points) -> None:
    """Fill the triangles from back to front, shaded by their angle to the light."""
    triangles = canonical_face().triangles
    corners = mesh[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
    light = np.array([0.15, 0.45, 0.88])
    shades = 0.62 + 0.42 * np.clip(np.abs(normals @ light), 0.0, 1.0)
    for index in corners[:, :, 2].mean(axis=1).argsort():
        color = np.clip(np.array(_SKIN) * shades[index], 0, 255)
        cv2.fillConvexPoly(image, points[triangles[index]].astype(np.int32), color.tolist())


def _draw_eye(image: Pixels, points: Points, ring: _Ring) -> None:
    _fill(image, points, ring, _WHITE)
    centre = points[list(ring)].mean(axis=0)
    radius = float(np.ptp(points[list(ring), 0])) * 0.2
    opening = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(opening, [points[list(ring)].astype(np.int32)], 255)
    disc = np.zeros_like(opening)
    for color, share in ((_IRIS, 1.0), (_PUPIL, 0.45)):
        disc[:] = 0
        cv2.circle(disc, centre.astype(int).tolist(), max(int(radius * share), 1), 255, -1)
        image[(opening & disc) > 0] = color
    lid = points[list(ring[:9])].astype(np.int32)
    cv2.polylines(image, [lid], False, _BROWS, max(int(radius / 4), 1), cv2.LINE_AA)


def _fill(image: Pixels, points: Points, ring: _Ring, color: tuple[int, ...]) -> None:
    cv2.fillPoly(image, [points[list(ring)].astype(np.int32)], color, cv2.LINE_AA)
