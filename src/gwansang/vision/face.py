"""Result of the vision package: the geometry of a face, and the quality of its photo."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
DistanceSource = Literal["exif", "assumed"]


@dataclass(frozen=True, slots=True)
class Pose:
    """Rotation of the head against the camera, in degrees.

    yaw_deg > 0: the subject turns to their own left (towards the right of an unmirrored photo);
    pitch_deg > 0: the chin is raised; roll_deg > 0: the head leans clockwise as seen in the photo.
    """

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


@dataclass(frozen=True, slots=True)
class Quality:
    """Quality of the photo of a face; fields that need pixels are None if only landmarks were given."""

    score: float  # 0-1
    face_width_px: float
    smile: float  # 0 relaxed .. 1 broad smile
    mouth_gap: float  # inner lip distance / mouth width
    eye_openness: float  # eyelid distance / eye width, the smaller of both eyes
    sharpness: float | None
    brightness: float | None  # mean luma of the face, 0-1
    light_asymmetry: float | None  # |left - right| cheek luma / their mean
    distance_cm: float | None
    distance_source: DistanceSource | None  # "assumed": from the usual field of view of phones
    warnings: tuple[str, ...]  # codes such as FRINGE, SMILE, EYES_CLOSED, TOO_DARK, TOO_CLOSE, TURNED
    photos: int = 1  # number of photos whose measures were averaged
    best_photo: int = 1  # number, from 1, of the photo that the other fields describe
    frames: int | None = None  # of a clip: number of frames whose measures were averaged
    best_second: float | None = None  # of a clip: time of the frame that the other fields describe


@dataclass(frozen=True, slots=True)
class Face:
    """One measured face.

    neutral: (468, 3) the frontal mesh corrected for pose, perspective and expression; the measures are taken from it.
    points: (468, 3) pixels of the upright photo; x right, y down, z in the same scale, negative towards the camera.
    frontal: (468, 3) the mesh turned to the front, in the units of the canonical face (about cm); x to the subject's
        left, y up, z towards the camera. Independent of roll, scale and position in the photo.
    eyelids: (2, 16, 2) upper and lower lid contours in pixels, subject's right eye first; None without an image.
    irises: (2, 5, 2) centre and four rim points in pixels, subject's right eye first; None without an image.
    """

    points: Points
    frontal: Points
    neutral: Points
    image_width: int
    image_height: int
    pose: Pose
    quality: Quality
    eyelids: Points | None = None
    irises: Points | None = None
