"""From landmarks that a client found to a `Face`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np

from gwansang.vision.client_points import added_error, correct_client_points
from gwansang.vision.errors import DegenerateLandmarksError
from gwansang.vision.face import POINTS_ALONE, Face, FaceRegion, LandmarkSource, Points
from gwansang.vision.landmarks import find_blendshapes
from gwansang.vision.measuring.face_measures import MeasuredFace, measure_with_details, measure_without_picture
from gwansang.vision.measuring.model import Landmarks
from gwansang.vision.measuring.template import DETAIL_POINTS
from gwansang.vision.measuring.weights import landmark_model
from gwansang.vision.mesh import LANDMARK_COUNT, VERTEX_COUNT
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pose import (
    Alignment,
    add_canonical_depth,
    align_to_canonical,
    calibrated_pose,
    estimate_aspect_ratio,
)
from gwansang.vision.quality import QualityWarning, assess_quality, distance_from_mesh, face_width_px
from gwansang.vision.view import check_view

LANDMARK_COUNTS = (VERTEX_COUNT, LANDMARK_COUNT)
MAX_RESIDUAL_CM = 1.5
"""Root mean square distance to the canonical face: real faces stay below 0.7, permuted points exceed 4."""
_WITHOUT_DEPTH = 2  # coordinates of a point
_UNSEEN_DEPTH = 10.0  # factor of an error, at which nothing is believed of a measure any more
_MEDIAN_ASPECT = 0.97  # of meshes of real faces relative to the canonical one: median of 140 photos
_MAX_DEPTH = 2.0  # of the photo's width; a face that fills the photo reaches 0.5
_COMMON_ASPECTS = (9 / 16, 2 / 3, 3 / 4, 1.0, 4 / 3, 3 / 2, 16 / 9)


@dataclass(frozen=True, slots=True)
class GivenLandmarks:
    """Landmarks of a client, as fractions of the upright photo's width and height.

    points: 468 of an older face mesh or 478 of Face Landmarker v2, (n, 2) or (n, 3). width, height: of the photo in
    pixels, None if unknown. two_looks: whether the points are the mean of a plain and a mirrored look, as this service
    makes them. details: (73, 2) points of `measuring.template.DETAIL_POINTS`, found in the picture by a client that
    runs the kernel of this service on such points. covered: what the client could not see.
    """

    points: Points
    width: int | None = None
    height: int | None = None
    two_looks: bool = False
    details: Points | None = None
    covered: tuple[FaceRegion, ...] = ()

    @property
    def source(self) -> LandmarkSource:
        if len(self.points) == VERTEX_COUNT:
            return "older_mesh"
        if self.details is not None and self.two_looks:
            return "own_kernel"
        return "two_looks" if self.two_looks else "one_look"


def face_from_landmarks(given: GivenLandmarks, networks: Networks) -> Face:
    """Measure a face from a client's landmarks.

    Without the photo's size its aspect ratio is estimated from the face and rounded to the nearest common one. Raises
    DegenerateLandmarksError if the points form no face, FaceTurnedError if it is turned away.
    """
    check_landmarks(given.points)
    _check_details(given)
    extra = (QualityWarning.LANDMARKS_ONLY,) if given.source in POINTS_ALONE else ()
    width, height = given.width, given.height
    if width is None or height is None:
        aspect = estimate_aspect_ratio(given.points[:VERTEX_COUNT, :2]) / _MEDIAN_ASPECT
        aspect = min(_COMMON_ASPECTS, key=lambda common: abs(math.log(common / aspect)))
        width, height = round(1000 * aspect), 1000
        extra = (*extra, QualityWarning.ASPECT_ASSUMED)
    if min(width, height) < 1:
        raise DegenerateLandmarksError("The photo's width and height must be positive.")
    pixels = to_pixels(given.points, width, height)
    _check_geometry(align_to_canonical(pixels[:VERTEX_COUNT]))
    points = correct_client_points(pixels, given.source)
    alignment = align_to_canonical(points[:VERTEX_COUNT])
    pose = calibrated_pose(alignment.pose)
    check_view(pose)
    blendshapes = find_blendshapes(networks, points)
    landmarks = Landmarks(points, blendshapes, face_width_px(points), alignment)
    measured = _measure(landmarks, given, np.array([width, height]))
    return Face(
        points=points,
        frontal=alignment.frontal,
        values=measured.values,
        errors=_widen(measured.errors, given),
        details=measured.details,
        image_width=width,
        image_height=height,
        pose=pose,
        quality=assess_quality(
            alignment,
            points,
            None,
            blendshapes,
            distance=distance_from_mesh(measured.per_cm),
            source=given.source,
            covered=tuple(region for region in get_args(FaceRegion) if region in given.covered),
            extra=extra,
        ),
    )


def check_landmarks(points: Points) -> None:
    """Raise DegenerateLandmarksError unless these are finite points of a known mesh, as fractions of a photo."""
    check_shape(points)
    flat, depth = points[:, :2], points[:, 2:]
    if not ((flat >= 0) & (flat <= 1)).all() or not (np.abs(depth) <= _MAX_DEPTH).all():  # NaN is neither
        raise DegenerateLandmarksError("Landmarks must be finite, with x and y between 0 and 1.")


def check_shape(points: Points) -> None:
    """Raise DegenerateLandmarksError unless these are as many points as a known mesh has, of two or three numbers."""
    if points.ndim != 2 or points.shape[0] not in LANDMARK_COUNTS or points.shape[1] not in (2, 3):
        raise DegenerateLandmarksError("Landmarks must be 468 or 478 points of [x, y] or [x, y, z].")


def to_pixels(points: Points, width: int, height: int) -> Points:
    """Return (n, 3) pixels of (n, 2 or 3) landmarks in fractions of an image; depth is canonical if missing."""
    pixels = points * np.array([width, height, width], dtype=np.float64)[: points.shape[1]]
    if points.shape[1] == 3:
        return pixels
    mesh = add_canonical_depth(pixels[:VERTEX_COUNT])
    irises = pixels[VERTEX_COUNT:].reshape(-1, 5, 2)
    depths = [np.full((5, 1), mesh[list(corners), 2].mean()) for corners in _EYES[: len(irises)]]
    return np.vstack([mesh, *map(np.column_stack, zip(irises, depths, strict=True))])


_EYES = ((33, 133), (263, 362))  # corners of the right one and of the left one, as the irises come


def _measure(landmarks: Landmarks, given: GivenLandmarks, size: Points) -> MeasuredFace:
    if given.details is None:
        return measure_without_picture(landmark_model(), landmarks)
    return measure_with_details(landmark_model(), landmarks, given.details * size)


def _check_details(given: GivenLandmarks) -> None:
    """Raise DegenerateLandmarksError for detail points that are no points, or do not come with what they start from."""
    details = given.details
    if details is None:
        return
    if details.shape != (len(DETAIL_POINTS), 2) or not ((details >= 0) & (details <= 1)).all():
        message = f"Detail points must be {len(DETAIL_POINTS)} points of [x, y] between 0 and 1."
        raise DegenerateLandmarksError(message)
    if given.points.shape != (LANDMARK_COUNT, 3) or not given.two_looks:
        message = "Detail points need the 478 landmarks [x, y, z] of two looks from which they were found."
        raise DegenerateLandmarksError(message)


def _widen(errors: Mapping[str, float], given: GivenLandmarks) -> Mapping[str, float]:
    """Return the errors with those of the client's points; without depth the nose root is that of any face."""
    added = added_error(given.source)
    widened = {key: math.hypot(error, added.get(key, 0.0)) for key, error in errors.items()}
    if given.points.shape[1] == _WITHOUT_DEPTH:
        widened["NR"] *= _UNSEEN_DEPTH
    return widened


def _check_geometry(alignment: Alignment) -> None:
    """Raise DegenerateLandmarksError for points that form no face: mirrored, permuted or folded."""
    frontal = alignment.frontal
    is_ordered = (
        frontal[10, 1] > frontal[168, 1] > frontal[2, 1] > frontal[152, 1]
        and frontal[234, 0] < frontal[33, 0] < frontal[133, 0] < frontal[362, 0] < frontal[263, 0] < frontal[454, 0]
        and frontal[61, 0] < frontal[291, 0]
    )
    is_mirrored = abs(alignment.pose.yaw_deg) > 90  # no landmarks are detected from behind
    if not is_ordered or is_mirrored or alignment.residual > MAX_RESIDUAL_CM:
        raise DegenerateLandmarksError("The landmarks don't form a face; send them in the order of the face mesh.")
