"""Hair of the head: over an eye or the brows, and bangs above them, which leave the face readable."""

import cv2
import numpy as np

from calibration.covers.fills import Colour, hair_colour
from calibration.covers.scene import BROWS, EYES, FOREHEAD_TOP, Scene, soften, through
from gwansang.vision.face import Points


def _paint_strands(scene: Scene, curves: list[list[Points]], widest_cm: float, colour: Colour) -> None:
    """Paint covering hairs through some places each, in layers of different shades."""
    rng = scene.rng
    layers = int(rng.integers(3, 6))
    for layer in range(layers):
        drawn = np.zeros(scene.size, np.uint8)
        for places in curves[layer::layers]:
            line = np.round(through(places, 14) * 16).astype(np.int32)
            thickness = max(round(rng.uniform(0.06, widest_cm) * scene.cm), 1)
            cv2.polylines(drawn, [line], False, 255, thickness, cv2.LINE_AA, 4)
        alpha = drawn.astype(np.float32) * np.float32(rng.uniform(0.65, 1.0) / 255)
        scene.paint(alpha, np.clip(colour * np.float32(rng.uniform(0.5, 1.45)), 0, 255), covers=True)


def draw_curtain(scene: Scene) -> None:
    """Let hair fall over one eye, from the forehead to the cheek or further."""
    rng = scene.rng
    side = int(rng.integers(2))
    sign = -1 if side == 0 else 1
    eye = scene.middle(EYES[side])
    colour = hair_colour(rng)
    inner, outer = rng.uniform(-2.3, -1.3), rng.uniform(2, 6)
    length, sweep = rng.uniform(1.8, 9), rng.uniform(-0.5, 3)
    if rng.random() < 0.75:
        corners = [
            scene.shift(eye, sign * (inner + sweep * -0.5), -8),
            scene.shift(eye, sign * inner, 0.5),
            scene.shift(eye, sign * (inner + rng.uniform(0, 2)), length),
            scene.shift(eye, sign * outer, length + 1),
            scene.shift(eye, sign * outer, -8),
        ]
        base = scene.polygon(np.array(corners))
        scene.throw_shadow(base)
        scene.paint(soften(base, rng.uniform(0.5, 5)) * rng.uniform(0.75, 1), colour * np.float32(0.8), covers=True)
    curves = []
    for _ in range(int(rng.integers(60, 160))):
        x = rng.uniform(inner, outer)
        start = scene.shift(eye, sign * (x - sweep * 0.5), rng.uniform(-9, -6))
        end = scene.shift(eye, sign * (x + rng.normal(0, 0.4)), length * rng.uniform(0.8, 1.2))
        middle = scene.shift((start + end) / 2, sign * rng.normal(0, 0.3), 0)
        curves.append([start, middle, end])
    _paint_strands(scene, curves, 0.3, colour)


def draw_bangs(scene: Scene) -> None:
    """Let bangs hang over the brows, to the upper lids."""
    rng = scene.rng
    brows, lids = scene.middle(BROWS[0] + BROWS[1]), scene.middle((159, 386))
    _hang_bangs(scene, brows + (lids - brows) * rng.uniform(0.4, 0.95))


def draw_free_bangs(scene: Scene) -> None:
    """Let bangs hang to above the brows."""
    highest = scene.middle((63, 105, 66, 296, 334, 293))
    top = scene.points[FOREHEAD_TOP]
    room = float(np.linalg.norm(top - highest)) / scene.cm
    _hang_bangs(scene, highest + (top - highest) * scene.rng.uniform(min(0.7 / room, 1), 1.1))


def _hang_bangs(scene: Scene, place: Points) -> None:
    """Draw hair from above the face to a rough line through a place."""
    rng = scene.rng
    colour = hair_colour(rng)
    half, sag, rough = rng.uniform(5.0, 8.5), rng.uniform(-0.01, 0.03), rng.uniform(0.05, 0.35)
    xs = np.linspace(-half, half, 24)
    edge = np.array([scene.shift(place, x, sag * x**2 - abs(rng.normal(0, rough))) for x in xs])
    base = scene.polygon(np.vstack([edge, scene.shift(place, half, -12), scene.shift(place, -half, -12)]))
    scene.throw_shadow(base)
    if rng.random() < 0.85:
        scene.paint(soften(base, rng.uniform(0.5, 3)) * rng.uniform(0.85, 1), colour * np.float32(0.8), covers=True)
    slant, curves = rng.normal(0, 1), []
    for _ in range(int(rng.integers(120, 260))):
        x = rng.uniform(-half, half)
        end = scene.shift(place, x, sag * x**2 - abs(rng.normal(0, rough)))
        start = scene.shift(place, 0.9 * x - slant, rng.uniform(-9, -5))
        curves.append([start, scene.shift((start + end) / 2, 0.1 * x, 0), end])
    _paint_strands(scene, curves, 0.25, colour)
