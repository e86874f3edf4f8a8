"""Things before a face: a phone before one half, a cup at the mouth, a scarf, a veil."""

import numpy as np

from gwansang.vision.drawn.canvas import Canvas, Colour, Patch, Plane
from gwansang.vision.drawn.hands import draw_fingers
from gwansang.vision.drawn.shapes import (
    SKINS,
    Random,
    any_colour,
    mixed,
    mottled,
    painted,
    pick,
    scaled,
    smooth,
    superellipse,
)
from gwansang.vision.face import Points

_BEFORE_CM = 9.0  # depth of what is held before the face
_PHONES: tuple[Colour, ...] = (
    (22, 22, 24),
    (232, 232, 230),
    (60, 66, 84),
    (196, 168, 150),
    (88, 108, 92),
    (150, 40, 50),
)
_VEILS: tuple[Colour, ...] = ((20, 20, 22), (48, 44, 60), (120, 96, 84), (226, 218, 206), (60, 84, 110), (100, 36, 52))


def draw_phone(canvas: Canvas, random: Random) -> None:
    """Draw a phone that hides one half of the face, held by a hand from below."""
    side = float(random.choice((-1, 1)))
    wide, high = float(random.uniform(3.9, 4.6)), float(random.uniform(7.6, 8.6))
    turn = float(random.uniform(-0.12, 0.12))
    x, y = side * (wide + random.uniform(-0.6, 0.4)), float(random.uniform(-2.0, 0.8))
    body = canvas.frame.place_at(superellipse(x, y, wide, high, 9, turn), _BEFORE_CM)
    patch = canvas.outline(body, margin=2.0)
    canvas.shadow(patch, 0.4, 0.4, 0.2)
    patch = patch.softened(0.7)
    colour = _PHONES[int(random.integers(len(_PHONES)))]
    light = 0.88 + 0.14 * patch.roundness(0.5 * canvas.cm) + 0.1 * _slope(patch)
    canvas.lay(patch, painted(colour, light.astype(np.float32)))
    _draw_cameras(canvas, (x, y), (wide, high), turn, colour)
    skin = canvas.skin if random.random() < 0.6 else pick(random, SKINS)
    paths = []
    for n in range(4):
        level = y - high * 0.25 - 1.8 * n
        start = (x + side * (wide + 2.0), level - 1.2)
        tip = (x + side * (wide - random.uniform(2.4, 3.6)), level)
        paths.append(canvas.frame.place_at(smooth([start, (x + side * wide, level - 0.4), tip], closed=False), 9.5))
    draw_fingers(canvas, paths, skin, random)


def draw_cup(canvas: Canvas, random: Random) -> None:
    """Draw a cup or a paper cup at the mouth, held by fingers."""
    top, bottom = float(random.uniform(-2.0, -1.2)), -9.5 - float(random.uniform(0, 2))
    wide = float(random.uniform(3.6, 4.4))
    narrow = wide * float(random.uniform(0.7, 1.0))
    rim = 0.5
    corners = [
        (-wide, top), (-wide * 0.6, top + rim * 0.8), (0, top + rim), (wide * 0.6, top + rim * 0.8), (wide, top),
        (narrow, bottom), (narrow * 0.5, bottom - 0.5), (0, bottom - 0.6),
        (-narrow * 0.5, bottom - 0.5), (-narrow, bottom),
    ]  # fmt: skip
    outline = np.vstack([smooth(corners[:5], closed=False), smooth(corners[5:], closed=False)])
    patch = canvas.outline(canvas.frame.place_at(outline, _BEFORE_CM), margin=1.5)
    canvas.shadow(patch, 0.4, 0.4, 0.2)
    patch = patch.softened(0.7)
    colour = (238, 236, 230) if random.random() < 0.4 else any_colour(random)
    across, up = canvas.frame.cm_of(*patch.grid(), depth=_BEFORE_CM)
    light = (0.62 + 0.4 * np.sqrt(np.clip(1 - (across / wide - 0.2) ** 2, 0, 1))).astype(np.float32)
    surface = painted(colour, light)
    if random.random() < 0.6:
        band = (up < top - 2.2) & (up > top - 2.2 - random.uniform(1.5, 4))
        surface = np.where(band[..., None], painted(any_colour(random), light), surface).astype(np.float32)
    canvas.lay(patch, surface)
    _hold_cup(canvas, random, top, wide)


def _hold_cup(canvas: Canvas, random: Random, top: float, wide: float) -> None:
    """Draw two to four fingers around a cup with its rim at `top` and of this half width in cm."""
    side = float(random.choice((-1, 1)))
    skin = canvas.skin if random.random() < 0.6 else pick(random, SKINS)
    paths = []
    for n in range(int(random.integers(2, 5))):
        level = top - 2.6 - 1.75 * n
        path = smooth(
            [(side * (wide + 2.5), level - 0.8), (side * wide, level), (-side * 0.5, level + 0.1)], closed=False
        )
        paths.append(canvas.frame.place_at(path, 9.8))
    draw_fingers(canvas, paths, skin, random)


def draw_scarf(canvas: Canvas, random: Random) -> None:
    """Draw a scarf that is pulled up over mouth and chin, perhaps over the tip of the nose."""
    top = float(random.uniform(-2.4, 0.0))
    outline = smooth(
        [(-9.5, top + 1.0), (-6, top + 0.1), (-2, top - 0.1), (2, top), (6, top + 0.3), (9.5, top + 1.2), (11, -8),
         (10, -16), (0, -18), (-10, -16), (-11, -8)]
    )  # fmt: skip
    _wrap(canvas, random, outline, any_colour(random), wool=random.random() < 0.6)


def draw_veil(canvas: Canvas, random: Random) -> None:
    """Draw a veil from the bridge of the nose down, or a hood that leaves the eyes free only."""
    colour = pick(random, _VEILS)
    top = float(random.uniform(0.4, 1.4))
    outline = smooth(
        [(-7.6, 1.6), (-4, top), (-1.5, top + 0.5), (0, top + 0.7), (1.5, top + 0.5), (4, top), (7.6, 1.6), (9.5, -6),
         (10.5, -16), (0, -17), (-10.5, -16), (-9.5, -6)]
    )  # fmt: skip
    _wrap(canvas, random, outline, colour, wool=False)


def _wrap(canvas: Canvas, random: Random, outline: Points, colour: Colour, *, wool: bool) -> None:
    patch = canvas.outline(canvas.frame.place(outline, 0.6), margin=1.5)
    canvas.shadow(patch, 0.45, 0.35, -0.2)
    patch = patch.softened(1.2 if wool else 0.7)
    light = 0.74 + 0.2 * patch.roundness(1.5 * canvas.cm) + _creases(canvas, patch, random)
    weave = mottled(light.shape, random, 0.18 * canvas.cm if wool else 1.0, 0.06 if wool else 0.015)
    surface = painted(colour, (light * weave).astype(np.float32))
    if random.random() < 0.4:
        across, up = canvas.frame.cm_of(*patch.grid(), depth=5.0)
        stripe = np.sin(2 * np.pi * (up + 0.12 * across) / random.uniform(1.2, 3.5)) > random.uniform(0.0, 0.6)
        other = mixed(any_colour(random), colour, 0.3)
        surface = np.where(stripe[..., None], painted(other, (light * weave).astype(np.float32)), surface)
    canvas.lay(patch, surface.astype(np.float32))


def _creases(canvas: Canvas, patch: Patch, random: Random) -> Plane:
    """Return the light and dark of folds that hang between the ears."""
    across, up = canvas.frame.cm_of(*patch.grid(), depth=5.0)
    folds = np.zeros(patch.opacity.shape)
    for _ in range(int(random.integers(4, 8))):
        level, sag = random.uniform(-14, 0), random.uniform(-0.06, 0.0)
        slant, width = random.uniform(-0.25, 0.25), random.uniform(0.25, 0.9)
        distance = (up - level - slant * across - sag * (60 - across**2)) / width
        folds += 0.12 * np.tanh(2 * distance) * np.exp(-(distance**2))
    return folds.astype(np.float32)


def _slope(patch: Patch) -> Plane:
    height = patch.opacity.shape[0]
    return np.repeat(np.linspace(1, -1, height, dtype=np.float32)[:, None], patch.opacity.shape[1], axis=1)


def _draw_cameras(
    canvas: Canvas, centre: tuple[float, float], half: tuple[float, float], turn: float, colour: Colour
) -> None:
    """Draw the lenses on the back of a phone."""
    for n in range(3):
        x, y = -half[0] + 1.4, half[1] - 1.6 - 1.7 * n
        place = (centre[0] + x * np.cos(turn) - y * np.sin(turn), centre[1] + x * np.sin(turn) + y * np.cos(turn))
        for radius, shade in ((0.72, scaled(colour, 0.7)), (0.55, (16.0, 16.0, 20.0)), (0.2, (60.0, 66.0, 90.0))):
            ring = canvas.frame.place_at(superellipse(*place, radius, radius), _BEFORE_CM)
            canvas.lay(canvas.outline(ring).softened(0.5), shade)
