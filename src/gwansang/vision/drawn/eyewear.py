"""Glasses: opaque lenses that hide the eyes, clear ones that don't, and a patch over one eye."""

import numpy as np

from gwansang.vision.drawn.canvas import Canvas, Colour, Patch, Plane
from gwansang.vision.drawn.shapes import Random, any_colour, mixed, painted, scaled, smooth, superellipse
from gwansang.vision.face import Points

_EYE_Y, _LENS_X = 2.35, 3.35
_FRONT_CM, _WRAP = 5.6, 0.035  # depth of the bridge; how fast the rims recede to the sides
LENS_SHAPES = ("round", "aviator", "trapezoid", "rectangle", "cat-eye", "large", "shield", "sport", "hexagon", "oval")
_DARK: tuple[Colour, ...] = ((14, 14, 16), (38, 26, 18), (22, 34, 26), (28, 30, 44), (54, 30, 34), (60, 58, 56))
_MIRRORS: tuple[tuple[Colour, Colour], ...] = (
    ((188, 202, 214), (66, 82, 96)),
    ((240, 168, 60), (150, 44, 60)),
    ((70, 150, 220), (90, 60, 150)),
    ((90, 190, 150), (30, 70, 90)),
    ((214, 180, 120), (120, 86, 60)),
)
_RIMS: tuple[Colour, ...] = (
    (18, 17, 18),
    (70, 44, 26),
    (176, 146, 92),
    (168, 170, 174),
    (130, 28, 34),
    (236, 232, 226),
    (34, 48, 92),
)


def draw_sunglasses(canvas: Canvas, random: Random) -> None:
    """Draw glasses whose lenses hide the eyes: opacity 0.85 to 1, plain, shaded from top to bottom, or mirrors."""
    shape = LENS_SHAPES[int(random.integers(len(LENS_SHAPES)))]
    size = float(random.uniform(0.96, 1.14))
    lenses = _lenses(canvas, shape, size)
    rim = _RIMS[int(random.integers(len(_RIMS)))]
    _arms(canvas, rim, float(random.uniform(0.2, 0.5)), hidden_from=5.6 * size)
    for lens in lenses:
        canvas.shadow(canvas.outline(lens, margin=1.5), 0.35, 0.3)
    colours = _lens_colours(random)
    for lens in lenses:
        patch = canvas.outline(lens).softened(0.6)
        canvas.lay(patch, _lens_surface(canvas, patch, lens, colours, random), float(random.uniform(0.85, 1.0)))
        _glint(canvas, patch, lens, random, strength=float(random.uniform(0.05, 0.3)))
    _rims(canvas, shape, lenses, rim, float(random.choice((0.08, 0.2, 0.35, 0.5))))


def draw_clear_glasses(canvas: Canvas, random: Random) -> None:
    """Draw glasses with clear lenses, thin or thick rims and a slight reflection: the eyes stay in sight."""
    _draw_clear(canvas, random, float(random.uniform(0.06, 0.16)))


def draw_thick_glasses(canvas: Canvas, random: Random) -> None:
    """Draw glasses with clear lenses in rims of 4 to 6 mm, whose upper edge may lie over the brows' lower edge."""
    _draw_clear(canvas, random, float(random.uniform(0.4, 0.6)))


def _draw_clear(canvas: Canvas, random: Random, width: float) -> None:
    choices = ("round", "rectangle", "trapezoid", "cat-eye", "hexagon", "oval", "large")
    shape = choices[int(random.integers(len(choices)))]
    lenses = _lenses(canvas, shape, float(random.uniform(0.98, 1.1)))
    rim = _RIMS[int(random.integers(len(_RIMS)))] if random.random() < 0.7 else any_colour(random)
    _arms(canvas, rim, max(width, 0.12), hidden_from=5.4)
    for lens in lenses:
        canvas.shadow(canvas.line(lens, width, closed=True), 0.25, 0.12, 0.12)
        patch = canvas.outline(lens)
        canvas.lay(patch, (236, 242, 248), float(random.uniform(0.0, 0.06)), hides=False)
        _glint(canvas, patch, lens, random, strength=float(random.uniform(0.0, 0.16)))
    _rims(canvas, shape, lenses, rim, width)


def draw_eye_patch(canvas: Canvas, random: Random) -> None:
    """Draw a patch or a plaster over one eye."""
    side = float(random.choice((-1, 1)))
    colour = ((24, 23, 24), (236, 226, 206), (226, 188, 150), (240, 240, 238))[int(random.integers(4))]
    outline = superellipse(
        side * 3.3, 2.5, random.uniform(2.7, 3.3), random.uniform(2.1, 2.6), float(random.uniform(2.2, 3.5))
    )
    patch = canvas.outline(canvas.frame.place(outline, 0.5), margin=1.5)
    if random.random() < 0.6:
        band = smooth([(-7.6, 3.4 - 1.6 * side), (0, 4.6), (7.6, 3.4 + 1.6 * side)], closed=False)
        canvas.lay(canvas.line(canvas.frame.place(band, 0.2), 0.35), scaled(colour, 0.85))
    canvas.shadow(patch, 0.35, 0.25)
    canvas.lay(patch.softened(0.7), painted(colour, 0.78 + 0.27 * patch.roundness(1.2 * canvas.cm)))


def _lenses(canvas: Canvas, shape: str, size: float) -> list[Points]:
    """Return the outlines of the lenses in pixels; a shield is one."""
    if shape == "shield":
        return [_placed(canvas, np.array(_SHIELD) * (size, 1.0))]
    right = _lens(shape) * size
    return [_placed(canvas, right * (side, 1.0) + (side * _LENS_X * size, _EYE_Y)) for side in (-1.0, 1.0)]


_SHIELD = smooth(
    [(-6.9, 4.2), (0, 4.5), (6.9, 4.2), (6.9, 1.6), (4.6, 0.2), (1.6, 0.9), (0, 2.0), (-1.6, 0.9), (-4.6, 0.2),
     (-6.9, 1.6)]
)  # fmt: skip


def _lens(shape: str) -> Points:
    """Return the outline of a lens around its centre in cm; x away from the nose."""
    if shape == "round":
        return superellipse(0, 0, 2.45, 2.45)
    if shape == "oval":
        return superellipse(0, 0, 2.7, 1.9)
    if shape == "rectangle":
        return superellipse(0, 0.1, 2.75, 1.8, 5)
    if shape == "large":
        return superellipse(0.1, -0.35, 2.9, 2.9, 3.2)
    if shape == "hexagon":
        return np.array([(-1.4, 2.0), (1.5, 2.0), (2.7, 0.1), (1.5, -2.1), (-1.4, -2.1), (-2.4, 0.0)])
    corners = {
        "aviator": [(-2.2, 1.6), (0, 1.9), (2.5, 1.6), (2.9, 0.2), (1.8, -2.2), (0, -2.9), (-1.6, -2.0), (-2.3, 0)],
        "trapezoid": [(-2.4, 1.5), (0, 1.8), (2.9, 1.9), (2.9, 0.3), (2.0, -1.8), (0, -2.1), (-1.9, -1.7), (-2.4, 0)],
        "cat-eye": [(-2.4, 0.9), (0, 1.6), (2.9, 2.2), (2.8, 0.2), (1.6, -1.7), (-0.3, -2.0), (-2.0, -1.4), (-2.5, 0)],
        "sport": [(-2.4, 1.2), (0, 1.8), (3.4, 1.7), (3.6, 0.2), (1.9, -1.5), (-0.6, -1.9), (-2.2, -1.2), (-2.5, 0)],
    }
    return smooth(corners[shape])


def _placed(canvas: Canvas, outline: Points) -> Points:
    return canvas.frame.place_at(outline, _FRONT_CM - _WRAP * outline[:, 0] ** 2)


def _lens_colours(random: Random) -> tuple[Colour, Colour]:
    """Return the colours of a lens's top and bottom."""
    kind = random.random()
    if kind < 0.25:
        return _MIRRORS[int(random.integers(len(_MIRRORS)))]
    top = _DARK[int(random.integers(len(_DARK)))] if kind < 0.8 else scaled(any_colour(random), 0.6)
    return top, mixed(top, (150, 140, 134), float(random.uniform(0.15, 0.5))) if random.random() < 0.5 else top


def _lens_surface(canvas: Canvas, patch: Patch, lens: Points, colours: tuple[Colour, Colour], random: Random) -> Plane:
    """Return the colour of a lens, with the dim reflection of a horizon."""
    x, y = patch.grid()
    top, bottom = lens[:, 1].min(), lens[:, 1].max()
    down = np.clip((y - top) / (bottom - top), 0, 1)[..., None]
    surface = (1 - down) * np.asarray(colours[0]) + down * np.asarray(colours[1])
    horizon = top + (bottom - top) * random.uniform(0.35, 0.65) + 0.1 * (x - lens[:, 0].mean()) * random.uniform(-1, 1)
    sky = 1 / (1 + np.exp((y - horizon) / (0.12 * canvas.cm)))[..., None]
    reflecting: Plane = np.clip(surface * (1 + 0.22 * sky) + 8 * sky, 0, 255).astype(np.float32)
    return reflecting


def _glint(canvas: Canvas, patch: Patch, lens: Points, random: Random, strength: float) -> None:
    """Draw a slanted band of light on a lens."""
    x, y = patch.grid()
    centre, width = lens.mean(axis=0), float(np.ptp(lens[:, 0]))
    along = ((x - centre[0]) + 0.7 * (y - centre[1])) / width - random.uniform(-0.3, 0.3)
    band = np.exp(-((along / random.uniform(0.08, 0.2)) ** 2)).astype(np.float32)
    light = Patch(patch.left, patch.top, patch.opacity * band)
    canvas.lay(light, (246, 249, 255), strength, hides=False)


def _rims(canvas: Canvas, shape: str, lenses: list[Points], colour: Colour, width: float) -> None:
    paths = [canvas.line(lens, width, closed=True) for lens in lenses]
    if shape != "shield":
        bridge = _placed(canvas, smooth([(-1.15, 2.7), (0, 3.15), (1.15, 2.7)], closed=False))
        paths.append(canvas.line(bridge, max(width, 0.16)))
    for patch in paths:
        light = 0.8 + 0.4 * patch.roundness(max(width * canvas.cm / 2, 1.0))
        canvas.lay(patch.softened(0.5), painted(colour, light))


def _arms(canvas: Canvas, colour: Colour, width: float, hidden_from: float) -> None:
    """Draw the arms from the rims to the ears; on a turned head the far one is behind the face and isn't drawn."""
    for side in (-1.0, 1.0):
        x = np.linspace(hidden_from, 7.75, 12)
        depth = np.linspace(_FRONT_CM - _WRAP * hidden_from**2, -1.5, 12)
        path = canvas.frame.place_at(np.column_stack([side * x, np.linspace(3.0, 2.7, 12)]), depth)
        if side * (path[-1, 0] - path[0, 0]) > 0.1 * canvas.cm:
            canvas.lay(canvas.line(path, min(width, 0.35)), scaled(colour, 0.85))
