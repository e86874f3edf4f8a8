"""Conditions of a shot that hide nothing: light, colour casts, grey, blur, noise, few pixels, compression."""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def shoot(pixels: NDArray[np.float32], rng: np.random.Generator) -> Picture:
    """Return a picture (h, w, 3) as a camera and a network of friends would hand it on; two fifths stay as they are."""
    picture = np.clip(pixels, 0, 255)
    if rng.random() < 0.4:
        return np.ascontiguousarray(_compress(picture.astype(np.uint8), int(rng.uniform(70, 96))))
    return _spoil(picture, rng)


def _spoil(picture: NDArray[np.float32], rng: np.random.Generator) -> Picture:
    """Return a picture in poor light, of few pixels, and with other faults of a shot."""
    if rng.random() < 0.6:
        picture = _light(picture, rng)
    if rng.random() < 0.15:
        picture = np.repeat(picture @ np.array([[0.299], [0.587], [0.114]], np.float32), 3, axis=2)
        if rng.random() < 0.3:
            picture = picture * np.array([1.05, 0.95, 0.75], np.float32)
    if rng.random() < 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 2.2))
    if rng.random() < 0.3:
        picture = _shrink(picture, rng.uniform(0.3, 0.9))
    if rng.random() < 0.3:
        picture = picture + rng.standard_normal(picture.shape, np.float32) * np.float32(rng.uniform(1, 12))
    taken = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        taken = _compress(taken, int(rng.uniform(15, 95)))
    return np.ascontiguousarray(taken)


def _light(picture: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    gamma, gain = float(np.exp(rng.normal(0, 0.3))), float(np.exp(rng.normal(-0.05, 0.25)))
    cast = np.exp(rng.normal(0, rng.choice([0.03, 0.06, 0.2]), 3)).astype(np.float32)
    across, down = rng.normal(0, 0.5, 2)
    height, width = picture.shape[:2]
    field = (
        np.exp(across * np.linspace(-0.5, 0.5, width))[None, :, None]
        * np.exp(down * np.linspace(-0.5, 0.5, height))[:, None, None]
    )
    levels = (255 * (np.arange(256) / 255) ** gamma).astype(np.float32)
    lit = levels[picture.astype(np.uint8)] * ((gain * cast) * field).astype(np.float32)
    if rng.random() < 0.3:  # a flat or a hard contrast
        lit = (lit - 128) * rng.uniform(0.4, 1.5) + 128 + rng.normal(0, 15)
    return np.clip(lit, 0, 255).astype(np.float32)


def _shrink(picture: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (int(width * factor), int(height * factor)), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)


def _compress(picture: Picture, quality: int) -> Picture:
    data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("A picture that was just compressed can't be read.")
    return decoded[..., ::-1].astype(np.uint8, copy=False)
