"""Masks over mouth and nose, or pushed below the nose: pleated, folded in three panels, of cloth."""

import numpy as np

from gwansang.vision.drawn.canvas import Canvas, Colour, Patch, Plane
from gwansang.vision.drawn.shapes import Random, any_colour, mottled, painted, scaled, smooth
from gwansang.vision.face import Points

MASK_SHAPES = ("surgical", "three panels", "cloth", "cup")
_SURGICAL: tuple[Colour, ...] = ((150, 196, 222), (236, 240, 242), (166, 212, 196), (232, 178, 196), (34, 34, 36))
_PANELS: tuple[Colour, ...] = ((242, 242, 240), (28, 28, 30), (216, 208, 194), (150, 152, 156), (238, 206, 208))
# right half from the top of the nose to below the chin, x away from the middle
_OUTLINES: dict[str, list[tuple[float, float]]] = {
    "surgical": [
        (0, 1.5), (1.3, 1.0), (3.2, 0.2), (6.0, -0.3), (6.6, -2.5), (6.3, -5.2), (4.2, -8.0), (2.0, -9.3), (0, -9.6),
    ],
    "three panels": [
        (0, 1.7), (1.2, 1.2), (3.0, -0.2), (5.4, -1.6), (7.0, -3.0), (6.0, -5.6), (4.0, -8.2), (2.0, -9.6), (0, -9.9),
    ],
    "cloth": [
        (0, 1.9), (1.4, 1.0), (3.6, 0.5), (6.4, 0.2), (6.9, -2.0), (6.4, -4.8), (4.4, -8.0), (2.2, -9.4), (0, -9.8),
    ],
    "cup": [
        (0, 2.0), (1.3, 1.5), (2.8, 0.4), (4.8, -1.4), (5.6, -3.6), (5.2, -6.2), (3.6, -8.4), (1.8, -9.4), (0, -9.6),
    ],
}  # fmt: skip
_NOSE_BASE_Y = -2.5


def draw_mask(canvas: Canvas, random: Random) -> None:
    """Draw a mask over nose, mouth and chin."""
    _draw(canvas, random, top=float(random.uniform(-0.5, 0.6)))


def draw_mask_below_nose(canvas: Canvas, random: Random) -> None:
    """Draw a mask that leaves the nose free and hides mouth and chin."""
    _draw(canvas, random, top=None)


def _draw(canvas: Canvas, random: Random, top: float | None) -> None:
    shape = MASK_SHAPES[int(random.integers(len(MASK_SHAPES)))]
    colour = _colour(shape, random)
    if random.random() < 0.75:
        _loops(canvas, shape, scaled(colour, 0.95), 0.0 if top is not None else -1.4)
    patch = canvas.outline(canvas.frame.place(_outline(shape, top), 0.35), margin=1.5)
    canvas.shadow(patch, 0.4, 0.25, 0.2)
    patch = patch.softened(0.7)
    canvas.lay(patch, _cloth(canvas, patch, shape, colour, random))
    if shape in ("surgical", "three panels"):
        _folds(canvas, shape, random)
    if shape != "cloth" and top is not None:
        _nose_clip(canvas, top)


def _outline(shape: str, top: float | None) -> Points:
    """Return the closed outline in cm; without `top`, its upper edge runs below the nose."""
    half = np.array(_OUTLINES[shape])
    if top is not None:
        half[:4, 1] += top * np.array([1.0, 1.0, 0.6, 0.3])
    else:
        half[:, 1] = np.minimum(half[:, 1], _NOSE_BASE_Y - 0.09 * np.abs(half[:, 0]))
    left = half[::-1][:-1] * (-1.0, 1.0)
    return smooth(np.vstack([half, left[:-1]]))


def _colour(shape: str, random: Random) -> Colour:
    if shape == "cloth" or random.random() < 0.15:
        return any_colour(random)
    choices = _SURGICAL if shape == "surgical" else _PANELS
    return scaled(choices[int(random.integers(len(choices)))], float(random.uniform(0.92, 1.04)))


def _cloth(canvas: Canvas, patch: Patch, shape: str, colour: Colour, random: Random) -> Plane:
    """Return the colour of the cloth: lit from above, darker to the sides, woven, with a pattern on some cloths."""
    across, up = canvas.frame.cm_of(*patch.grid(), depth=5.0)
    light = 0.97 - 0.3 * (across / 7.5) ** 2 + 0.03 * (up + 4) - 0.12 * np.exp(-(((up + 8.8) / 1.5) ** 2))
    if shape == "cup":
        light += 0.12 * np.exp(-((across / 1.2) ** 2)) * (up > -6)
    weave = mottled(patch.opacity.shape, random, 1.0, 0.012) * mottled(patch.opacity.shape, random, canvas.cm, 0.02)
    surface = painted(colour, (light * weave).astype(np.float32))
    kind = random.random()
    if shape == "cloth" and kind < 0.7:
        size, other = float(random.uniform(0.5, 1.4)), any_colour(random)
        u, v = across / size, up / size
        if kind < 0.25:
            mark = np.sin(2 * np.pi * (u * random.uniform(0, 1) + v)) > 0.2
        elif kind < 0.5:
            mark = ((u % 1 - 0.5) ** 2 + (v % 1 - 0.5) ** 2) < 0.07
        else:
            mark = (u % 1 < 0.5) ^ (v % 1 < 0.5)
        surface = np.where(mark[..., None], painted(other, (light * weave).astype(np.float32)), surface)
    return surface.astype(np.float32)


def _folds(canvas: Canvas, shape: str, random: Random) -> None:
    """Draw the pleats of a surgical mask, or the two seams between three panels."""
    heights = (-1.9, -3.4, -4.9) if shape == "surgical" else (-0.9, -6.1)
    for height in heights:
        sag = 0.5 if shape == "surgical" else (-1.6 if height > -3 else 1.5)
        x = np.linspace(-5.9, 5.9, 40)
        path = np.column_stack([x, height - sag * (1 - (x / 5.9) ** 2)])
        path[:, 1] += random.uniform(-0.15, 0.15)
        fold = canvas.line(canvas.frame.place(path, 0.35), 0.22).softened(0.08 * canvas.cm)
        on_mask = np.minimum(fold.opacity, canvas.hidden[fold.slices()])
        canvas.shade(Patch(fold.left, fold.top, on_mask), 0.22)


def _nose_clip(canvas: Canvas, top: float) -> None:
    path = smooth([(-2.2, 0.3 + top), (0, 1.0 + top), (2.2, 0.3 + top)], closed=False)
    canvas.shade(canvas.line(canvas.frame.place(path, 0.4), 0.3).softened(0.1 * canvas.cm), 0.1)


def _loops(canvas: Canvas, shape: str, colour: Colour, down: float) -> None:
    """Draw the bands to the ears, as far as they are in front of the cheeks."""
    edge = 6.9 if shape == "three panels" else 5.9
    for side in (-1.0, 1.0):
        for start, end in ((-0.8 + down, 1.6), (-4.6, -1.2)):
            path = smooth(
                [(side * edge * 0.95, start), (side * 7.0, (start + end) / 2 + 0.2), (side * 7.7, end)], closed=False
            )
            placed = canvas.frame.place_at(path, np.linspace(1.5, -2.2, len(path)))
            canvas.shade(canvas.line(placed + 0.08 * canvas.cm, 0.2).softened(1.0), 0.2)
            canvas.lay(canvas.line(placed, 0.18), colour)
