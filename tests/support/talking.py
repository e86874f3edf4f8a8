"""Frames of a person who talks, laughs, nods and turns, made of a neutral and a smiling photo."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from gwansang.vision.face import Points
from gwansang.vision.warp import PictureWarp
from tests.support.clips import Rgb

_LOWER_LIP_AND_CHIN = (
    *(14, 17, 84, 181, 91, 146, 314, 405, 321, 375, 87, 178, 88, 95, 317),
    *(402, 318, 324, 200, 199, 152, 148, 377, 176, 400, 18, 83, 313, 201, 421),
)
_KNOTS = np.arange(0, 468, 3)
FRAMES_A_SECOND = 5


@dataclass(frozen=True)
class Moods:
    """A person's pictures of one size, each with its (468, 3) mesh."""

    neutral: Rgb
    smiling: Rgb
    neutral_mesh: Points
    smiling_mesh: Points


def talking_frames(moods: Moods, count: int, seed: int) -> Iterator[Rgb]:
    """Yield frames a fifth of a second apart: a smile comes and goes, the mouth opens, head, camera and light move."""
    height, width = moods.neutral.shape[:2]
    phases = np.random.default_rng(seed).uniform(0, 2 * math.pi, 6)
    noise = np.random.default_rng(seed)
    for index in range(count):
        smile, jaw, yaw, pitch, roll, light = np.sin(phases + np.array([2, 9, 2.4, 2.9, 1.7, 2.2]) * index / 5)
        share = float(np.clip(0.5 + smile, 0, 1))
        target = _turned(
            (1 - share) * moods.neutral_mesh + share * moods.smiling_mesh, 16 * yaw, 9 * pitch, max(jaw, 0)
        )
        neutral, smiling = (
            PictureWarp(width, height, mesh[_KNOTS, :2], target[_KNOTS, :2]).move_picture(picture)
            for picture, mesh in ((moods.neutral, moods.neutral_mesh), (moods.smiling, moods.smiling_mesh))
        )
        mixed = cv2.addWeighted(neutral, 1 - share, smiling, share, 0)
        moved = cv2.getRotationMatrix2D((width / 2, height / 2), 6 * roll, 0.95 + 0.05 * smile)
        moved[:, 2] += (0.03 * width * yaw, 0.03 * height * pitch)
        picture = cv2.warpAffine(mixed, moved, (width, height), borderMode=cv2.BORDER_REPLICATE).astype(np.float64)
        slope = 1 + 0.3 * light * np.linspace(-1, 1, width)[None, :, None]
        yield np.clip(picture * slope + noise.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)


def _turned(mesh: Points, yaw_deg: float, pitch_deg: float, jaw: float) -> Points:
    """Return the pixels of a mesh turned about its middle, with the jaw open by up to 0.06 of the face's width."""
    opened = mesh.copy()
    opened[list(_LOWER_LIP_AND_CHIN), 1] += 0.06 * jaw * np.linalg.norm(mesh[234] - mesh[454])
    yaw, pitch = math.radians(yaw_deg), math.radians(pitch_deg)
    turn = np.array([[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    middle = opened.mean(axis=0)
    turned: Points = (opened - middle) @ (turn @ nod).T + middle
    return turned
