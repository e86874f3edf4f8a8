"""Result of the vision package: the geometry of a face, and the quality of its photo."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
DistanceSource = Literal["exif", "mesh", "assumed"]  # "assumed": only in readings that older releases kept
LandmarkSource = Literal["picture", "own_kernel", "two_looks", "one_look", "older_mesh"]
"""Origin of the landmarks.

This service's networks on a picture; a client that runs the same networks and kernel on its picture; or a client's
points alone: the mean of two looks, one look, or 468 points of an older mesh.
"""
FaceRegion = Literal["forehead", "brows", "eyes", "nose", "mouth", "cheeks", "jaw"]
"""Place on a face that something may cover, one side of it or both."""
POINTS_ALONE: frozenset[LandmarkSource] = frozenset({"two_looks", "one_look", "older_mesh"})
"""Sources without anything from pixels."""


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
    distance_source: DistanceSource | None  # "mesh": from the perspective of the face itself, only if it looks near
    warnings: tuple[str, ...]  # codes such as SMILE, EYES_NOT_VISIBLE, TOO_DARK, TOO_CLOSE, TURNED
    covered: tuple[FaceRegion, ...] = ()  # what can't be seen, from the top down
    blink: float = 0.0  # of the more closed eye: 0 open .. 1 closed
    source: LandmarkSource | None = None  # None: kept by a release that did not tell
    photos: int = 1  # number of photos whose measures were averaged
    best_photo: int = 1  # number, from 1, of the photo that the other fields describe
    frames: int | None = None  # of a clip: number of frames whose measures were averaged
    best_second: float | None = None  # of a clip: time of the frame that the other fields describe


@dataclass(frozen=True, slots=True)
class Face:
    """One measured face.

    values, errors: the 31 measures by key, and one SD of each in the same unit; pose, perspective and expression are
        taken out of the values.
    points: (478, 3) pixels of the upright photo; x right, y down, z in the same scale, negative towards the camera;
        the 468 vertices of the mesh, then centre and four rim points of the right iris, then of the left one.
    details: (73, 2) pixels of the upright photo: points of the hand-marked template (`measuring.template`), drawn so
        that they measure the values.
    frontal: (468, 3) the uncorrected mesh turned to the front, in the units of the canonical face (about cm); x to the
        subject's left, y up, z towards the camera. Independent of roll, scale and position in the photo.
    """

    points: Points
    frontal: Points
    values: Mapping[str, float]
    errors: Mapping[str, float]
    details: Points
    image_width: int
    image_height: int
    pose: Pose
    quality: Quality
