"""What changes the look of skin and hides nothing: make-up, freckles, another tone, earrings, piercings."""

import cv2
import numpy as np

from gwansang.vision.drawn.canvas import Canvas, Colour, Patch
from gwansang.vision.drawn.regions import EYE_RINGS, LIP_RINGS
from gwansang.vision.drawn.shapes import Random, any_colour, mixed, painted, scaled, smooth, superellipse

_METALS: tuple[Colour, ...] = ((206, 172, 96), (196, 198, 204), (226, 176, 152), (60, 60, 66))
_LIPSTICKS: tuple[Colour, ...] = (
    (178, 24, 44),
    (206, 84, 98),
    (120, 24, 52),
    (206, 120, 104),
    (222, 60, 130),
    (86, 30, 40),
)
_UPPER_LIDS = ((33, 246, 161, 160, 159, 158, 157, 173, 133), (263, 466, 388, 387, 386, 385, 384, 398, 362))


def draw_make_up(canvas: Canvas, random: Random) -> None:
    """Draw lipstick, eye shadow, a line on the lids, and blush; not all of them on every face."""
    lips = canvas.outline(*(canvas.frame.points[list(ring), :2] for ring in LIP_RINGS)).softened(0.05 * canvas.cm + 0.5)
    _tint(canvas, lips, _LIPSTICKS[int(random.integers(len(_LIPSTICKS)))], float(random.uniform(0.35, 0.75)))
    shadow = any_colour(random)
    for side, lid in zip((-1.0, 1.0), _UPPER_LIDS, strict=True):
        above = smooth([(side * 1.7, 3.0), (side * 3.2, 4.1), (side * 4.9, 3.4)], closed=False)
        edge = canvas.frame.points[list(lid), :2]
        outline = np.vstack([edge, canvas.frame.place(above)])
        lids = canvas.outline(outline).softened(0.12 * canvas.cm)
        _tint(canvas, _outside_eyes(canvas, lids), shadow, float(random.uniform(0.15, 0.5)))
        if random.random() < 0.6:
            liner = canvas.line(edge, 0.12).softened(0.6)
            canvas.lay(_outside_eyes(canvas, liner), (24, 18, 18), 0.8, hides=False)
        cheek = superellipse(side * 4.6, -0.6, 2.0, 1.2, 2.0, side * 0.4)
        blush = canvas.outline(canvas.frame.place(cheek), margin=2.0)
        _tint(canvas, blush.softened(0.6 * canvas.cm), (226, 96, 104), float(random.uniform(0.1, 0.35)))


def draw_freckles(canvas: Canvas, random: Random) -> None:
    """Draw 80 to 300 freckles and some moles on nose, cheeks and forehead."""
    count = int(random.integers(80, 300))
    spread = np.column_stack([random.normal(0, 3.4, count), random.normal(0.2, 1.6, count)])
    moles = np.column_stack([random.uniform(-5, 5, 4), random.uniform(-8, 7, 4)])
    brown = mixed(canvas.skin, (96, 50, 26), 0.55)
    radii = np.concatenate([random.uniform(0.04, 0.11, count), random.uniform(0.1, 0.2, 4)])
    for (x, y), radius in zip(canvas.frame.place(np.vstack([spread, moles])), radii, strict=True):
        size = max(float(radius) * canvas.cm, 0.6)
        spot = canvas.outline(superellipse(x, y, size, size), margin=0.2).softened(0.5)
        canvas.lay(_outside_eyes(canvas, spot), brown, float(random.uniform(0.3, 0.65)), hides=False)


def draw_darker_skin(canvas: Canvas, random: Random) -> None:
    """Give all skin a darker tone."""
    _change_tone(canvas, float(random.uniform(0.5, 0.8)))


def draw_lighter_skin(canvas: Canvas, random: Random) -> None:
    """Give all skin a lighter tone."""
    _change_tone(canvas, float(random.uniform(1.1, 1.3)))


def draw_earrings(canvas: Canvas, random: Random) -> None:
    """Draw studs, drops or hoops below the ears."""
    metal = _METALS[int(random.integers(len(_METALS)))]
    kind, size = int(random.integers(3)), float(random.uniform(0.8, 1.6))
    for side in (-1.0, 1.0):
        x, y = side * 8.3, -2.2
        if kind == 0:
            parts = [canvas.outline(canvas.frame.place_at(superellipse(x, y, 0.4 * size, 0.4 * size), -2.0))]
        elif kind == 1:
            drop = canvas.frame.place_at(superellipse(x, y - 1.2 * size, 0.4 * size, 0.9 * size, 1.6), -2.0)
            chain = canvas.frame.place_at([(x, y), (x, y - 0.6 * size)], -2.0)
            parts = [canvas.line(chain, 0.1), canvas.outline(drop)]
        else:
            hoop = canvas.frame.place_at(superellipse(x, y - 1.4 * size, 1.2 * size, 1.4 * size), -2.0)
            parts = [canvas.line(hoop, 0.2, closed=True)]
        for patch in parts:
            canvas.shadow(patch, 0.3, 0.1, 0.1)
            canvas.lay(patch.softened(0.6), painted(metal, 0.6 + 0.5 * patch.roundness(0.2 * canvas.cm)), hides=False)


def draw_piercings(canvas: Canvas, random: Random) -> None:
    """Draw small rings and studs at a nose wing, a brow's end and the lower lip."""
    metal = _METALS[int(random.integers(len(_METALS)))]
    side = float(random.choice((-1, 1)))
    places = [(side * 1.75, -1.5), (side * 5.2, 4.9), (side * 1.0, -6.0), (0.0, -5.9)]
    for n in random.choice(len(places), int(random.integers(1, 4)), replace=False):
        x, y = places[int(n)]
        outline = canvas.frame.place(superellipse(x, y, 0.17, 0.17), 0.1)
        stud = canvas.outline(outline, margin=0.5)
        canvas.shadow(stud, 0.4, 0.06, 0.06)
        canvas.lay(stud.softened(0.5), painted(metal, 0.6 + 0.6 * stud.roundness(0.12 * canvas.cm)), hides=False)


def _tint(canvas: Canvas, patch: Patch, colour: Colour, strength: float) -> None:
    """Colour the skin and keep its light and shade."""
    place = canvas.picture[patch.slices()]
    luma = place.mean(axis=2) / canvas.light
    level = float((luma * patch.opacity).sum() / max(float(patch.opacity.sum()), 1.0))
    depth = 0.45 + 0.55 * level / max(sum(canvas.skin) / 3, 1.0)
    canvas.lay(patch, painted(scaled(colour, depth), luma / max(level, 1.0)), strength, hides=False)


def _outside_eyes(canvas: Canvas, patch: Patch) -> Patch:
    """Return the patch without what lies between the lids."""
    opacity = patch.opacity.copy()
    for ring in EYE_RINGS:
        eye = np.zeros(opacity.shape, np.uint8)
        corners = canvas.frame.points[list(ring), :2] - (patch.left, patch.top)
        cv2.fillPoly(eye, [np.rint(corners * 16).astype(np.int32)], 255, cv2.LINE_8, 4)
        opacity[eye > 0] = 0
    return Patch(patch.left, patch.top, opacity)


def _change_tone(canvas: Canvas, factor: float) -> None:
    """Change the light of what has the colour of the cheeks, in and around the face."""
    outline = canvas.frame.place_at(superellipse(0, -1, 9, 13), 1.0)
    patch = canvas.outline(outline, margin=2.0).softened(1.5 * canvas.cm)
    place = patch.slices()
    lab = cv2.cvtColor(np.clip(canvas.picture[place], 0, 255) / np.float32(255), cv2.COLOR_RGB2LAB)
    skin = np.array([[[channel * canvas.light / 255 for channel in canvas.skin]]], np.float32)
    away = lab - cv2.cvtColor(skin, cv2.COLOR_RGB2LAB)[0, 0]
    alike = np.exp(-((away[..., 0] / 45) ** 2) - (away[..., 1] / 13) ** 2 - (away[..., 2] / 13) ** 2)
    alike = cv2.GaussianBlur(alike, (0, 0), 0.15 * canvas.cm).astype(np.float32)
    share = _outside_eyes(canvas, Patch(patch.left, patch.top, patch.opacity * np.clip(1.6 * alike, 0, 1)))
    gains = np.float32(factor) ** np.array([0.85, 1.05, 1.2], np.float32)  # dark skin is warmer
    canvas.picture[place] *= 1 + (gains - 1) * share.opacity[..., None]
