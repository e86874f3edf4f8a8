"""Cloth on a face: masks, scarves, veils, hats and hoods, and headgear that leaves the brows free."""

import numpy as np

from calibration.covers.fills import any_colour, any_fill
from calibration.covers.scene import BROWS, CHIN, EYES, FOREHEAD_TOP, LIPS, NOSE_ROOT, NOSE_TIP, Alpha, Scene, soften
from gwansang.vision.face import Points

_SIDE_RIGHT = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148)  # from ear to chin
_SIDE_LEFT = (454, 323, 361, 288, 397, 365, 379, 378, 400, 377)


def draw_mask(scene: Scene) -> None:
    """Put a mask on, over the nose or below it, of any colour, with folds, patterns and ear loops."""
    rng = scene.rng
    top = _mask_top(scene)
    start = int(rng.integers(0, 4))
    right = scene.points[list(_SIDE_RIGHT[start:])]
    left = scene.points[list(_SIDE_LEFT[start:])]
    chin = scene.shift(scene.points[CHIN], 0, rng.uniform(-0.3, 1.5))
    grow = rng.uniform(-0.8, 0.5)
    right = right - scene.across * grow * scene.cm
    left = left + scene.across * grow * scene.cm
    corners = np.vstack([top, left, chin, right[::-1]])
    alpha = scene.polygon(corners)
    _draw_loops(scene, right[0], left[0])
    scene.throw_shadow(alpha)
    scene.paint(soften(alpha, 0.7), any_fill(scene, alpha, _mask_colour(scene)), covers=True)
    _draw_folds(scene, alpha, scene.points[NOSE_TIP], scene.points[CHIN])


def _mask_colour(scene: Scene) -> np.ndarray:
    rng = scene.rng
    common = [(240, 240, 242), (150, 195, 225), (20, 20, 22), (200, 225, 235), (240, 190, 200), (60, 70, 110)]
    if rng.random() < 0.5:
        return (np.array(common[rng.integers(len(common))]) + rng.normal(0, 12, 3)).clip(0, 255).astype(np.float32)
    return any_colour(rng)


def _mask_top(scene: Scene) -> Points:
    """Return the upper edge from the right cheek to the left one: over the nose, under it, or below the lower lids."""
    rng = scene.rng
    root, tip, lip = scene.points[NOSE_ROOT], scene.points[NOSE_TIP], scene.points[LIPS[5]]
    if rng.random() < 0.7:
        middle = root + (tip - root) * rng.uniform(0.15, 0.8)
    else:
        middle = tip + (lip - tip) * rng.uniform(0.45, 0.9)
    spread, drop = rng.uniform(1.0, 3.2), rng.uniform(0.0, 1.2)
    return np.array([scene.shift(middle, -spread, drop), middle, scene.shift(middle, spread, drop)])


def _draw_loops(scene: Scene, right: Points, left: Points) -> None:
    rng = scene.rng
    if rng.random() < 0.3:
        return
    colour = any_colour(rng)
    for corner, sign in ((right, -1), (left, 1)):
        for down in rng.uniform(-1.5, 2.5, rng.integers(1, 3)):
            scene.paint(
                scene.line(np.array([corner, scene.shift(corner, 2.5 * sign, down - 2)]), 0.15), colour, covers=False
            )


def _draw_folds(scene: Scene, alpha: Alpha, start: Points, end: Points) -> None:
    rng = scene.rng
    for _ in range(rng.integers(0, 6)):
        place = start + (end - start) * rng.uniform(-0.3, 0.9)
        bend = rng.normal(0, 0.5)
        curve = np.array([scene.shift(place, x, bend * (x / 4) ** 2) for x in np.linspace(-5.5, 5.5, 12)])
        fold = soften(scene.line(curve, rng.uniform(0.05, 0.3)), rng.uniform(0.4, 4)) * alpha
        scene.paint(
            fold * rng.uniform(0.1, 0.6),
            (any_colour(rng) if rng.random() < 0.3 else np.float32([20] * 3)),
            covers=False,
        )


def draw_scarf(scene: Scene) -> None:
    """Wind a scarf, collar or veil over the lower face, from between the eyes and the lips downwards."""
    rng = scene.rng
    places = [scene.middle(EYES[0]) * 0.5 + scene.middle(EYES[1]) * 0.5, scene.points[NOSE_TIP], scene.middle(LIPS)]
    high = rng.uniform(0.35, 1.85)
    low = int(high)
    middle = places[low] + (places[low + 1] - places[low]) * (high - low)
    edge = [
        scene.shift(middle, x, rng.normal(0, 0.25) + rng.uniform(-0.02, 0.02) * x**2) for x in np.linspace(-11, 11, 9)
    ]
    alpha = scene.polygon(np.vstack([edge, scene.shift(middle, 12, 30), scene.shift(middle, -12, 30)]))
    scene.throw_shadow(alpha)
    scene.paint(soften(alpha, rng.uniform(0.5, 2)) * rng.uniform(0.88, 1), any_fill(scene, alpha), covers=True)
    _draw_folds(scene, alpha, middle, scene.points[CHIN])


def draw_hat(scene: Scene) -> None:
    """Pull a hat, hood or headscarf down over the brows, to the upper lids at most."""
    rng = scene.rng
    brows = scene.middle(BROWS[0] + BROWS[1])
    lids = scene.middle((159, 386))
    place = brows + (lids - brows) * rng.uniform(0.35, 0.85)
    _draw_headgear(scene, place, rng.uniform(-0.025, 0.02), covers=True)


def draw_free_hat(scene: Scene) -> None:
    """Put on a hat or headscarf that leaves the brows free; the forehead below it stays seen."""
    rng = scene.rng
    highest = scene.middle((63, 105, 66, 296, 334, 293))
    top = scene.points[FOREHEAD_TOP]
    room = float(np.linalg.norm(top - highest)) / scene.cm
    sag = rng.uniform(-0.01, 0.02)
    place = highest + (top - highest) * rng.uniform(min(0.6 / room, 1), 1.3)
    _draw_headgear(scene, place, sag, covers=True)


def _draw_headgear(scene: Scene, place: Points, sag: float, *, covers: bool) -> None:
    """Paint everything above a curve through a place: a fabric, with a brim or the sides of a scarf."""
    rng = scene.rng
    xs = np.linspace(-11, 11, 15)
    edge = np.array([scene.shift(place, x, sag * x**2) for x in xs])
    alpha = scene.polygon(np.vstack([edge, scene.shift(place, 14, -25), scene.shift(place, -14, -25)]))
    if rng.random() < 0.4:
        alpha = np.maximum(alpha, _scarf_sides(scene))
    scene.throw_shadow(alpha)
    colour = any_colour(rng)
    scene.paint(soften(alpha, 0.6), any_fill(scene, alpha, colour), covers=covers)
    if rng.random() < 0.4:
        rim = scene.line(edge - (0, 0.2 * scene.cm), rng.uniform(0.2, 0.9)) * alpha
        scene.paint(rim, any_fill(scene, rim), covers=covers)
    _draw_folds(scene, alpha, place, scene.shift(place, 0, -5))


def _scarf_sides(scene: Scene) -> Alpha:
    """Return the cloth beside the face and below its chin, which hides nothing but its rim."""
    rng = scene.rng
    middle = scene.points[[*_SIDE_RIGHT, *_SIDE_LEFT]].mean(axis=0)
    top = scene.points[FOREHEAD_TOP]
    ring = np.vstack([scene.points[list(_SIDE_RIGHT)], scene.points[list(_SIDE_LEFT[::-1])], top[None]])
    opening = scene.polygon(middle + (ring - middle) * rng.uniform(0.94, 1.1))
    outside = scene.ellipse(middle, 11, 15)
    return np.maximum(outside - opening, 0).astype(np.float32)


def draw_veil(scene: Scene) -> None:
    """Hang a cloth, a net or lace over one half of the face or over all of it, too dense to see much through it."""
    alpha = _veil_shape(scene)
    scene.throw_shadow(alpha)
    dense = _lace(scene, alpha, scene.rng.uniform(0.62, 1.0))
    scene.paint(dense, any_fill(scene, alpha), covers=False)
    np.maximum(scene.cover, alpha, out=scene.cover)


def draw_sheer_veil(scene: Scene) -> None:
    """Hang a net or a thin cloth over the face through which it stays seen."""
    alpha = _veil_shape(scene)
    scene.paint(_lace(scene, alpha, scene.rng.uniform(0.08, 0.4)), any_fill(scene, alpha), covers=False)


def _veil_shape(scene: Scene) -> Alpha:
    """Return one half of the face, all of it, or what lies below the eyes, with a wavy edge."""
    rng = scene.rng
    place = scene.points[NOSE_TIP] if rng.random() < 0.6 else scene.points[FOREHEAD_TOP]
    turn = np.radians(rng.choice([0, 90, 180, 270]) + rng.normal(0, 20))
    if place is not scene.points[NOSE_TIP] and rng.random() < 0.7:
        turn = 0.0
    start = scene.shift(place, *(rng.normal(0, 0.6, 2)))
    along = np.array([np.cos(turn), np.sin(turn)]) * scene.cm
    down = np.array([-along[1], along[0]])
    edge = [start + along * x + down * rng.normal(0, 0.2) for x in np.linspace(-14, 14, 9)]
    shape = scene.polygon(np.vstack([edge, start + along * 14 + down * 30, start - along * 14 + down * 30]))
    return soften(shape, 1)


def _lace(scene: Scene, alpha: Alpha, opacity: float) -> Alpha:
    """Return the opacity of a cloth of a mean one: even, with folds, or with fine holes and flowers."""
    rng = scene.rng
    kind = rng.random()
    if kind < 0.4:
        return (alpha * opacity).astype(np.float32)
    rows, columns = np.mgrid[0 : scene.size[0], 0 : scene.size[1]].astype(np.float32)
    period = rng.uniform(0.12, 0.6 if kind < 0.7 else 1.6) * scene.cm
    turn = rng.uniform(0, np.pi)
    u = (columns * np.cos(turn) + rows * np.sin(turn)) * 2 * np.pi / period
    v = (rows * np.cos(turn) - columns * np.sin(turn)) * 2 * np.pi / period
    waves = np.sin(u) * np.sin(v) if kind < 0.85 else np.sin(u + 2 * np.sin(v / 3))
    depth = min(opacity, 1 - opacity) * rng.uniform(0.3, 1.0)
    return (alpha * np.clip(opacity + depth * waves, 0, 1)).astype(np.float32)
