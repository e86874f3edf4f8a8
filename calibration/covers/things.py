"""Flat shapes, stickers, bars, blurred and pixelated places on a face, and things that cover most of it."""

import cv2
import numpy as np

from calibration.covers.fills import any_colour, any_fill, own_skin, shading
from calibration.covers.scene import BROWS, CHEEKS, CHIN, EYES, JAWS, LIPS, NOSE_TIP, Scene, soften
from gwansang.vision.face import Points


def any_place(scene: Scene) -> Points:
    """Return a place on the face that something may cover."""
    rng = scene.rng
    side = int(rng.integers(2))
    places = (
        scene.middle(LIPS),
        scene.points[(61, 291)[side]],
        scene.points[NOSE_TIP],
        scene.points[CHEEKS[side]],
        (scene.points[JAWS[side]] + scene.points[CHIN]) / 2,
        scene.points[CHIN],
        scene.middle(EYES[side]),
        scene.middle(BROWS[side]),
        scene.points[151],
    )
    return scene.shift(places[rng.integers(len(places))], *rng.normal(0, 0.7, 2))


def draw_flat(scene: Scene) -> None:
    """Lay a flat polygon or ellipse on the face, also one of the mean colour of the skin."""
    rng = scene.rng
    place = any_place(scene)
    if rng.random() < 0.5:
        alpha = scene.blob(place, rng.uniform(1.2, 5), rng.uniform(1.2, 5), 0.2)
    else:
        corners = place + rng.normal(0, 3.0 * scene.cm, (rng.integers(3, 7), 2))
        alpha = scene.polygon(cv2.convexHull(corners.astype(np.float32))[:, 0].astype(np.float64))
    kind = rng.random()
    fill = scene.skin() if kind < 0.35 else own_skin(scene) if kind < 0.5 else any_fill(scene, alpha)
    scene.paint(soften(alpha, rng.uniform(0.3, 3)), fill, covers=True)


def draw_text(scene: Scene) -> None:
    """Stick a box with writing, a bar or a sticker on the face."""
    rng = scene.rng
    place = any_place(scene)
    right, down = rng.uniform(2, 6), rng.uniform(0.9, 2.5)
    alpha = scene.polygon(scene.outline(place, right, down, rng.normal(0, 10), 30.0))
    scene.paint(alpha, any_colour(rng), covers=True)
    letters = np.zeros(scene.size, np.uint8)
    text = "".join(chr(c) for c in rng.integers(65, 91, rng.integers(3, 12)))
    x, y = scene.shift(place, -right * 0.9, 0.4).astype(int)
    cv2.putText(
        letters, text, (int(x), int(y)), int(rng.integers(0, 8)), rng.uniform(0.5, 1.5), 255, int(rng.integers(1, 5))
    )
    scene.paint((letters / np.float32(255)) * alpha, any_colour(rng), covers=False)


def draw_pixels(scene: Scene) -> None:
    """Blur a place until nothing is told, or replace it by large squares."""
    rng = scene.rng
    place = any_place(scene)
    alpha = scene.blob(place, rng.uniform(1.8, 6), rng.uniform(1.5, 6), 0.1)
    height, width = scene.size
    size = rng.uniform(1.1, 2.5) * scene.cm
    if rng.random() < 0.5:
        fill = cv2.GaussianBlur(scene.pixels, (0, 0), size)
    else:
        small = cv2.resize(scene.pixels, (int(width / size), int(height / size)), interpolation=cv2.INTER_AREA)
        fill = cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)
    scene.paint(soften(alpha, 0.7), fill.astype(np.float32), covers=True)


def draw_most(scene: Scene) -> None:
    """Cover most of the face with one thing."""
    rng = scene.rng
    place = scene.shift(scene.points[NOSE_TIP], *rng.normal(0, 1.5, 2))
    power = rng.choice([2.0, 4.0, 20.0])
    alpha = scene.polygon(scene.outline(place, rng.uniform(5, 9), rng.uniform(5, 10), rng.normal(0, 15), power))
    scene.throw_shadow(alpha)
    fill = own_skin(scene) * shading(scene)[..., None] if rng.random() < 0.2 else any_fill(scene, alpha)
    scene.paint(soften(alpha, 0.6), fill, covers=True)
