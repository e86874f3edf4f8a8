"""Synthetic camera frames: a picture of a face, moved, turned and lit."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.vision.drawn_face import draw_face
from gwansang.vision.face import FaceRegion
from gwansang.vision.quality import cover_warnings
from gwansang.vision.tracking import TrackedFrame
from tests.support.photos import encoded, evaluation_photos

Rgb = NDArray[np.uint8]


@cache
def real_face(number: int = 2, mood: str = "neutral") -> Rgb:
    """Return a photographed face, about a third as wide as the picture; skips the test without evaluation photos."""
    photo = evaluation_photos(f"london/{mood}")[number]
    picture = cv2.cvtColor(cv2.imread(str(photo)), cv2.COLOR_BGR2RGB)
    return cv2.resize(picture, (640, 640), interpolation=cv2.INTER_AREA)[60:540].astype(np.uint8)


@cache
def drawn_face() -> Rgb:
    return draw_face(640, 480, 215.0)


def frame(
    face: Rgb, *, scale: float = 1.0, x: float = 0.0, y: float = 0.0, roll_deg: float = 0.0, light: float = 1.0
) -> bytes:
    """Return a JPEG of 640 x 480: the picture scaled, turned clockwise, moved by pixels, and lit."""
    height, width = face.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -roll_deg, scale)
    matrix[:, 2] += (320 - width / 2 + x, 240 - height / 2 + y)
    moved = cv2.warpAffine(face, matrix, (640, 480), borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_AREA)
    lit = np.clip(moved.astype(np.float64) * light, 0, 255).astype(np.uint8)
    return encoded(lit, ".jpg", cv2.IMWRITE_JPEG_QUALITY, 90)


def covered(tracked: TrackedFrame, *regions: FaceRegion) -> TrackedFrame:
    """Return the frame of a face with these regions covered."""
    assert tracked.quality is not None
    warnings = tuple(warning.value for warning in cover_warnings(regions))
    return replace(tracked, quality=replace(tracked.quality, covered=regions, warnings=warnings))


def hand_held(face: Rgb, count: int) -> list[bytes]:
    """Return frames of a steady hand-held camera, which trembles by a pixel or two and drifts a little."""
    rng = np.random.default_rng(5)
    frames = []
    for number in range(count):
        x, y = rng.normal(0, 0.5, 2)
        drift = np.sin(number / 9)
        scale, roll = 1 + 0.01 * drift, 1.0 * drift + rng.normal(0, 0.1)
        frames.append(frame(face, scale=scale, x=x + 3 * drift, y=y, roll_deg=roll))
    return frames
