"""Quality assessment of a face in a photo: metrics, warnings and an overall score."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np

from gwansang.vision.crop import CropRegion
from gwansang.vision.decode import Pixels
from gwansang.vision.face import DistanceSource, Points, Pose, Quality
from gwansang.vision.gates.exif import CameraMetadata
from gwansang.vision.mesh import canonical_face
from gwansang.vision.pose import Alignment


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
    FRINGE = "FRINGE"
    COVERED = "COVERED"
    TOO_CLOSE = "TOO_CLOSE"
    OTHER_FACES = "OTHER_FACES"
    ASPECT_ASSUMED = "ASPECT_ASSUMED"
    LANDMARKS_ONLY = "LANDMARKS_ONLY"


GOOD_YAW_DEG, GOOD_PITCH_DEG = 12.0, 12.0
GOOD_FACE_PX = 220.0
_MIN_DISTANCE_CM = {"exif": 45.0, "assumed": 33.0}  # an assumed distance has an error of up to a third
GOOD_SHARPNESS = 10.0
GOOD_MOUTH_GAP = 0.10  # closed lips measure 0.00-0.09 of the mouth's width
GOOD_SMILE = 0.6
CLOSED_EYE = 0.10
"""Eye openness by the eye network up to which an eye looks closed; narrow smiling eyes begin at 0.11."""

_FOREHEAD = (10, 109, 338, 67, 297, 103, 332, 69, 299, 108, 337, 151)
_CHEEKS = (50, 280, 205, 425, 36, 266, 101, 330)
_LOWER_FACE = (18, 200, 199, 201, 421, 194, 418, 164, 212, 432)
_HAIR_CONTRAST, _COVER_CONTRAST = 40.0, 40.0
"""CIE Lab distance to the cheeks. On 118 photos bare foreheads of every skin tone reach 33 (a shine) and fringes begin
at 47; bare lower faces reach 31 and full beards begin at 51."""
_DARK_HIGHLIGHT = 0.22  # the brightest twentieth of the face; relative to the scene, not to the skin

IRIS_DIAMETER_CM = 1.17  # horizontal visible iris, adults: 11.7 mm with 0.5 mm SD
_DIAGONAL_35MM = 43.27
_PHONE_FOCAL_MM = 28.0  # phones' main and front cameras: 23 to 32
_PHONE_SHAPES = (4 / 3, 16 / 9)
_SHAPE_TOLERANCE = 0.005


@dataclass(frozen=True, slots=True)
class ImageStatistics:
    """Statistics of the pixels at the mesh points of a face.

    brightness: mean luma, 0-1; highlight: its 95th percentile; clipped: share of points above 250 of 255;
    asymmetry: |left - right| / mean; sharpness: variance of the Laplacian over the variance of the luma, times 1000;
    forehead_contrast, lower_face_contrast: CIE Lab distance to the cheeks.
    """

    brightness: float
    highlight: float
    clipped: float
    asymmetry: float
    sharpness: float
    forehead_contrast: float
    lower_face_contrast: float


def measure_image_statistics(crop: Pixels, region: CropRegion, points: Points) -> ImageStatistics:
    """Measure light and sharpness at (468, 3) mesh points in upright pixels, in the square `crop` of `region`."""
    gray = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    lab = cv2.cvtColor(crop, cv2.COLOR_RGB2LAB).astype(np.float64)
    matrix = region.matrix()
    positions = (points[:, :2] - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T * crop.shape[0] - 0.5
    x, y = np.clip(positions.round().astype(int), 0, crop.shape[0] - 1).T
    luma = gray[y, x].astype(np.float64)
    face = canonical_face()
    is_left = face.vertices[:, 0] > 0.5
    left, right = luma[is_left].mean(), luma[face.mirror[is_left]].mean()
    cheeks = np.median(lab[y, x][list(_CHEEKS)], axis=0)
    contrast = np.linalg.norm(lab[y, x] - cheeks, axis=1)
    variance = float(gray.var())
    return ImageStatistics(
        brightness=float(luma.mean() / 255),
        highlight=float(np.percentile(luma, 95) / 255),
        clipped=float((luma > 250).mean()),
        asymmetry=float(abs(left - right) / max(left + right, 1.0) * 2),
        sharpness=1000.0 * float(cv2.Laplacian(gray, cv2.CV_64F).var()) / max(variance, 1.0),
        forehead_contrast=float(np.median(contrast[list(_FOREHEAD)])),
        lower_face_contrast=float(np.median(contrast[list(_LOWER_FACE)])),
    )


def smile_score(frontal: Points) -> float:
    """Return 0 (relaxed) to 1 (broad smile) for a (468, 3) frontal mesh; neutral photos stay below 0.35.

    A logistic function of the mouth's width over the distance of the inner eye corners, and of the height of its
    corners over its width.
    """
    corners = frontal[[61, 291]]
    width = float(np.linalg.norm(corners[0] - corners[1]))
    relative_width = width / float(np.linalg.norm(frontal[133] - frontal[362]))
    corner_height = float(corners[:, 1].mean() - frontal[[13, 14], 1].mean()) / width
    return 1.0 / (1.0 + math.exp(-(relative_width - 1.50) / 0.06 - (corner_height - 0.01) / 0.015))


def mouth_gap_ratio(frontal: Points) -> float:
    """Return the distance of the inner lips over the width of the mouth, for a (468, 3) frontal mesh."""
    return float((frontal[13, 1] - frontal[14, 1]) / np.linalg.norm(frontal[61] - frontal[291]))


def eye_openness_from_lids(lids: Points) -> float:
    """Return the lid distance over the eye width of the less open eye, for (2, 16, 2) lids from the eye network."""
    heights = np.linalg.norm(lids[:, 4] - lids[:, 12], axis=1)
    return float((heights / np.linalg.norm(lids[:, 0] - lids[:, 8], axis=1)).min())


def eye_openness_from_mesh(frontal: Points) -> float:
    """Return the lid distance over the eye width of the less open eye, for a (468, 3) frontal mesh.

    The mesh does not distinguish narrow eyes from closed ones.
    """
    heights = np.abs(frontal[[159, 386], 1] - frontal[[145, 374], 1])
    return float((heights / np.linalg.norm(frontal[[33, 263]] - frontal[[133, 362]], axis=1)).min())


def focal_length_35mm(camera: CameraMetadata, width: int, height: int) -> tuple[float, DistanceSource] | None:
    """Return the 35 mm equivalent focal length in mm and its source, or None if it is unknown.

    Without Exif, a photo of `width` x `height` pixels with a phone's uncropped aspect ratio gets a phone's.
    """
    if camera.focal_35mm is not None:
        return camera.focal_35mm, "exif"
    ratio = max(width, height) / min(width, height)
    is_uncropped = any(abs(ratio / shape - 1.0) < _SHAPE_TOLERANCE for shape in _PHONE_SHAPES)
    return (_PHONE_FOCAL_MM, "assumed") if is_uncropped else None


def camera_distance_cm(irises: Points, focal_35mm: float, diagonal_px: float) -> float:
    """Return the distance of the camera from the width of the irises: a pinhole camera and IRIS_DIAMETER_CM.

    irises: (2, 5, 2) centre and rim points in pixels; focal_35mm in mm; diagonal_px: diagonal of the photo.
    """
    rims = irises[:, 1:]
    diameter = float(np.median(np.linalg.norm(rims[:, [0, 1]] - rims[:, [2, 3]], axis=2).max(axis=1)))
    return focal_35mm / _DIAGONAL_35MM * diagonal_px * IRIS_DIAMETER_CM / max(diameter, 1e-6)


def quality_warnings(
    quality: Quality, pose: Pose, statistics: ImageStatistics | None, extra: tuple[QualityWarning, ...] = ()
) -> tuple[QualityWarning, ...]:
    """Return the warnings that apply, the most important first, followed by `extra`."""
    is_near = (
        quality.distance_cm is not None
        and quality.distance_source is not None
        and quality.distance_cm < _MIN_DISTANCE_CM[quality.distance_source]
    )
    checks = (
        (quality.face_width_px < GOOD_FACE_PX and statistics is not None, QualityWarning.SMALL_FACE),
        (abs(pose.yaw_deg) > GOOD_YAW_DEG, QualityWarning.TURNED),
        (pose.pitch_deg > GOOD_PITCH_DEG, QualityWarning.CHIN_UP),
        (pose.pitch_deg < -GOOD_PITCH_DEG, QualityWarning.CHIN_DOWN),
        (quality.smile > GOOD_SMILE, QualityWarning.SMILE),
        (quality.mouth_gap > GOOD_MOUTH_GAP, QualityWarning.MOUTH_OPEN),
        (quality.eye_openness <= CLOSED_EYE and statistics is not None, QualityWarning.EYES_CLOSED),
        (is_near, QualityWarning.TOO_CLOSE),
    )
    of_image = _image_warnings(statistics) if statistics else ()
    return (*(warning for applies, warning in checks if applies), *of_image, *extra)


def _image_warnings(statistics: ImageStatistics) -> tuple[QualityWarning, ...]:
    checks = (
        (statistics.sharpness < GOOD_SHARPNESS, QualityWarning.BLURRED),
        (statistics.highlight < _DARK_HIGHLIGHT, QualityWarning.TOO_DARK),
        (statistics.clipped > 0.25, QualityWarning.TOO_BRIGHT),
        (statistics.asymmetry > 0.35, QualityWarning.UNEVEN_LIGHT),
        (statistics.forehead_contrast > _HAIR_CONTRAST, QualityWarning.FRINGE),
        (statistics.lower_face_contrast > _COVER_CONTRAST, QualityWarning.COVERED),
    )
    return tuple(warning for applies, warning in checks if applies)


_FACTORS = {
    QualityWarning.EYES_CLOSED: 0.85,
    QualityWarning.TOO_CLOSE: 0.85,
    QualityWarning.FRINGE: 0.85,
    QualityWarning.COVERED: 0.7,
    QualityWarning.UNEVEN_LIGHT: 0.93,
    QualityWarning.TOO_DARK: 0.93,
    QualityWarning.TOO_BRIGHT: 0.93,
}


def quality_score(quality: Quality, pose: Pose, warnings: tuple[QualityWarning, ...]) -> float:
    """Return the overall score, 0-1: the product of a factor for each condition, 1 at its ideal."""
    factors: list[float] = [
        math.exp(-0.5 * (pose.yaw_deg / 25) ** 2),
        math.exp(-0.5 * (pose.pitch_deg / 22) ** 2),
        math.sqrt(min(quality.face_width_px / GOOD_FACE_PX, 1.0)),
        1.0 - 0.35 * quality.smile,
        1.0 - 0.3 * min(max(quality.mouth_gap - 0.06, 0.0) / 0.3, 1.0),
        math.sqrt(min((quality.sharpness or GOOD_SHARPNESS) / GOOD_SHARPNESS, 1.0)),
        *(_FACTORS.get(warning, 1.0) for warning in warnings),
    ]
    return round(math.prod(factors), 3)


def assess_quality(
    alignment: Alignment,
    points: Points,
    statistics: ImageStatistics | None,
    eye_openness: float,
    distance: tuple[float, DistanceSource] | None = None,
    extra: tuple[QualityWarning, ...] = (),
) -> Quality:
    """Return the quality of a face with its score and warnings.

    points: (468, 3) mesh in pixels, which `alignment` was made of; statistics: None without an image; distance: of the
    camera in cm, with its source; extra: further warnings.
    """
    distance_cm, distance_source = distance or (None, None)
    quality = Quality(
        score=0.0,
        face_width_px=float(np.linalg.norm(points[234] - points[454])),
        smile=smile_score(alignment.frontal),
        mouth_gap=max(mouth_gap_ratio(alignment.frontal), 0.0),
        eye_openness=eye_openness,
        sharpness=statistics.sharpness if statistics else None,
        brightness=statistics.brightness if statistics else None,
        light_asymmetry=statistics.asymmetry if statistics else None,
        distance_cm=distance_cm,
        distance_source=distance_source,
        warnings=(),
    )
    warnings = quality_warnings(quality, alignment.pose, statistics, extra)
    score = quality_score(quality, alignment.pose, warnings)
    return replace(quality, score=score, warnings=tuple(warning.value for warning in warnings))
