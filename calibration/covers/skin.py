"""Changes of skin, lips and light that hide nothing: make-up, jewellery, freckles, wrinkles, shadows, other tones."""

import cv2
import numpy as np

from calibration.covers.fills import any_colour, skin_colour
from calibration.covers.scene import BROWS, CHEEKS, EYES, LIPS, Scene, soften, through

_EARS = (177, 401)
_INNER_LIPS = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)


def draw_lipstick(scene: Scene) -> None:
    """Paint the lips in any colour."""
    alpha = scene.polygon(scene.points[list(LIPS)]) * (1 - scene.polygon(scene.points[list(_INNER_LIPS)]))
    strength = scene.rng.uniform(0.3, 0.9)
    _dye(
        scene,
        soften(alpha, scene.rng.uniform(0.5, 2)) * strength,
        scene.rng.uniform(0, 255, 3),
        scene.rng.uniform(0.2, 1),
    )


def draw_eye_make_up(scene: Scene) -> None:
    """Put shadow, kohl or lashes around both eyes, and blush on the cheeks."""
    rng = scene.rng
    colour, liner = rng.uniform(0, 230, 3), rng.uniform(0, 80, 3)
    shadow, blush = rng.uniform(0, 0.8), rng.uniform(0, 0.5) * (rng.random() < 0.5)
    width, darkness = rng.uniform(0.05, 0.22), rng.uniform(0, 1)
    rings = ((33, 246, 161, 160, 159, 158, 157, 173, 133), (263, 466, 388, 387, 386, 385, 384, 398, 362))
    for side, ring in enumerate(rings):
        lid = scene.points[list(ring)]
        brow = scene.points[list(BROWS[side][5:])].mean(axis=0)
        upper = lid + (brow - lid.mean(axis=0)) * rng.uniform(0.3, 0.8)
        area = scene.polygon(np.vstack([lid, upper[::-1]]))
        _dye(scene, soften(area, rng.uniform(1, 6)) * shadow, colour, 0.7)
        if rng.random() < 0.7:
            scene.paint(scene.line(lid, width) * darkness, liner.astype(np.float32), covers=False)
        _dye(
            scene, soften(scene.ellipse(scene.points[CHEEKS[side]], 1.6, 1.1), 14) * blush, np.array([220, 80, 90]), 0.6
        )


def _dye(scene: Scene, alpha: np.ndarray, colour: np.ndarray, body: float) -> None:
    """Tint the picture: `body` 0 keeps its light and shade, 1 replaces them."""
    light = scene.pixels.mean(axis=2, keepdims=True)
    tinted = colour * (light / max(float(light.mean()), 1.0))
    scene.paint(
        alpha.astype(np.float32), np.clip(tinted * (1 - body) + colour * body, 0, 255).astype(np.float32), covers=False
    )


def draw_jewels(scene: Scene) -> None:
    """Hang earrings and set piercings and small plasters of a few millimetres."""
    rng = scene.rng
    if rng.random() < 0.6:
        colour = any_colour(rng)
        for ear, sign in zip(_EARS, (-1, 1), strict=True):
            place = scene.shift(scene.points[ear], 0.5 * sign, rng.uniform(0, 1.5))
            scene.paint(scene.ellipse(place, rng.uniform(0.15, 0.6), rng.uniform(0.15, 1.6)), colour, covers=False)
    for _ in range(rng.integers(0, 4)):
        index = rng.choice([64, 294, 2, 17, 57, 287, 105, 334, 66, 296, 4, 151])
        size = rng.uniform(0.08, 0.25)
        bright = rng.uniform(120, 255) + rng.normal(0, 15, 3)
        scene.paint(
            scene.ellipse(scene.points[index], size, size), bright.clip(0, 255).astype(np.float32), covers=False
        )


def draw_spots(scene: Scene) -> None:
    """Strew freckles, moles or pimples."""
    rng = scene.rng
    drawn = np.zeros(scene.size, np.uint8)
    middle, half = scene.points[4], (5.5 * scene.cm, 6.5 * scene.cm)
    largest = rng.uniform(0.05, 0.2)
    for _ in range(int(rng.integers(3, 250))):
        x, y = (middle + rng.normal(0, 0.5, 2) * half).astype(int)
        cv2.circle(
            drawn,
            (int(x), int(y)),
            max(round(rng.uniform(0.03, largest) * scene.cm), 1),
            int(rng.integers(80, 255)),
            -1,
            cv2.LINE_AA,
        )
    alpha = soften(drawn.astype(np.float32) / np.float32(255), 0.7) * rng.uniform(0.15, 0.7)
    colour = scene.skin() * rng.uniform(0.35, 0.8) * np.array([1.0, rng.uniform(0.7, 1), rng.uniform(0.7, 1)])
    scene.paint(alpha.astype(np.float32), colour.astype(np.float32), covers=False)


def draw_wrinkles(scene: Scene) -> None:
    """Draw furrows on the forehead, beside the eyes and from the nose to the mouth, and scars."""
    rng = scene.rng
    strength = rng.uniform(0.1, 0.55)
    forehead = scene.points[151]
    curves = [
        through([scene.shift(forehead, x, y + rng.normal(0, 0.1)) for x in (-4, -1.5, 1.5, 4)])
        for y in rng.uniform(-2, 1.2, rng.integers(0, 5))
    ]
    for sign, eye, nose, mouth in ((-1, 33, 64, 61), (1, 263, 294, 291)):
        for _ in range(rng.integers(0, 4)):
            start = scene.shift(scene.points[eye], sign * 0.4, rng.normal(0, 0.3))
            curves.append(np.array([start, scene.shift(start, sign * rng.uniform(0.5, 1.8), rng.normal(0, 0.6))]))
        fold = [
            scene.points[nose],
            scene.shift(scene.points[mouth], sign * 0.8, -0.5),
            scene.shift(scene.points[mouth], sign * 0.9, 1),
        ]
        curves.append(through(fold))
    for curve in curves:
        alpha = soften(scene.line(curve, rng.uniform(0.05, 0.18)), rng.uniform(0.5, 2.0))
        scene.darken(alpha, strength)


def draw_shadow(scene: Scene) -> None:
    """Throw a shadow or a beam of light across the face, with a soft or a hard edge."""
    rng = scene.rng
    start = scene.points[4] + rng.normal(0, 2.5 * scene.cm, 2)
    turn = rng.uniform(0, 2 * np.pi)
    along = np.array([np.cos(turn), np.sin(turn)]) * scene.cm
    down = np.array([-along[1], along[0]])
    if rng.random() < 0.6:
        bend = rng.normal(0, 1.0)
        edge = [start + along * x + down * bend * np.sin(x / 4) for x in np.linspace(-16, 16, 12)]
        alpha = scene.polygon(np.vstack([edge, start + along * 16 + down * 40, start - along * 16 + down * 40]))
    else:
        alpha = scene.blob(start, rng.uniform(1.5, 5), rng.uniform(1.5, 5), 0.3)
    alpha = soften(alpha, float(np.exp(rng.uniform(np.log(1), np.log(3 * scene.cm)))))
    scene.darken(alpha, float(rng.uniform(0.1, 0.65) if rng.random() < 0.75 else -rng.uniform(0.1, 0.7)))
    np.clip(scene.pixels, 0, 255, out=scene.pixels)


def change_tone(scene: Scene) -> None:
    """Give the whole picture's skin another human tone, dark to pale; hair and eyes change with it."""
    rng = scene.rng
    target, own = skin_colour(rng), np.maximum(scene.skin(), 12)
    gamma = np.clip(np.log(np.maximum(target, 12) / 255) / np.log(np.minimum(own, 245) / 255), 0.3, 3.2)
    if rng.random() < 0.5:
        levels = (255 * (np.arange(256)[:, None] / 255) ** gamma).astype(np.float32)
        whole = np.clip(scene.pixels, 0, 255).astype(np.uint8)
        for channel in range(3):
            scene.pixels[..., channel] = levels[whole[..., channel], channel]
        return
    area = soften(scene.polygon(scene.outline(scene.points[4], 8.2, 10.5)), 0.8 * scene.cm)[..., None]
    keep = np.ones(scene.size, np.float32)
    for eye in EYES:
        keep -= soften(scene.ellipse(scene.middle(eye), 1.2, 0.45), 2)
    toned = np.clip(scene.pixels * (target / own), 0, 255)
    scene.pixels += area * np.clip(keep, 0, 1)[..., None] * (toned - scene.pixels)
