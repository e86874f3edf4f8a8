"""Other takes of one portrait, to evaluate measures: from nearer, turned, nodded, smaller, compressed.

The picture is warped by thin plates of |r| through the vertices of the face's mesh, whose depth is the network's
guess, and through the fixed frame of the picture. The portrait counts as taken from afar.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from gwansang.vision.decode import Pixels
from gwansang.vision.errors import CorruptImageError
from gwansang.vision.face import Face, Points
from gwansang.vision.mesh import VERTEX_COUNT
from gwansang.vision.warp import PictureWarp

_QUALITY = 95


@dataclass(frozen=True, slots=True)
class Retake:
    """One change of a portrait.

    near_cm: distance of the camera; yaw_deg, pitch_deg: turn as in `Pose`; photo_px: long side of the picture;
    face_px: width of the face, if it is larger; quality: of the JPEG.
    """

    near_cm: float | None = None
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    face_px: float | None = None
    quality: int = _QUALITY


RETAKES = {
    "25 cm": Retake(near_cm=25),
    "40 cm": Retake(near_cm=40),
    "60 cm": Retake(near_cm=60),
    "turned 10 degrees": Retake(yaw_deg=10),
    "nodded 8 degrees": Retake(pitch_deg=-8),
    "face 200 px wide": Retake(face_px=200),
    "quality 50": Retake(quality=50),
}


def retake_portrait(photo: bytes, face: Face, retake: Retake) -> bytes:
    """Return the JPEG of a changed photo, given the face that was measured on it; raise CorruptImageError."""
    decoded = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise CorruptImageError("The image is damaged; send the original file.")
    image: Pixels = decoded.astype(np.uint8, copy=False)
    if retake.near_cm is not None or retake.yaw_deg or retake.pitch_deg:
        height, width = image.shape[:2]
        image = PictureWarp(width, height, face.points[:VERTEX_COUNT, :2], _project(face, retake)).move_picture(image)
    scale = 1.0 if retake.face_px is None else retake.face_px / float(np.ptp(face.points[:VERTEX_COUNT, 0]))
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, retake.quality])[1].tobytes()


def _project(face: Face, retake: Retake) -> Points:
    """Return the (468, 2) pixels of the vertices after the face was turned and the camera moved."""
    points = face.points[:VERTEX_COUNT]
    center = points.mean(axis=0)
    yaw, pitch = np.radians(retake.yaw_deg), np.radians(retake.pitch_deg)
    # x right, y down, z away from the camera
    turn = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    turned = (points - center) @ (nod @ turn).T
    if retake.near_cm is not None:
        depth_cm = turned[:, 2:] * _cm_per_pixel(face)
        turned = turned * (retake.near_cm / (retake.near_cm + depth_cm))
    projected: Points = turned[:, :2] + center[:2]
    return projected


def _cm_per_pixel(face: Face) -> float:
    """Return the scale of the photo from the spread of the mesh in cm and in pixels."""
    return float(np.sqrt(face.frontal.var(axis=0).sum() / face.points[:VERTEX_COUNT].var(axis=0).sum()))
