"""Hair drawn strand by strand: over an eye, over or above the brows, and on chin and lip."""

from collections.abc import Sequence

import cv2
import numpy as np

from gwansang.vision.drawn.canvas import Canvas, Colour
from gwansang.vision.drawn.shapes import HAIRS, Random, pick, scaled, smooth
from gwansang.vision.face import Points

_NATURAL = HAIRS[:10]
_CELLS_PER_CM = 20
_BANGS, _LOCK = 520, 420  # strands
# half of a beard from the ear to the middle, x away from it; the lips stay free
_FULL_BEARD = [
    (7.4, 0.4), (6.6, -0.2), (6.2, -2.2), (5.0, -3.9), (3.4, -3.9), (2.6, -3.3), (1.2, -2.7), (0, -2.75), (0, -3.3),
    (1.0, -3.2), (2.7, -4.3), (1.4, -5.7), (0, -5.6), (0, -10.2), (2.4, -9.8), (4.6, -8.2), (6.3, -5.9), (7.3, -2.8),
]  # fmt: skip
_GOATEE = [(0, -5.7), (0.9, -5.8), (2.3, -5.4), (3.0, -6.5), (2.6, -8.4), (1.3, -9.7), (0, -10.0)]
_MOUSTACHE = [(0, -2.7), (1.2, -2.6), (2.4, -3.2), (3.3, -4.4), (2.9, -4.7), (2.2, -3.9), (1.0, -3.25), (0, -3.35)]


def draw_hair_over_eye(canvas: Canvas, random: Random) -> None:
    """Draw a lock that falls from the parting over one eye."""
    side = float(random.choice((-1, 1)))
    inner = [(-side * random.uniform(0.5, 2.5), 12.0), (side * 0.2, 6.8), (side * random.uniform(0.9, 1.5), 3.0),
             (side * random.uniform(1.4, 2.4), 0.2), (side * random.uniform(3.0, 5.0), -4.5)]  # fmt: skip
    outer = [(side * 3.5, 12.4), (side * 7.4, 8.6), (side * 8.2, 3.5), (side * 8.0, -1.0), (side * 7.4, -5.5)]
    _draw_curtain(canvas, random, np.array(inner), np.array(outer), wave=float(random.uniform(0.1, 0.45)))


def draw_bangs_over_brows(canvas: Canvas, random: Random) -> None:
    """Draw bangs that hide forehead and brows and end at the upper lids."""
    _draw_bangs(canvas, random, float(random.uniform(3.2, 3.7)))


def draw_bangs_above_brows(canvas: Canvas, random: Random) -> None:
    """Draw bangs that end above the brows."""
    _draw_bangs(canvas, random, float(random.uniform(6.4, 7.2)))


def draw_beard(canvas: Canvas, random: Random) -> None:
    """Draw a full beard, short or long, that leaves the lips free."""
    colour = _hair_colour(canvas, random, _NATURAL)
    _draw_fuzz(canvas, random, _FULL_BEARD, colour, int(random.integers(2200, 3800)), float(random.uniform(0.35, 1.0)))


def draw_moustache(canvas: Canvas, random: Random) -> None:
    """Draw a moustache, a goatee, or both."""
    colour = _hair_colour(canvas, random, _NATURAL)
    kind = int(random.integers(3))
    if kind != 1:
        _draw_fuzz(canvas, random, _MOUSTACHE, colour, 700, float(random.uniform(0.4, 0.7)), sideways=True)
    if kind != 0:
        _draw_fuzz(canvas, random, _GOATEE, colour, 900, float(random.uniform(0.4, 1.0)))


def draw_stubble(canvas: Canvas, random: Random) -> None:
    """Draw the stubble of some days."""
    colour = _hair_colour(canvas, random, _NATURAL[:4])
    _draw_fuzz(canvas, random, _FULL_BEARD, colour, int(random.integers(1800, 3200)), float(random.uniform(0.08, 0.2)))


def _draw_bangs(canvas: Canvas, random: Random, end: float) -> None:
    """Draw hair from the crown down to a level, straight, slanted or arched."""
    across = np.linspace(-1, 1, 9)
    slant, arch = random.uniform(-0.25, 0.25), random.uniform(-0.1, 0.3)
    tips = np.column_stack([6.6 * across, end + np.maximum(slant * across, -0.2) + arch * across**2])
    roots = np.column_stack([5.6 * across, 12.4 - 2.6 * across**2])
    u = random.uniform(-1, 1, _BANGS)
    v = np.clip(u + random.normal(scale=0.04, size=_BANGS), -1, 1)
    root = np.column_stack([np.interp(u, across, row) for row in roots.T])
    tip = np.column_stack([np.interp(v, across, row) for row in tips.T])
    tip[:, 1] += abs(random.normal(scale=0.16, size=_BANGS))
    middle = (root + tip) / 2 + np.column_stack([0.7 * u, np.full(_BANGS, 0.1)])
    body = smooth(np.vstack([roots, tips[::-1] + np.array([0, 0.5])]), closed=False)
    _draw_strands(canvas, random, body, np.stack([root, middle, tip], axis=1))


def _draw_curtain(canvas: Canvas, random: Random, inner: Points, outer: Points, wave: float) -> None:
    """Draw hair that fills the area between two curves from the roots to the tips."""
    along = np.linspace(0, 1, len(inner))
    share = random.uniform(0, 1, (_LOCK, 1))
    shares = np.clip(share + random.normal(scale=0.06, size=(_LOCK, 1)) * along, -0.03, 1.03)[..., None]
    paths = (1 - shares) * inner + shares * outer
    paths[..., 0] += wave * np.sin(2 * np.pi * (1.3 * along + 0.4 * share)) * along
    paths[:, -1] += (paths[:, -2] - paths[:, -1]) * random.uniform(0, 1, (_LOCK, 1))
    body = np.vstack([smooth(inner[:-1], closed=False), smooth(outer[:-1], closed=False)[::-1]])
    _draw_strands(canvas, random, body, paths)


def _draw_strands(canvas: Canvas, random: Random, body: Points, paths: Points) -> None:
    """Draw the shadow, the dark inside and the (n, k, 2) strands of a mass of hair, all given in cm."""
    colour = _hair_colour(canvas, random)
    placed = canvas.frame.place(paths.reshape(-1, 2), 0.5).reshape(paths.shape)
    patch = canvas.outline(canvas.frame.place(body, 0.4), margin=1.5)
    canvas.shadow(patch, 0.4, 0.35, 0.2)
    canvas.lay(patch.softened(0.15 * canvas.cm), scaled(colour, 0.7), 0.97)
    colours = [scaled(colour, float(factor)) for factor in random.uniform(0.7, 1.4, len(paths))]
    canvas.strands(list(smooth(placed, closed=False, steps=5)), colours, 0.07, 0.95)


def _draw_fuzz(
    canvas: Canvas, random: Random, half: Sequence[tuple[float, float]], colour: Colour, count: int, length: float, *,
    sideways: bool = False,
) -> None:  # fmt: skip
    """Draw single hairs of a length in cm all over an area, given by its half, and darken the skin below them."""
    area = np.zeros((20 * _CELLS_PER_CM, 10 * _CELLS_PER_CM), np.uint8)
    corners = np.array(half) * (1, -1) * _CELLS_PER_CM + (0, 5 * _CELLS_PER_CM)
    cv2.fillPoly(area, [corners.astype(np.int32)], 255)
    rows, columns = np.nonzero(area)
    chosen = random.integers(len(rows), size=count)
    side = random.choice((-1.0, 1.0), count)
    x = side * (columns[chosen] + random.uniform(0, 1, count)) / _CELLS_PER_CM
    y = 5 - (rows[chosen] + random.uniform(0, 1, count)) / _CELLS_PER_CM
    lean = np.where(sideways, side * 1.4, 0.12 * x) + random.normal(scale=0.35, size=count)
    step = np.column_stack([lean, np.full(count, -1.0)])
    step *= (length * random.uniform(0.5, 1.3, count) / np.linalg.norm(step, axis=1))[:, None] / 2
    curl = random.normal(scale=0.06, size=(count, 2)) * length
    root = np.column_stack([x, y])
    joints = np.stack([root, root + step + curl, root + 2 * step], axis=1)
    placed = canvas.frame.place(joints.reshape(-1, 2), 0.1).reshape(count, 3, 2)
    for mirror in (-1.0, 1.0):
        below = canvas.outline(canvas.frame.place(np.array(half) * (mirror, 1.0)), margin=1.0)
        canvas.shade(below.softened(0.25 * canvas.cm), 0.12 + 0.2 * min(length, 1.0))
    colours = [scaled(colour, float(factor)) for factor in random.uniform(0.7, 1.5, count)]
    canvas.strands(list(placed), colours, 0.045, 0.9, hides=False)


def _hair_colour(canvas: Canvas, random: Random, choices: Sequence[Colour] = HAIRS) -> Colour:
    """Return the colour above the forehead if that is no skin, or any hair colour."""
    (x, y) = canvas.frame.place_at([(0.0, 10.8)], 3.5)[0].round().astype(int)
    height, width = canvas.hidden.shape
    own = canvas.picture[min(max(y, 0), height - 1), min(max(x, 0), width - 1)] / canvas.light
    if random.random() < 0.5 and float(own.sum()) < 0.6 * sum(canvas.skin):
        red, green, blue = own.tolist()
        return red, green, blue
    return pick(random, choices)
