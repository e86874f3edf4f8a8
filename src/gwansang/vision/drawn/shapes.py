"""Outlines and colours that drawings share."""

from collections.abc import Sequence

import cv2
import numpy as np

from gwansang.vision.drawn.canvas import Colour, Plane
from gwansang.vision.drawn.face_frame import Places
from gwansang.vision.face import Points

Random = np.random.Generator

SKINS: tuple[Colour, ...] = (
    (244, 214, 196),
    (232, 190, 165),
    (214, 165, 134),
    (186, 134, 104),
    (145, 98, 72),
    (104, 68, 50),
    (72, 47, 36),
)
HAIRS: tuple[Colour, ...] = (
    (22, 18, 17),
    (38, 29, 25),
    (62, 43, 32),
    (96, 66, 44),
    (134, 96, 60),
    (188, 150, 98),
    (214, 188, 142),
    (128, 60, 34),
    (150, 148, 146),
    (206, 204, 200),
    (120, 48, 92),
    (58, 84, 128),
)


def pick(random: Random, choices: Sequence[Colour]) -> Colour:
    """Return one of the colours, in a light of its own."""
    return scaled(choices[int(random.integers(len(choices)))], float(random.uniform(0.9, 1.06)))


def any_colour(random: Random) -> Colour:
    """Return a colour of any hue, from gray to bright."""
    hsv = np.array([[[random.uniform(0, 180), random.uniform(0, 200), random.uniform(25, 245)]]], np.uint8)
    red, green, blue = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0].tolist()
    return float(red), float(green), float(blue)


def scaled(colour: Colour, factor: float) -> Colour:
    """Return a lighter or darker colour."""
    red, green, blue = (min(max(channel * factor, 0.0), 255.0) for channel in colour)
    return red, green, blue


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """Return the colour between two."""
    red, green, blue = ((1 - share) * a + share * b for a, b in zip(one, other, strict=True))
    return red, green, blue


def smooth(corners: Places, *, closed: bool = True, steps: int = 12) -> Points:
    """Return the smooth curves (Catmull-Rom) through (..., n, 2) corners."""
    knots = np.asarray(corners, dtype=np.float64)
    first, last = knots[..., :1, :], knots[..., -1:, :]
    ends = (last, knots, knots[..., :2, :]) if closed else (first, knots, last)
    padded = np.concatenate(ends, axis=-2)[..., None, :]
    a, b, c, d = (padded[..., n : padded.shape[-3] - 3 + n, :, :] for n in range(4))
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    curves: Points = pieces.reshape(*knots.shape[:-2], -1, 2)
    return curves if closed else np.concatenate([curves, last], axis=-2)


def superellipse(x: float, y: float, across: float, down: float, power: float = 2.0, turn: float = 0.0) -> Points:
    """Return an oval around (x, y) with these half axes: power 2 an ellipse, 4 a rounded box; turn in radians."""
    t = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    cos, sin = np.cos(t), np.sin(t)
    bent = np.column_stack(
        [across * np.sign(cos) * abs(cos) ** (2 / power), down * np.sign(sin) * abs(sin) ** (2 / power)]
    )
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    oval: Points = bent @ rotation + (x, y)
    return oval


def capsule(path: Points, start: float, end: float) -> Points:
    """Return the outline of a finger: a band around a path, `start` to `end` half wide, with a round end."""
    steps = np.gradient(path, axis=0)
    along = steps / (np.linalg.norm(steps, axis=1, keepdims=True) + 1e-9)
    side = np.column_stack([-along[:, 1], along[:, 0]])
    half = np.linspace(start, end, len(path))[:, None]
    angles = np.linspace(np.pi / 2, -np.pi / 2, 12)[1:-1]
    tip = path[-1] + end * (np.cos(angles)[:, None] * along[-1] + np.sin(angles)[:, None] * side[-1])
    outline: Points = np.vstack([path + half * side, tip, (path - half * side)[::-1]])
    return outline


def mottled(shape: tuple[int, int], random: Random, size: float, spread: float) -> Plane:
    """Return factors around 1, with spots of `size` pixels and an SD of `spread`."""
    coarse = random.normal(size=(max(int(shape[0] / size), 2), max(int(shape[1] / size), 2))).astype(np.float32)
    spots = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return (1 + spread * spots).astype(np.float32)


def painted(colour: Colour, light: Plane) -> Plane:
    """Return the (h, w, 3) colour of a surface under a light, 1 for the colour itself."""
    return np.clip(light[..., None] * np.asarray(colour, np.float32), 0, 255).astype(np.float32)
