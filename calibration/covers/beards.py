"""Beards, moustaches and stubble, hair by hair: they leave the face readable."""

import cv2
import numpy as np

from calibration.covers.fills import Colour, grain, hair_colour
from calibration.covers.scene import BROWS, CHIN, LIPS, Alpha, Scene, soften
from gwansang.vision.face import Points

_BEARD = (132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361)
_CHEEK_LINE = (425, 426, 436, 410, 391, 2, 165, 186, 216, 206, 205)  # from the left cheek under the nose to the right
_MOUSTACHE = (61, 57, 216, 206, 165, 97, 2, 326, 391, 426, 436, 287, 291, 269, 0, 39)
_NOSE_FOOT = 2


def draw_beard(scene: Scene) -> None:
    """Let stubble, a beard, a goatee or a moustache grow, in the colour of the brows or any."""
    rng = scene.rng
    colour, kind = _colour(scene), rng.random()
    lips = 1 - scene.polygon(_grown(scene.points[list(LIPS)], rng.uniform(0.85, 1.1)))
    fullness = rng.random()
    if kind < 0.6:
        _grow(scene, _beard_area(scene) * lips, colour, fullness, 0.1 + 1.8 * fullness * rng.random())
    if 0.4 < kind < 0.6:
        _grow(
            scene,
            scene.blob(scene.points[CHIN] * 0.7 + scene.middle(LIPS) * 0.3, 2.2, 1.8) * lips,
            colour,
            fullness,
            0.8,
        )
    if kind > 0.45:
        _grow_moustache(scene, colour, lips)


def _colour(scene: Scene) -> Colour:
    rng = scene.rng
    if rng.random() < 0.6:
        return hair_colour(rng)
    x, y = scene.points[list(BROWS[0][:5])].mean(axis=0).round().astype(int)
    return (scene.pixels[y, x] * rng.uniform(0.5, 1.2)).clip(0, 255).astype(np.float32)


def _grow_moustache(scene: Scene, colour: Colour, lips: Alpha) -> None:
    """Grow a thin, thick, long or hanging moustache; a hanging one falls over the upper lip."""
    rng = scene.rng
    corners = scene.points[list(_MOUSTACHE)]
    middle = corners.mean(axis=0)
    wide, high = rng.uniform(0.75, 1.35), rng.uniform(0.35, 1.15)
    offset = (corners - middle) * (wide, high)
    area = scene.polygon(scene.shift(middle + offset, 0, rng.uniform(-0.1, 0.3)))
    if rng.random() < 0.6:
        area = area * lips
    if rng.random() < 0.3:  # shaved under the nose
        area = area * (1 - scene.ellipse(scene.points[_NOSE_FOOT], rng.uniform(0.2, 0.6), 1.5))
    _grow(scene, area, colour, rng.random(), rng.uniform(0.1, 1.4), outwards=rng.uniform(0.0, 1.2))


def _beard_area(scene: Scene) -> Alpha:
    rng = scene.rng
    lower = scene.points[list(_BEARD)]
    lower = lower + np.array([0, rng.uniform(-0.2, 3.5) * scene.cm]) * (np.arange(len(_BEARD))[:, None] % 16 > 2)
    upper = scene.points[list(_CHEEK_LINE)]
    drop = rng.uniform(0, 0.6)
    upper = upper + (scene.points[CHIN] - upper) * drop * np.abs(np.linspace(-1, 1, len(upper)))[:, None]
    return scene.polygon(np.vstack([lower, upper]))


def _grow(scene: Scene, area: Alpha, colour: Colour, fullness: float, length_cm: float, outwards: float = 0.4) -> None:
    """Shade the skin of an area, unevenly, and grow hairs on it, down and away from the middle of the face."""
    rng = scene.rng
    patchy = np.clip(1 + 2 * grain(scene), 0.3, 1)
    soft = soften(area, rng.uniform(1, 0.5 * scene.cm)) * patchy
    scene.paint((soft * fullness * rng.uniform(0.3, 1.0)).astype(np.float32), colour, covers=False)
    rows, columns = np.nonzero(area > 0.5)
    if not len(rows):
        return
    picks = rng.integers(0, len(rows), int(rng.integers(150, 400) + 1500 * fullness * rng.random()))
    starts = np.column_stack([columns[picks], rows[picks]]).astype(float)
    side = (starts - scene.points[_NOSE_FOOT]) @ scene.across / (3 * scene.cm)
    angle = np.radians(90 + scene.tilt_deg + rng.normal(0, 22, len(picks))) - outwards * np.clip(side, -1, 1)
    lengths = np.abs(rng.normal(1, 0.4, len(picks)))[:, None] * length_cm * scene.cm
    ends = starts + lengths * np.column_stack([np.cos(angle), np.sin(angle)])
    greys = rng.uniform(0.5, 1.5, 4)
    grey = rng.random() < 0.2
    for number, group in enumerate(np.array_split(rng.permutation(len(picks)), 4)):
        shade = colour * np.float32(greys[number])
        if grey and number % 2:
            shade = np.float32([rng.uniform(140, 230)] * 3)
        strands = _hairs(scene, starts[group], ends[group])
        scene.paint(strands * rng.uniform(0.4, 1), np.clip(shade, 0, 255).astype(np.float32), covers=False)


def _hairs(scene: Scene, starts: Points, ends: Points) -> Alpha:
    drawn = np.zeros(scene.size, np.uint8)
    lines = (np.stack([starts, ends], axis=1) * 16).round().astype(np.int32)
    cv2.polylines(drawn, list(lines), False, 255, int(scene.rng.integers(1, 3)), cv2.LINE_AA, 4)
    return drawn.astype(np.float32) / np.float32(255)


def _grown(corners: Points, factor: float) -> Points:
    middle = corners.mean(axis=0)
    grown: Points = middle + (corners - middle) * factor
    return grown
