"""Hands before a face, in the person's own skin or another's: fingers with joints and nails, a back, a wrist."""

from collections.abc import Sequence

import numpy as np

from gwansang.vision.drawn.canvas import Canvas, Colour, Patch
from gwansang.vision.drawn.shapes import (
    SKINS,
    Random,
    any_colour,
    capsule,
    mixed,
    mottled,
    painted,
    pick,
    scaled,
    smooth,
)
from gwansang.vision.face import Points

_LENGTHS = (6.6, 7.4, 7.0, 5.6)  # cm of index to little finger
_HALF_WIDTH = 0.92


def draw_hand_on_mouth(canvas: Canvas, random: Random) -> None:
    """Draw a hand that lies across the whole mouth."""
    side = float(random.choice((-1, 1)))
    tips = [(-side * (3.9 - 0.4 * n), -2.9 - 1.75 * n + random.uniform(-0.2, 0.2)) for n in range(4)]
    _draw_hand(canvas, random, tips, angle=float(random.uniform(0.0, 0.3)), side=side)


def draw_hand_on_half_mouth(canvas: Canvas, random: Random) -> None:
    """Draw fingers that hide one half of the mouth, upright or slanted, from below."""
    side = float(random.choice((-1, 1)))
    lean = float(random.uniform(-0.15, 0.35))
    tips = [(side * (0.55 + 1.75 * n), 0.2 - 2.4 + (1.0, 1.4, 0.9, -0.4)[n]) for n in range(4)]
    _draw_hand(canvas, random, tips, angle=np.pi / 2 - lean, side=side)


def draw_hand_on_cheek(canvas: Canvas, random: Random) -> None:
    """Draw a hand that lies on one cheek, as in thinking."""
    side = float(random.choice((-1, 1)))
    lean = float(random.uniform(-0.1, 0.3))
    tips = [(side * (3.3 + 1.75 * n), (1.2, 1.7, 1.2, 0.2)[n] + random.uniform(-1.2, 0.0)) for n in range(4)]
    _draw_hand(canvas, random, tips, angle=np.pi / 2 - lean, side=side)


def draw_hand_on_nose(canvas: Canvas, random: Random) -> None:
    """Draw two to four fingers across the nose."""
    side = float(random.choice((-1, 1)))
    count = int(random.integers(2, 4))
    tips = [(-side * random.uniform(2.6, 3.6), 0.5 - 1.75 * n) for n in range(count)]
    _draw_hand(canvas, random, tips, angle=float(random.uniform(0.1, 0.4)), side=side)


def draw_hand_on_half_face(canvas: Canvas, random: Random) -> None:
    """Draw a hand over one half of the face with its eye."""
    side = float(random.choice((-1, 1)))
    tips = [(side * (0.9 + 1.85 * n), (5.4, 6.2, 5.6, 4.2)[n] + random.uniform(-0.5, 0.3)) for n in range(4)]
    _draw_hand(canvas, random, tips, angle=np.pi / 2 - 0.12, side=side)


def draw_fingers(canvas: Canvas, paths: Sequence[Points], skin: Colour, random: Random) -> None:
    """Draw fingers along paths of (n, 2) pixels that end at the tips."""
    half = _HALF_WIDTH * canvas.cm
    for path in paths:
        width = half * float(random.uniform(0.92, 1.04))
        patch = canvas.outline(capsule(path, width * 1.06, width * 0.82), margin=1.0)
        canvas.shadow(patch, 0.4, 0.22, 0.12)
        _paint(canvas, patch.softened(0.7), skin, width, random)
        _mark_finger(canvas, path, width, skin)


def _draw_hand(canvas: Canvas, random: Random, tips: Sequence[tuple[float, float]], angle: float, side: float) -> None:
    """Draw fingers with these tips in cm, which point at `angle` (0 sideways, pi / 2 up), from a hand at `side`."""
    skin = canvas.skin if random.random() < 0.6 else pick(random, SKINS)
    back = np.array([side * np.cos(angle), -np.sin(angle)])
    paths, knuckles = [], []
    for tip, length in zip(tips, _LENGTHS, strict=False):
        spread = 0.03 * (np.asarray(tip) - np.mean(tips, axis=0))
        bend = np.array([-back[1], back[0]]) * random.uniform(-0.25, 0.25)
        start = np.asarray(tip) + back * length + spread
        path = smooth([start, (start + tip) / 2 + bend, tip], closed=False)
        paths.append(canvas.frame.place_at(path, 6.5))
        knuckles.append(start)
    _draw_back(canvas, random, np.array(knuckles), back, skin)
    order = random.permutation(len(paths)) if random.random() < 0.3 else np.arange(len(paths))
    draw_fingers(canvas, [paths[n] for n in order], skin, random)


def _draw_back(canvas: Canvas, random: Random, knuckles: Points, back: Points, skin: Colour) -> None:
    """Draw the back of the hand, the wrist and perhaps a sleeve, behind the fingers."""
    first, last = knuckles[0], knuckles[-1]
    edge = (first - last) / (np.linalg.norm(first - last) + 1e-9) * _HALF_WIDTH
    wrist = knuckles.mean(axis=0) + back * 8.5
    across = edge / _HALF_WIDTH
    corners = [
        first + edge - back * 0.8, first + edge + back * 3, wrist + across * 2.8, wrist + back * 14 + across * 3.2,
        wrist + back * 14 - across * 3.2, wrist - across * 2.8, last - edge + back * 3, last - edge - back * 0.8,
    ]  # fmt: skip
    palm = canvas.outline(canvas.frame.place_at(smooth(np.array(corners)), 6.0), margin=1.5)
    canvas.shadow(palm, 0.4, 0.35, 0.2)
    _paint(canvas, palm.softened(0.8), skin, 2.2 * canvas.cm, random)
    if random.random() < 0.5:
        cuff = [wrist + back * 3 + across * 3.6, wrist + back * 20 + across * 4.2,
                wrist + back * 20 - across * 4.2, wrist + back * 3 - across * 3.6]  # fmt: skip
        sleeve = canvas.outline(canvas.frame.place_at(np.array(cuff), 6.2), margin=1.5).softened(1.0)
        light = 0.7 + 0.3 * sleeve.roundness(2.0 * canvas.cm)
        canvas.lay(sleeve, painted(any_colour(random), light * mottled(light.shape, random, canvas.cm / 2, 0.05)))


def _paint(canvas: Canvas, patch: Patch, skin: Colour, radius: float, random: Random) -> None:
    """Lay skin on a patch, round to its edges, red where it turns away."""
    height = patch.roundness(radius)
    light = (0.72 + 0.3 * height) * mottled(height.shape, random, 0.35 * canvas.cm, 0.012)
    deep = mixed(skin, scaled((skin[0], skin[1] * 0.82, skin[2] * 0.78), 0.9), 0.5)
    surface = height[..., None] * painted(skin, light) + (1 - height[..., None]) * painted(deep, light)
    canvas.lay(patch, surface.astype(np.float32))


def _mark_finger(canvas: Canvas, path: Points, half: float, skin: Colour) -> None:
    """Draw the nail and the creases of the joints."""
    along = path[-1] - path[-4]
    along /= np.linalg.norm(along) + 1e-9
    side = np.array([-along[1], along[0]])
    nail = [path[-1] + along * half * u + side * half * v for u, v in
            ((0.55, 0), (0.4, 0.42), (-0.5, 0.5), (-0.8, 0), (-0.5, -0.5), (0.4, -0.42))]  # fmt: skip
    patch = canvas.outline(smooth(np.array(nail))).softened(0.8)
    canvas.lay(patch, mixed(skin, (255, 222, 214), 0.35), 0.8, hides=False)
    for share in (0.42, 0.72):
        centre = path[int(share * (len(path) - 1))]
        for shift in (-0.12, 0.12):
            crease = np.array([centre + along * half * shift + side * half * v for v in (-0.6, 0.0, 0.6)])
            canvas.shade(canvas.line(crease, 0.07).softened(1.0), 0.18)
