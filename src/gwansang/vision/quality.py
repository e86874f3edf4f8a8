"""Quality assessment of a face in a photo: metrics, warnings and an overall score."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from gwansang.vision.face import DistanceSource, FaceRegion, LandmarkSource, Points, Pose, Quality
from gwansang.vision.image_statistics import ImageStatistics
from gwansang.vision.mesh import VERTEX_COUNT
from gwansang.vision.pose import Alignment, calibrated_pose


class QualityWarning(StrEnum):
    """Condition that limits a reading; the user gets an advice text for each."""

    SMALL_FACE = "SMALL_FACE"
    TURNED = "TURNED"
    CHIN_UP = "CHIN_UP"
    CHIN_DOWN = "CHIN_DOWN"
    SMILE = "SMILE"
    MOUTH_OPEN = "MOUTH_OPEN"
    EYES_CLOSED = "EYES_CLOSED"
    BLURRED = "BLURRED"
    TOO_DARK = "TOO_DARK"
    TOO_BRIGHT = "TOO_BRIGHT"
    UNEVEN_LIGHT = "UNEVEN_LIGHT"
    HEAD_COVERED = "HEAD_COVERED"
    EYES_NOT_VISIBLE = "EYES_NOT_VISIBLE"
    MOUTH_OCCLUDED = "MOUTH_OCCLUDED"
    FACE_OCCLUDED = "FACE_OCCLUDED"
    UNNATURAL_COLOUR = "UNNATURAL_COLOUR"
    MONOCHROME = "MONOCHROME"
    LOW_DYNAMIC_RANGE = "LOW_DYNAMIC_RANGE"
    COMPRESSION_ARTIFACTS = "COMPRESSION_ARTIFACTS"
    STRETCHED = "STRETCHED"
    TOO_CLOSE = "TOO_CLOSE"
    OTHER_FACES = "OTHER_FACES"
    ASPECT_ASSUMED = "ASPECT_ASSUMED"
    LANDMARKS_ONLY = "LANDMARKS_ONLY"


GOOD_YAW_DEG, GOOD_PITCH_DEG = 12.0, 12.0
GOOD_FACE_PX = 220.0
_GUESSED_PITCH_DEG = 20.0  # of a partly covered face: masks and hats move it by up to 7 degrees
_MIN_DISTANCE_CM = {"exif": 45.0, "mesh": 40.0}  # the mesh knows one over the distance to 0.008 1/cm
GOOD_SHARPNESS = 8.5
GOOD_MOUTH_GAP = 0.12  # closed lips measure 0.00-0.05 of the mouth's width
GOOD_SMILE = 0.5  # relaxed mouths reach 0.42
CLOSED_EYE = 0.5
"""Coefficient of a blink from which an eye looks closed; narrow smiling eyes reach 0.35."""
_SMILE_SHAPES, _BLINK_SHAPES = (44, 45), (9, 10)  # mouthSmileLeft, mouthSmileRight; eyeBlinkLeft, eyeBlinkRight

_OF_ALL_PIXELS = frozenset(
    {
        QualityWarning.TOO_DARK,
        QualityWarning.TOO_BRIGHT,
        QualityWarning.UNEVEN_LIGHT,
        QualityWarning.LOW_DYNAMIC_RANGE,
    }
)
"""Warnings that are judged from all pixels of a face, and left out if some of them are of what covers it."""

_OF_REGION: Mapping[str, tuple[QualityWarning, ...]] = {
    "mouth": (QualityWarning.SMILE, QualityWarning.MOUTH_OPEN),
    "eyes": (QualityWarning.EYES_CLOSED,),
}

_DARK_HIGHLIGHT = 0.22  # the brightest twentieth of the face; relative to the scene, not to the skin

_NEAR_PER_CM = 0.014  # 1/cm; of 90 portraits taken from afar 95 % are below 0.0125
IRIS_DIAMETER_CM = 1.17  # horizontal visible iris, adults: 11.7 mm with 0.5 mm SD
_DIAGONAL_35MM = 43.27


def smile_score(blendshapes: NDArray[np.float64]) -> float:
    """Return 0 (relaxed) to 1 (broad smile): the mean of both mouth corners' coefficients."""
    return float(blendshapes[list(_SMILE_SHAPES)].mean())


def eye_blink(blendshapes: NDArray[np.float64]) -> float:
    """Return the coefficient of the more closed eye's lids, 0 (open) to 1 (closed)."""
    return float(blendshapes[list(_BLINK_SHAPES)].max())


def face_width_px(points: Points) -> float:
    """Return the distance of the face's sides in (n, 3) mesh points in pixels."""
    return float(np.linalg.norm(points[234] - points[454]))


def mouth_gap_ratio(frontal: Points) -> float:
    """Return the distance of the inner lips over the width of the mouth, for a (468, 3) frontal mesh."""
    return float((frontal[13, 1] - frontal[14, 1]) / np.linalg.norm(frontal[61] - frontal[291]))


def eye_openness_ratio(frontal: Points) -> float:
    """Return the lid distance over the eye width of the less open eye, for a (468, 3) frontal mesh."""
    heights = np.abs(frontal[[159, 386], 1] - frontal[[145, 374], 1])
    return float((heights / np.linalg.norm(frontal[[33, 263]] - frontal[[133, 362]], axis=1)).min())


def camera_distance_cm(landmarks: Points, focal_35mm: float, diagonal_px: float) -> float:
    """Return the distance of the camera from the width of the irises: a pinhole camera and IRIS_DIAMETER_CM.

    landmarks: (478, 3) pixels; focal_35mm in mm; diagonal_px: diagonal of the photo.
    """
    return focal_35mm / _DIAGONAL_35MM * diagonal_px * IRIS_DIAMETER_CM / max(iris_diameter_px(landmarks), 1e-6)


def distance_from_mesh(per_cm: float) -> tuple[float, DistanceSource] | None:
    """Return the distance of a camera that looks near by the perspective of the face, given one over it; else None."""
    return (1.0 / per_cm, "mesh") if per_cm > _NEAR_PER_CM else None


def iris_diameter_px(landmarks: Points) -> float:
    """Return the diameter of the irises, the mean of both, in pixels of (478, 3) landmarks."""
    rims = landmarks[VERTEX_COUNT:, :2].reshape(2, 5, 2)[:, 1:]
    return float(np.median(np.linalg.norm(rims[:, [0, 1]] - rims[:, [2, 3]], axis=2).max(axis=1)))


def cover_warnings(covered: Collection[FaceRegion]) -> tuple[QualityWarning, ...]:
    """Return the warnings about covered regions; hair on a forehead whose brows are free raises none."""
    checks = (
        ("forehead" in covered and "brows" in covered, QualityWarning.HEAD_COVERED),
        ("eyes" in covered, QualityWarning.EYES_NOT_VISIBLE),
        ("mouth" in covered, QualityWarning.MOUTH_OCCLUDED),
        (bool({"nose", "cheeks", "jaw"}.intersection(covered)), QualityWarning.FACE_OCCLUDED),
    )
    return tuple(warning for applies, warning in checks if applies)


_OF_COVERS = frozenset(cover_warnings(get_args(FaceRegion)))


def quality_warnings(
    quality: Quality, pose: Pose, statistics: ImageStatistics | None, extra: tuple[QualityWarning, ...] = ()
) -> tuple[QualityWarning, ...]:
    """Return the warnings that apply, the most important first, followed by `extra`."""
    is_near = (
        quality.distance_cm is not None
        and quality.distance_source is not None
        and quality.distance_cm < _MIN_DISTANCE_CM.get(quality.distance_source, 0.0)
    )
    good_pitch = GOOD_PITCH_DEG if _is_open(quality.covered) else _GUESSED_PITCH_DEG
    checks = (
        (quality.face_width_px < GOOD_FACE_PX and statistics is not None, QualityWarning.SMALL_FACE),
        (abs(pose.yaw_deg) > GOOD_YAW_DEG, QualityWarning.TURNED),
        (pose.pitch_deg > good_pitch, QualityWarning.CHIN_UP),
        (pose.pitch_deg < -good_pitch, QualityWarning.CHIN_DOWN),
        (quality.smile > GOOD_SMILE, QualityWarning.SMILE),
        (quality.mouth_gap > GOOD_MOUTH_GAP, QualityWarning.MOUTH_OPEN),
        (quality.blink > CLOSED_EYE, QualityWarning.EYES_CLOSED),
        (is_near, QualityWarning.TOO_CLOSE),
    )
    of_image = _image_warnings(statistics) if statistics else ()
    of_face = (warning for applies, warning in checks if applies)
    return _without_guesses((*cover_warnings(quality.covered), *of_face, *of_image, *extra), quality.covered)


def change_covers(quality: Quality, covered: tuple[FaceRegion, ...], warnings: Sequence[str]) -> Quality:
    """Return the quality of a face with other covers and warnings, of which those about covers follow from `covered`.

    Nothing of it rests on what is covered, and the score changes with what it rests on.
    """
    others = (QualityWarning(code) for code in warnings if code not in _OF_COVERS)
    told = _without_guesses((*cover_warnings(covered), *others), covered)
    changed = _hide(replace(quality, covered=covered, warnings=tuple(one.value for one in told)))
    before = tuple(QualityWarning(code) for code in quality.warnings)
    score = quality.score * _picture_factor(changed, told) / _picture_factor(quality, before)
    return replace(changed, score=round(min(score, 1.0), 3))


def _hide(quality: Quality) -> Quality:
    """Return a quality that says nothing of what is covered: a relaxed mouth, open eyes, even light."""
    if "mouth" in quality.covered:
        quality = replace(quality, smile=0.0, mouth_gap=0.0)
    if "eyes" in quality.covered:
        quality = replace(quality, blink=0.0)
    return quality if _is_open(quality.covered) else replace(quality, light_asymmetry=None)


def _without_guesses(
    warnings: tuple[QualityWarning, ...], covered: Collection[FaceRegion]
) -> tuple[QualityWarning, ...]:
    """Return the warnings without those that rest on what is covered, or on pixels of what covers it."""
    guesses = set() if _is_open(covered) else set(_OF_ALL_PIXELS)
    guesses |= {warning for region in covered for warning in _OF_REGION.get(region, ())}
    return tuple(one for one in warnings if one not in guesses)


def _is_open(covered: Collection[FaceRegion]) -> bool:
    """Return whether nothing of a face is covered but perhaps its forehead."""
    return not set(covered) - {"forehead"}


def _image_warnings(statistics: ImageStatistics) -> tuple[QualityWarning, ...]:
    checks = (
        (statistics.sharpness < GOOD_SHARPNESS, QualityWarning.BLURRED),
        (statistics.highlight < _DARK_HIGHLIGHT, QualityWarning.TOO_DARK),
        (statistics.clipped > 0.25, QualityWarning.TOO_BRIGHT),
        (statistics.asymmetry > 0.35, QualityWarning.UNEVEN_LIGHT),
    )
    return tuple(warning for applies, warning in checks if applies)


_FACTORS = {
    QualityWarning.EYES_CLOSED: 0.85,
    QualityWarning.TOO_CLOSE: 0.85,
    QualityWarning.HEAD_COVERED: 0.85,
    QualityWarning.EYES_NOT_VISIBLE: 0.6,
    QualityWarning.MOUTH_OCCLUDED: 0.6,
    QualityWarning.FACE_OCCLUDED: 0.6,
    QualityWarning.STRETCHED: 0.7,
    QualityWarning.UNEVEN_LIGHT: 0.93,
    QualityWarning.TOO_DARK: 0.93,
    QualityWarning.TOO_BRIGHT: 0.93,
}


def quality_score(quality: Quality, pose: Pose, warnings: Iterable[QualityWarning]) -> float:
    """Return the overall score, 0-1: the product of a factor for each condition, 1 at its ideal."""
    turned = math.exp(-0.5 * (pose.yaw_deg / 25) ** 2) * math.exp(-0.5 * (pose.pitch_deg / 22) ** 2)
    return round(turned * _picture_factor(quality, warnings), 3)


def _picture_factor(quality: Quality, warnings: Iterable[QualityWarning]) -> float:
    """Return the factors of everything but the pose."""
    factors: list[float] = [
        math.sqrt(min(quality.face_width_px / GOOD_FACE_PX, 1.0)),
        1.0 - 0.35 * quality.smile,
        1.0 - 0.3 * min(max(quality.mouth_gap - 0.06, 0.0) / 0.3, 1.0),
        math.sqrt(min((quality.sharpness or GOOD_SHARPNESS) / GOOD_SHARPNESS, 1.0)),
        *(_FACTORS.get(warning, 1.0) for warning in warnings),
    ]
    return math.prod(factors)


def assess_quality(
    alignment: Alignment,
    points: Points,
    statistics: ImageStatistics | None,
    blendshapes: NDArray[np.float64],
    *,
    distance: tuple[float, DistanceSource] | None = None,
    source: LandmarkSource = "picture",
    covered: tuple[FaceRegion, ...] = (),
    extra: tuple[QualityWarning, ...] = (),
) -> Quality:
    """Return the quality of a face with its score and warnings.

    points: (478, 3) landmarks in pixels, which `alignment` was made of; statistics: None without an
    image; blendshapes: (52,) coefficients of the expression; distance: of the camera in cm, with its source; source: of
    the landmarks; covered: regions that can't be seen; extra: further warnings.
    """
    pose = calibrated_pose(alignment.pose)
    distance_cm, distance_source = distance or (None, None)
    quality = Quality(
        score=0.0,
        face_width_px=face_width_px(points),
        smile=smile_score(blendshapes),
        mouth_gap=max(mouth_gap_ratio(alignment.frontal), 0.0),
        eye_openness=eye_openness_ratio(alignment.frontal),
        blink=eye_blink(blendshapes),
        sharpness=statistics.sharpness if statistics else None,
        brightness=statistics.brightness if statistics else None,
        light_asymmetry=statistics.asymmetry if statistics else None,
        distance_cm=distance_cm,
        distance_source=distance_source,
        warnings=(),
        covered=covered,
        source=source,
    )
    quality = _hide(quality)
    warnings = quality_warnings(quality, pose, statistics, extra)
    score = quality_score(quality, pose, warnings)
    return replace(quality, score=score, warnings=tuple(warning.value for warning in warnings))
