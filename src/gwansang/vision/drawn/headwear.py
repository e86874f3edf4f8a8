"""Hats, hoods and headscarves, over the brows or clear of them."""

import numpy as np

from gwansang.vision.drawn.canvas import Canvas, Colour, Patch
from gwansang.vision.drawn.shapes import Random, any_colour, mottled, painted, scaled, smooth
from gwansang.vision.face import Points

_OVER_BROWS_Y, _ABOVE_BROWS_Y = (3.3, 3.8), (6.3, 7.2)
HAT_SHAPES = ("knitted", "cap", "brimmed", "band")


def draw_hat_over_brows(canvas: Canvas, random: Random) -> None:
    """Draw a hat that is pulled over forehead and brows."""
    _draw_hat(canvas, random, float(random.uniform(*_OVER_BROWS_Y)))


def draw_hat_above_brows(canvas: Canvas, random: Random) -> None:
    """Draw a hat that leaves the brows and some of the forehead free."""
    _draw_hat(canvas, random, float(random.uniform(*_ABOVE_BROWS_Y)))


def draw_headscarf_over_brows(canvas: Canvas, random: Random) -> None:
    """Draw a headscarf that hides the brows and frames the face."""
    _draw_headscarf(canvas, random, float(random.uniform(*_OVER_BROWS_Y)))


def draw_headscarf_above_brows(canvas: Canvas, random: Random) -> None:
    """Draw a headscarf that leaves brows and cheeks free."""
    _draw_headscarf(canvas, random, float(random.uniform(*_ABOVE_BROWS_Y)))


def _draw_hat(canvas: Canvas, random: Random, edge: float) -> None:
    shape = HAT_SHAPES[int(random.integers(len(HAT_SHAPES)))]
    colour = any_colour(random)
    crown = canvas.outline(_crown(canvas, edge, band=shape == "band"), margin=1.5)
    canvas.shadow(crown, 0.4, 0.35, 0.3)
    crown = crown.softened(1.0)
    light = 0.68 + 0.32 * crown.roundness(3.5 * canvas.cm)
    if shape in ("knitted", "band"):
        across, _ = canvas.frame.cm_of(*crown.grid(), depth=5.0)
        light = light * (1 + 0.07 * np.sin(2 * np.pi * across / 0.55))
    light = (light * mottled(light.shape, random, 0.2 * canvas.cm, 0.03)).astype(np.float32)
    canvas.lay(crown, painted(colour, light))
    if shape == "knitted":
        _draw_cuff(canvas, edge, scaled(colour, 0.9), random)
    elif shape in ("cap", "brimmed"):
        _draw_brim(canvas, edge, shape, colour, random)


def _crown(canvas: Canvas, edge: float, *, band: bool) -> Points:
    """Return the outline of what sits on the head from a level of the forehead up, in pixels."""
    lower = smooth(
        [(-8.3, edge - 0.9), (-5.5, edge - 0.1), (-2.5, edge), (0, edge + 0.1), (2.5, edge), (5.5, edge - 0.1),
         (8.3, edge - 0.9)], closed=False
    )  # fmt: skip
    front = canvas.frame.place(lower, 0.4)
    if band:
        return np.vstack([front, canvas.frame.place(lower[::-1] + np.array([0.0, 3.2]), 0.4)])
    top = 15.5
    upper = [(8.8, edge + 3), (7.6, top - 2.5), (3.8, top - 0.3), (0, top), (-3.8, top - 0.3), (-7.6, top - 2.5),
             (-8.8, edge + 3)]  # fmt: skip
    return np.vstack([front, canvas.frame.place_at(smooth(upper, closed=False), 1.5)])


def _draw_cuff(canvas: Canvas, edge: float, colour: Colour, random: Random) -> None:
    high = float(random.uniform(1.8, 3.0))
    lower = smooth([(-8.5, edge - 1.0), (-5, edge - 0.1), (0, edge), (5, edge - 0.1), (8.5, edge - 1.0)], closed=False)
    outline = np.vstack([canvas.frame.place(lower, 0.7), canvas.frame.place(lower[::-1] + np.array([0, high]), 0.7)])
    cuff = canvas.outline(outline, margin=1.0)
    canvas.shadow(cuff, 0.25, 0.2, -0.2)
    cuff = cuff.softened(1.0)
    across, _ = canvas.frame.cm_of(*cuff.grid(), depth=5.0)
    light = (0.75 + 0.25 * cuff.roundness(1.2 * canvas.cm)) * (1 + 0.1 * np.sin(2 * np.pi * across / 0.7))
    canvas.lay(cuff, painted(colour, light.astype(np.float32)))


def _draw_brim(canvas: Canvas, edge: float, shape: str, colour: Colour, random: Random) -> None:
    """Draw a peak before the forehead or a brim around it; its lower edge is at the level of the hat's edge."""
    wide = 7.0 if shape == "cap" else 12.5
    high = 2.0 if shape == "cap" else 1.5
    x = np.linspace(-wide, wide, 40)
    lower = np.column_stack([x, edge + 0.7 - 1.2 * (1 - (x / wide) ** 2)])
    upper = lower + np.column_stack([np.zeros(40), high * (1 - np.abs(x / wide) ** 3) + 0.15])
    outline = np.vstack([lower, upper[::-1]])
    brim = canvas.outline(canvas.frame.place_at(outline, 7.0), margin=1.5)
    canvas.shadow(brim, 0.35, 0.3, 0.35)
    brim = brim.softened(0.8)
    light = (0.7 + 0.2 * brim.roundness(0.8 * canvas.cm)) * mottled(brim.opacity.shape, random, 0.2 * canvas.cm, 0.02)
    canvas.lay(brim, painted(scaled(colour, float(random.uniform(0.7, 1.0))), light.astype(np.float32)))


def _draw_headscarf(canvas: Canvas, random: Random, edge: float) -> None:
    """Draw cloth around the whole face; the opening ends at the edge above, and beside the cheeks."""
    opening = smooth(
        [(0, edge + 0.2), (3.6, edge), (6.4, edge - 1.6), (7.0, 0.5), (6.6, -3.2), (5.0, -7.0), (2.5, -9.2), (0, -9.8),
         (-2.5, -9.2), (-5.0, -7.0), (-6.6, -3.2), (-7.0, 0.5), (-6.4, edge - 1.6), (-3.6, edge)]
    )  # fmt: skip
    outer = smooth(
        [(0, 13.6), (6, 12.2), (9.8, 7), (10.6, 0), (10, -7), (12, -15), (0, -18), (-12, -15), (-10, -7), (-10.6, 0),
         (-9.8, 7), (-6, 12.2)]
    )  # fmt: skip
    frame = canvas.frame
    cloth = canvas.outline(frame.place_at(outer, 0.5), frame.place(opening, 0.3), margin=1.5)
    canvas.shadow(cloth, 0.4, 0.3, 0.1)
    cloth = cloth.softened(0.9)
    light = (0.72 + 0.26 * cloth.roundness(1.6 * canvas.cm)) * _drapes(canvas, cloth, random)
    canvas.lay(cloth, painted(any_colour(random), light.astype(np.float32)))


def _drapes(canvas: Canvas, cloth: Patch, random: Random) -> Points:
    """Return the light on folds that run around the face."""
    across, up = canvas.frame.cm_of(*cloth.grid(), depth=3.0)
    radius = np.hypot(across, 0.8 * (up + 0.5))
    angle = np.arctan2(across, up + 0.5)
    turns, phases = random.integers(1, 4, 2), random.uniform(0, 6, 3)
    bent = radius * (1 + 0.15 * np.sin(turns[0] * angle + phases[0])) * random.uniform(1.2, 2.6)
    waves = np.sin(bent + phases[1]) * (0.6 + 0.4 * np.sin(turns[1] * angle + phases[2]))
    light: Points = (1 + 0.08 * waves) * mottled(cloth.opacity.shape, random, 1.0, 0.015)
    return light
