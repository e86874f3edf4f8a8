"""Scenes with drawn faces: turned heads, crowds, blur, light."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.vision.drawn_face import draw_face
from gwansang.vision.face import Points
from gwansang.vision.mesh import canonical_face

Rgb = NDArray[np.uint8]


def rotation(yaw_deg: float = 0.0, pitch_deg: float = 0.0, roll_deg: float = 0.0) -> Points:
    """Return the (3, 3) rotation of a head in the canonical axes (x to the subject's left, y up, z to the camera).

    The signs are those of `Pose`: yaw to the subject's left, chin up, clockwise as seen.
    """
    yaw, pitch, roll = np.radians([yaw_deg, pitch_deg, roll_deg])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def turned(yaw_deg: float = 0.0, pitch_deg: float = 0.0, roll_deg: float = 0.0) -> Rgb:
    """Return a drawn head that is turned."""
    return draw_face(vertices=canonical_face().vertices @ rotation(yaw_deg, pitch_deg, roll_deg).T)


def rolled(degrees: float) -> Rgb:
    """Return the drawn portrait on a square, rotated clockwise."""
    square = np.full((800, 800, 3), (170, 178, 186), np.uint8)
    square[80:720, 160:640] = draw_face()
    turn = cv2.getRotationMatrix2D((399.5, 399.5), -degrees, 1.0)
    return cv2.warpAffine(square, turn, (800, 800), borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)


def crowd(columns: int, rows: int, height: int = 160) -> Rgb:
    """Return a grid of the same face."""
    one = draw_face(height * 3 // 4, height, height * 0.375)
    return np.tile(one, (rows, columns, 1))


def with_one_behind(face_width: float = 130.0) -> Rgb:
    """Return a scene with a large face in the centre and a small one in the corner."""
    scene = draw_face(1200, 1200, 400.0)
    side = round(face_width * 1.7)
    scene[40 : 40 + side, 20 : 20 + side] = draw_face(side, side, face_width)
    return scene


def blurred(sigma: float) -> Rgb:
    return cv2.GaussianBlur(draw_face(), (0, 0), sigma).astype(np.uint8)


def lit(gain: float = 1.0, *, from_the_left: float = 0.0) -> Rgb:
    """Return a brighter or darker portrait; `from_the_left` is the share of light that the other side loses."""
    image = draw_face().astype(np.float64) * gain
    ramp = 1.0 - from_the_left * np.clip((np.arange(480) - 120) / 240, 0.0, 1.0)
    return np.clip(image * ramp[None, :, None], 0, 255).astype(np.uint8)


def wall() -> Rgb:
    return np.full((640, 480, 3), (214, 172, 146), np.uint8)


def noise() -> Rgb:
    return np.random.default_rng(11).integers(0, 256, (640, 480, 3), dtype=np.uint8)
