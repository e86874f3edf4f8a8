"""Draws the face that a visitor of the page can try without a photo.

    python -m tools.sample_face web/src/assets/sample.jpg

The drawn face of the tests, with soft skin, drawn hair, a collar and paper behind it, so that it is a portrait.
"""

import sys
from pathlib import Path

import cv2
import numpy as np

from gwansang.vision.decode import Pixels
from gwansang.vision.drawn.canvas import Plane
from gwansang.vision.drawn_face import draw_face, drawn_points
from gwansang.vision.face import Points
from gwansang.vision.mesh import canonical_face

WIDTH, HEIGHT, FACE_WIDTH = 900, 1125, 400.0
_PAPER, _HAIR = (226, 214, 190), (43, 36, 34)
_COAT, _COLLAR, _NECK, _BLUSH = (58, 88, 122), (247, 242, 230), (198, 154, 128), (222, 128, 112)
_SHADE = (120, 84, 68)
_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
_SHARP = (  # convex rings around what stays sharp: brows, eyes, mouth, wings of the nose
    (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    (300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249),
    (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146),
)


def draw_sample() -> Pixels:
    """Return the portrait as an RGB image (HEIGHT, WIDTH, 3)."""
    mesh = canonical_face().vertices
    points = drawn_points(WIDTH, HEIGHT, FACE_WIDTH, mesh)
    face = draw_face(WIDTH, HEIGHT, FACE_WIDTH)
    skin = cv2.GaussianBlur(cv2.medianBlur(face, 31), (0, 0), 9).astype(np.float32)
    skin = _blend(skin, _soft(_discs(points[[50, 280]], 46), 26) * 0.28, _BLUSH)
    sharp = _soft(_rings(points, _SHARP, grow=7), 3)
    portrait = _behind(points)
    oval = _soft(_rings(points, (_OVAL,), grow=-3), 1.6)
    portrait += oval[..., None] * (skin - portrait)
    portrait += (sharp * oval)[..., None] * (face.astype(np.float32) - portrait)
    portrait = _blend(portrait, _soft(_fringe(points), 2), _HAIR)
    return np.clip(np.rint(portrait), 0, 255).astype(np.uint8)


def _behind(points: Points) -> Plane:
    """Return paper, hair, neck and coat, from back to front, as floats."""
    grain = np.random.default_rng(0).normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32)
    fibres = cv2.GaussianBlur(grain, (0, 0), sigmaX=14, sigmaY=1.2) * 26
    image = np.full((HEIGHT, WIDTH, 3), _PAPER, np.float32) + fibres[..., None]
    chin, (left, right) = points[152], points[[234, 454]]
    middle, width = points[168], float(right[0] - left[0])
    image = _blend(image, _soft(_ellipse(middle - _down(0.17 * width), (0.585 * width, 0.60 * width)), 2), _HAIR)
    neck = chin + np.array([(-0.26, -0.15), (0.26, -0.15), (0.27, 0.7), (-0.27, 0.7)]) * width
    image = _blend(image, _soft(_polygon(neck), 2), _NECK)
    image = _blend(image, _soft(_ellipse(chin + _down(22), (0.25 * width, 44)), 16) * 0.3, _SHADE)
    base = chin + _down(0.22 * width)
    coat = [(0.0, 0.48), (0.27, -0.05), (0.42, 0.02), (0.86, 0.16), (1.12, 0.42), (1.3, 1.4), (-1.3, 1.4)]
    coat += [(-1.12, 0.42), (-0.86, 0.16), (-0.42, 0.02), (-0.27, -0.05)]
    image = _blend(image, _soft(_polygon(base + np.array(coat) * width), 2), _COAT)
    for side in (-1, 1):  # the right side of the collar lies over the left
        band = np.array([(0.275, -0.08), (0.36, -0.02), (-0.02, 0.62), (-0.12, 0.62), (-0.02, 0.44)])
        band = band * (side * width, width)
        image = _blend(image, _soft(_polygon(base + band), 1.5), _COLLAR)
        image = _blend(image, _soft(_line(base + band[1], base + band[2]), 1.2) * 0.25, _HAIR)
    return image


def _fringe(points: Points) -> Plane:
    """Return the mask of the hair that is parted over the forehead."""
    top, left, right = points[10], points[127], points[356]
    width = float(right[0] - left[0])
    lock = np.array([(-0.02, -0.12), (0.0, -0.05), (0.26, 0.0), (0.425, 0.16), (0.485, 0.50), (0.56, 0.42), (0.6, 0.1)])
    lock = np.vstack([lock, [(0.4, -0.3), (0.1, -0.34)]])
    sides = [_polygon(_rounded(top + lock * (side * width, width))) for side in (-1, 1)]
    return np.maximum(*sides)


def _line(start: Points, end: Points) -> Plane:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.line(mask, np.rint(start).astype(int).tolist(), np.rint(end).astype(int).tolist(), 255, 3, cv2.LINE_AA)
    return _share(mask)


def _rounded(corners: Points) -> Points:
    """Return a closed curve through some corners (Chaikin)."""
    for _ in range(3):
        following = np.roll(corners, -1, axis=0)
        corners = np.stack([0.75 * corners + 0.25 * following, 0.25 * corners + 0.75 * following], 1).reshape(-1, 2)
    return corners


def _rings(points: Points, rings: tuple[tuple[int, ...], ...], grow: int) -> Plane:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for ring in rings:
        cv2.fillPoly(mask, [points[list(ring)].astype(np.int32)], 255)
    kernel = np.ones((2 * abs(grow) + 1,) * 2, np.uint8)
    resized = cv2.dilate(mask, kernel) if grow > 0 else cv2.erode(mask, kernel)
    return _share(resized.astype(np.uint8, copy=False))


def _polygon(corners: Points) -> Plane:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 255)
    return _share(mask)


def _ellipse(centre: Points, axes: tuple[float, float]) -> Plane:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(mask, np.rint(centre).astype(int).tolist(), [round(axis) for axis in axes], 0, 0, 360, 255, -1)
    return _share(mask)


def _discs(centres: Points, radius: int) -> Plane:
    return np.maximum(*(_ellipse(centre, (radius, radius)) for centre in centres))


def _share(mask: Pixels) -> Plane:
    return (mask / np.float32(255)).astype(np.float32)


def _down(distance: float) -> Points:
    return np.array([0.0, distance])


def _soft(mask: Plane, sigma: float) -> Plane:
    return cv2.GaussianBlur(mask, (0, 0), sigma).astype(np.float32, copy=False)


def _blend(image: Plane, mask: Plane, color: tuple[int, int, int]) -> Plane:
    return (image + mask[..., None] * (np.array(color, np.float32) - image)).astype(np.float32, copy=False)


if __name__ == "__main__":
    _, jpeg = cv2.imencode(".jpg", draw_sample()[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 82])
    Path(sys.argv[1]).write_bytes(jpeg.tobytes())
