"""Glasses: opaque ones that hide the eyes, and clear ones that leave them seen."""

import numpy as np

from calibration.covers.fills import any_colour, any_fill, grain, photo_patch, shading
from calibration.covers.scene import EYES, INNER_LEFT, INNER_RIGHT, NOSE_ROOT, Alpha, Fill, Scene, soften
from gwansang.vision.face import Points


def draw_sunglasses(scene: Scene) -> None:
    """Lay opaque, mirroring or white lenses over both eyes."""
    rng = scene.rng
    lenses = _lenses(scene, rng.uniform(1.9, 3.2), rng.uniform(1.25, 2.6))
    _draw_temples(scene, lenses, any_colour(rng))
    for outline in lenses:
        alpha = scene.polygon(outline) * rng.uniform(0.8, 1.0)
        scene.throw_shadow(alpha)
        scene.paint(alpha, _lens_fill(scene, alpha), covers=True)
        _draw_reflections(scene, scene.polygon(outline), rng.uniform(0.1, 0.8))
    _draw_rims(scene, lenses, rng.uniform(0.05, 0.4), covers=True)


def draw_eye_band(scene: Scene) -> None:
    """Lay a band over the eyes: a bar, ski goggles, a headset, a sleeping mask, or a patch on one eye."""
    rng = scene.rng
    both = scene.middle([INNER_RIGHT, INNER_LEFT])
    if rng.random() < 0.3:
        eye = scene.middle(EYES[rng.integers(2)])
        alpha = scene.blob(eye, rng.uniform(1.6, 3.0), rng.uniform(1.2, 2.5))
    else:
        width, height = rng.uniform(4.8, 8.5), rng.uniform(0.9, 2.8)
        power = rng.choice([2.0, 4.0, 30.0])
        alpha = scene.polygon(scene.outline(both, width, height, rng.normal(0, 3), power))
    scene.throw_shadow(alpha)
    scene.paint(soften(alpha, 0.5) * rng.uniform(0.9, 1), any_fill(scene, alpha), covers=True)
    if rng.random() < 0.3:
        _draw_reflections(scene, alpha, 0.5)


def draw_clear_glasses(scene: Scene) -> None:
    """Put clear lenses on: thin or thick rims of any colour, faint tints, reflections that leave the iris seen."""
    rng = scene.rng
    lenses = _lenses(scene, rng.uniform(2.1, 3.2), rng.uniform(1.35, 2.5))
    _draw_temples(scene, lenses, any_colour(rng))
    for side, outline in enumerate(lenses):
        alpha = scene.polygon(outline)
        if rng.random() < 0.6:
            scene.paint(alpha * rng.uniform(0.0, 0.3), any_colour(rng), covers=False)
        if rng.random() < 0.6:
            iris = scene.ellipse(scene.middle(EYES[side]), 1.0, 0.7)
            free = alpha * (1 - soften(iris, 0.2 * scene.cm))
            _draw_reflections(scene, free, rng.uniform(0.1, 0.8))
            _draw_reflections(scene, alpha, rng.uniform(0.0, 0.25))
        if rng.random() < 0.3:
            _mirror_window(scene, alpha)
    thick = rng.uniform(0.3, 0.75) if rng.random() < 0.5 else rng.uniform(0.04, 0.3)
    _draw_rims(scene, lenses, thick, covers=False)


def _lenses(scene: Scene, right_cm: float, down_cm: float) -> list[Points]:
    """Return the outlines of two lenses that leave room for the rim around the eyes."""
    rng = scene.rng
    power, droop = rng.uniform(1.8, 6), rng.normal(0, 6)
    lower = rng.uniform(-0.3, 0.7)
    out = rng.uniform(-0.1, 0.5)
    outlines = []
    for side, sign in ((0, -1), (1, 1)):
        centre = scene.shift(scene.middle(EYES[side]), sign * out, lower)
        outline = scene.outline(centre, right_cm, down_cm, sign * droop, power)
        pinch = rng.uniform(-0.25, 0.25)
        depth = (outline - centre)[:, 1:] / (down_cm * scene.cm)
        outlines.append(centre + (outline - centre) * (1 + pinch * depth))
    return outlines


def _lens_fill(scene: Scene, alpha: Alpha) -> Fill:
    rng = scene.rng
    kind = rng.random()
    if kind < 0.45:
        dark = rng.uniform(2, 60) + rng.normal(0, 8, 3)
        return np.clip(dark * shading(scene)[..., None], 0, 255).astype(np.float32)
    if kind < 0.6:  # mirrors its surroundings
        return np.clip(photo_patch(scene) * rng.uniform(0.4, 1.1) + rng.uniform(-30, 60, 3), 0, 255).astype(np.float32)
    if kind < 0.75:  # a gradient of two colours
        share = np.clip((shading(scene) - 0.5) + grain(scene) * 0.3, 0, 1)[..., None]
        return (any_colour(rng) * share + any_colour(rng) * (1 - share)).astype(np.float32)
    if kind < 0.85:  # the light alone
        return (rng.uniform(190, 255) + rng.normal(0, 5, 3)).clip(0, 255).astype(np.float32)
    return any_fill(scene, alpha)


def _draw_reflections(scene: Scene, alpha: Alpha, strength: float) -> None:
    """Add bright spots and streaks within a lens."""
    rng = scene.rng
    rows, columns = np.nonzero(alpha > 0.5)
    if not len(rows):
        return
    for _ in range(rng.integers(0, 4)):
        pick = rng.integers(len(rows))
        place = np.array([columns[pick], rows[pick]], dtype=float)
        if rng.random() < 0.5:
            spot = scene.ellipse(place, rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.7), rng.uniform(0, 180))
        else:
            far = place + rng.normal(0, 2 * scene.cm, 2)
            spot = scene.line(np.array([place, far]), rng.uniform(0.1, 0.5))
        colour = (rng.uniform(170, 255) + rng.normal(0, 10, 3)).clip(0, 255).astype(np.float32)
        scene.paint(soften(spot, rng.uniform(0.3, 4)) * alpha * strength, colour, covers=False)


def _mirror_window(scene: Scene, lens: Alpha) -> None:
    """Mirror a window or a screen faintly in a lens, so that the eye stays seen."""
    rng = scene.rng
    rows, columns = np.nonzero(lens > 0.5)
    if not len(rows):
        return
    middle = np.array([columns.mean(), rows.mean()])
    pane = scene.polygon(
        middle
        + rng.normal(0, 1.2 * scene.cm, (1, 2))
        + scene.outline(np.zeros(2), rng.uniform(0.4, 1.6), rng.uniform(0.4, 1.6), rng.normal(0, 20), 20.0)
    )
    tint = np.float32([rng.uniform(90, 255), rng.uniform(150, 255), rng.uniform(120, 255)])
    scene.paint(soften(pane, 1) * lens * rng.uniform(0.08, 0.35), tint, covers=False)


def _draw_rims(scene: Scene, lenses: list[Points], width_cm: float, *, covers: bool) -> None:
    rng = scene.rng
    if rng.random() < 0.1 and covers:
        return
    colour = any_colour(rng)
    for outline in lenses:
        grown = outline.mean(axis=0) + (outline - outline.mean(axis=0)) * 1.03
        closed = np.vstack([grown, grown[:1]])
        if rng.random() < 0.15:
            closed = closed[32:]  # a half rim: the upper side
        scene.paint(scene.line(closed, width_cm), colour, covers=covers)
    root = scene.points[NOSE_ROOT]
    ends = [outline[np.linalg.norm(outline - root, axis=1).argmin()] for outline in lenses]
    bridge = np.array([ends[0], scene.shift(root, 0, rng.uniform(-0.3, 0.3)), ends[1]])
    scene.paint(scene.line(bridge, width_cm), colour, covers=covers)


def _draw_temples(scene: Scene, lenses: list[Points], colour: Fill) -> None:
    rng = scene.rng
    width = rng.uniform(0.08, 0.5)
    for outline, ear in zip(lenses, (127, 356), strict=True):
        nearest = outline[np.linalg.norm(outline - scene.points[ear], axis=1).argmin()]
        end = scene.shift(scene.points[ear], 0, rng.uniform(-1, 0.5))
        scene.paint(scene.line(np.array([nearest, nearest + (end - nearest) * 1.3]), width), colour, covers=False)
