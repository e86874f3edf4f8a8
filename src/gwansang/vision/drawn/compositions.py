"""One person on a plain ground: cut out or as a whole photo, at any size, place and angle."""

import cv2
import numpy as np

from gwansang.vision.decode import Pixels
from gwansang.vision.drawn.canvas import Plane
from gwansang.vision.drawn.face_frame import FaceFrame
from gwansang.vision.drawn.shapes import Random, any_colour, mottled, smooth
from gwansang.vision.face import Points
from gwansang.vision.mesh import VERTEX_COUNT

_SIDES = (420, 1280)  # px of the composition
_FACE_PX, _FACE_SHARE = 100.0, 0.45  # least width of the face; its largest share of the ground's shorter side
_MAX_ANGLE = 20.0
_HEAD = smooth(
    [(0, 14.2), (5, 13.2), (8.8, 9.5), (9.6, 3), (9.2, -3), (7, -8), (6.5, -11.5), (11, -14.5), (17, -17), (19, -26),
     (-19, -26), (-17, -17), (-11, -14.5), (-6.5, -11.5), (-7, -8), (-9.2, -3), (-9.6, 3), (-8.8, 9.5), (-5, 13.2)]
)  # fmt: skip
GROUNDS = ("plain", "gradient", "glow", "stripes", "checks", "dots", "grain")


def compose_person(pixels: Pixels, points: Points, kind: str, random: Random) -> Pixels:
    """Return a picture with exactly one person on a drawn ground.

    pixels: (h, w, 3) RGB of a photo of one person; points: (478, 3) its landmarks; kind: of the ground, of GROUNDS.
    """
    height, width = (int(random.integers(*_SIDES)) for _ in range(2))
    ground = _draw_ground(height, width, kind, random)
    move = _place_face(points, (height, width), random)
    head = _cut_out(pixels, points) if random.random() < 0.5 else np.ones(pixels.shape[:2], np.float32)
    person = cv2.warpAffine(pixels, move, (width, height), flags=cv2.INTER_AREA).astype(np.float32)
    share = cv2.warpAffine(head, move, (width, height), flags=cv2.INTER_AREA)[..., None]
    return np.clip(np.rint(ground + share * (person - ground)), 0, 255).astype(np.uint8)


def _place_face(points: Points, size: tuple[int, int], random: Random) -> Points:
    """Return the (2, 3) affine that brings the whole face somewhere into a ground of (height, width)."""
    face = points[:VERTEX_COUNT, :2]
    widest = max(_FACE_SHARE * min(size), _FACE_PX + 1)
    scale = float(np.exp(random.uniform(np.log(_FACE_PX), np.log(widest)))) / float(np.ptp(face[:, 0]))
    angle = np.radians(random.uniform(-_MAX_ANGLE, _MAX_ANGLE))
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = face @ turn.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    room = np.array([size[1], size[0]]) - (high - low)
    margin = np.minimum(0.25 * (high - low), 0.5 * room)
    corner = margin + random.uniform(0, 1, 2) * np.maximum(room - 2 * margin, 0)
    return np.column_stack([turn, corner - low])


def _cut_out(pixels: Pixels, points: Points) -> Plane:
    """Return the (h, w) opacity of head and shoulders, with a soft edge."""
    frame = FaceFrame(points)
    mask = np.zeros(pixels.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.rint(frame.place_at(_HEAD, 0.0)).astype(np.int32)], 255)
    soft = cv2.GaussianBlur(mask, (0, 0), max(0.3 * frame.px_per_cm, 0.5))
    return (soft / np.float32(255)).astype(np.float32)


def _draw_ground(height: int, width: int, kind: str, random: Random) -> Plane:
    """Return a (h, w, 3) ground: one colour, a gradient, or a simple pattern of two colours."""
    one, other = (np.array(any_colour(random), np.float32) for _ in range(2))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    size, slant = float(random.uniform(15, 120)), float(random.uniform(-1, 1))
    if kind == "plain":
        share = np.zeros((height, width), np.float32)
    elif kind == "gradient":
        share = np.clip((y / height + slant * x / width) / (1 + abs(slant)), 0, 1)
    elif kind == "glow":
        share = np.exp(-((x - width * 0.5) ** 2 + (y - height * 0.45) ** 2) / (2 * (0.35 * height) ** 2))
    elif kind == "stripes":
        share = 0.5 + 0.5 * np.tanh(6 * np.sin(2 * np.pi * (x + slant * y) / size))
    elif kind == "checks":
        share = ((x // size + y // size) % 2).astype(np.float32)
    elif kind == "dots":
        share = ((x % size - size / 2) ** 2 + (y % size - size / 2) ** 2 < (size / 4) ** 2).astype(np.float32)
    else:
        share = np.clip(mottled((height, width), random, size / 8, 0.35) - 0.5, 0, 1)
    ground = one + share.astype(np.float32)[..., None] * (other - one)
    return (ground * mottled((height, width), random, 1.0, 0.008)[..., None]).astype(np.float32)
