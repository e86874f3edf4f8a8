"""What vision hands on: a face as geometry, with how well it could be seen."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


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
    """How well the face could be measured; what needs pixels is None where only landmarks were given."""

    score: float  # 0-1
    face_width_px: float
    smile: float  # 0 relaxed .. 1 broad smile
    mouth_gap: float  # inner lip distance / mouth width
    eye_openness: float  # eyelid distance / eye width, the smaller of both eyes
    sharpness: float | None
    brightness: float | None  # mean luma of the face, 0-1
    light_asymmetry: float | None  # |left - right| cheek luma / their mean
    distance_cm: float | None
    distance_source: Literal["exif", "assumed"] | None  # "assumed": from the field of view that phones share
    warnings: tuple[str, ...]  # codes such as FRINGE, SMILE, EYES_CLOSED, TOO_DARK, TOO_CLOSE, TURNED
    photos: int = 1  # of how many photos the measures are the mean
    best_photo: int = 1  # which of them, counted from 1, everything else here is of
    frames: int | None = None  # of how many frames the measures are the mean, where the photo is a clip
    best_second: float | None = None  # when in the clip the frame is shown that everything else here is of


@dataclass(frozen=True, slots=True)
class Face:
    """One measured face.

    neutral: (468, 3) the frontal face with pose, nearness and expression taken out: what is measured.
    points: (468, 3) pixels of the upright photo; x right, y down, z in the same scale, negative towards the camera.
    frontal: (468, 3) the same face turned to the front, in centimetre-like units of the canonical face;
        x to the subject's left, y up, z towards the camera. Independent of roll, scale and place in the photo.
    eyelids: (2, 16, 2) upper and lower lid contours in pixels, subject's right eye first, or None without an image.
    irises: (2, 5, 2) centre and four rim points in pixels, subject's right eye first, or None without an image.
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
