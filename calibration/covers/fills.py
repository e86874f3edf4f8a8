"""Colours and textures that drawings are filled with."""

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.covers.scene import Alpha, Fill, Scene, roundness

Colour = NDArray[np.float32]
_SKIN_TONES = np.array([
    (44, 30, 25), (70, 45, 34), (98, 64, 46), (128, 86, 63), (160, 112, 84), (190, 140, 110), (214, 168, 140),
    (232, 190, 166), (244, 212, 192), (250, 226, 210),
], dtype=np.float32)  # fmt: skip
_HAIR_COLOURS = np.array([
    (16, 13, 12), (30, 24, 22), (52, 38, 30), (82, 58, 42), (120, 84, 54), (160, 122, 80), (200, 166, 116),
    (226, 204, 164), (150, 70, 36), (180, 96, 50), (128, 124, 120), (190, 188, 184), (234, 232, 228),
], dtype=np.float32)  # fmt: skip


def any_colour(rng: np.random.Generator) -> Colour:
    """Return a colour of clothes, plastic or paper: often dark, white or grey."""
    kind = rng.random()
    if kind < 0.25:
        return (rng.uniform(5, 60) + rng.normal(0, 6, 3)).clip(0, 255).astype(np.float32)
    if kind < 0.5:
        return (rng.uniform(60, 250) + rng.normal(0, 8, 3)).clip(0, 255).astype(np.float32)
    if kind < 0.6:
        return skin_colour(rng)
    return rng.uniform(0, 255, 3).astype(np.float32)


def skin_colour(rng: np.random.Generator) -> Colour:
    """Return a human skin tone."""
    return _mix(_SKIN_TONES, rng, 8.0)


def hair_colour(rng: np.random.Generator) -> Colour:
    """Return a natural or dyed colour of hair."""
    if rng.random() < 0.12:
        return rng.uniform(10, 240, 3).astype(np.float32)
    return _mix(_HAIR_COLOURS, rng, 6.0)


def _mix(colours: Fill, rng: np.random.Generator, spread: float) -> Colour:
    place = rng.uniform(0, len(colours) - 1.001)
    low, share = int(place), place % 1
    mixed = colours[low] * (1 - share) + colours[low + 1] * share
    return (mixed + rng.normal(0, spread, 3)).clip(0, 255).astype(np.float32)


def any_fill(scene: Scene, alpha: Alpha, colour: Colour | None = None) -> Fill:
    """Return a random texture for a shape, in the mean of this colour or any."""
    rng = scene.rng
    colour = any_colour(rng) if colour is None else colour
    kind = rng.random()
    if kind < 0.25:
        fill = np.broadcast_to(colour, (*scene.size, 3)).astype(np.float32)
    elif kind < 0.4:
        fill = _pattern(scene, colour)
    elif kind < 0.5:
        fill = photo_patch(scene)
    else:
        fill = colour * (1 + grain(scene)[..., None])
    if rng.random() < 0.6:
        fill = fill * shading(scene)[..., None]
    if rng.random() < 0.4:
        round_ = roundness(alpha, rng.uniform(0.5, 3.0) * scene.cm)
        fill = fill * (1 - rng.uniform(0.1, 0.6) * (1 - round_))[..., None]
    return np.clip(fill, 0, 255).astype(np.float32)


def grain(scene: Scene) -> Alpha:
    """Return smooth noise of a random size and strength around 0."""
    rng = scene.rng
    height, width = scene.size
    size = float(np.exp(rng.uniform(np.log(1.0), np.log(60.0))))
    small = rng.normal(0, 1, (int(height / size) + 2, int(width / size) + 2)).astype(np.float32)
    field = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return (field * rng.uniform(0.01, 0.3)).astype(np.float32)


def shading(scene: Scene) -> Alpha:
    """Return a linear gradient of light around 1, sometimes with folds."""
    rng = scene.rng
    height, width = scene.size
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    along = ((columns - width / 2) * np.cos(angle) + (rows - height / 2) * np.sin(angle)) / (8 * scene.cm)
    field = 1 + rng.uniform(0, 0.5) * np.clip(along, -1, 1)
    if rng.random() < 0.4:
        waves = np.sin(along * rng.uniform(4, 30) + rng.uniform(0, 6.3) + 3 * grain(scene))
        field += rng.uniform(0.03, 0.3) * waves
    return np.clip(field, 0.05, 2.0).astype(np.float32)


def photo_patch(scene: Scene) -> Fill:
    """Return the picture itself from elsewhere, mirrored, enlarged and turned: natural texture."""
    rng = scene.rng
    height, width = scene.size
    angle, zoom = rng.uniform(0, 360), rng.uniform(0.8, 3.0)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, zoom)
    matrix[:, 2] += rng.uniform(-0.5, 0.5, 2) * (width, height)
    moved = cv2.warpAffine(scene.pixels, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
    return (moved * rng.uniform(0.6, 1.2, 3) if rng.random() < 0.5 else moved).astype(np.float32)


def own_skin(scene: Scene) -> Fill:
    """Return the person's own cheek, repeated all over, at nearly its own light."""
    rng = scene.rng
    side = int(1.3 * scene.cm)
    x, y = scene.points[(50, 280)[rng.integers(2)]].round().astype(int)
    patch = scene.pixels[max(y - side, 0) : y + side, max(x - side, 0) : x + side]
    turned = np.rot90(patch, rng.integers(4))
    height, width = scene.size
    doubled = np.concatenate([turned, turned[::-1]])
    tile = np.concatenate([doubled, doubled[:, ::-1]], axis=1)
    times = height // tile.shape[0] + 1, width // tile.shape[1] + 1, 1
    return (np.tile(tile, times)[:height, :width] * rng.uniform(0.75, 1.15)).astype(np.float32)


def _pattern(scene: Scene, colour: Colour) -> Fill:
    """Return stripes, checks or dots of two colours."""
    rng = scene.rng
    height, width = scene.size
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, period = rng.uniform(0, np.pi), rng.uniform(0.25, 2.5) * scene.cm
    u = (columns * np.cos(angle) + rows * np.sin(angle)) * 2 * np.pi / period
    v = (rows * np.cos(angle) - columns * np.sin(angle)) * 2 * np.pi / period
    kind = rng.integers(4)
    waves = (np.sin(u), np.sin(u) * np.sin(v), np.maximum(np.sin(u), np.sin(v)), np.cos(u) + np.cos(v) - 0.8)[kind]
    share = np.clip(waves * rng.uniform(1, 8) + 0.5, 0, 1)[..., None]
    return (colour * (1 - share) + any_colour(rng) * share).astype(np.float32)
