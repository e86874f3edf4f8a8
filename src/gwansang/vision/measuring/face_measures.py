"""Measures of a face by key, and the points that show them on the photo."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gwansang.vision.decode import DecodedImage, Pixels
from gwansang.vision.errors import DegenerateLandmarksError
from gwansang.vision.face import Points
from gwansang.vision.measuring.channels import apply_matrix, compose_matrices, crop_face, crop_matrix, invert_matrix
from gwansang.vision.measuring.mesh_measures import EXTRA_KEYS
from gwansang.vision.measuring.model import FaceMeasures, LandmarkModel, Landmarks
from gwansang.vision.measuring.template import DETAIL_POINTS, KEYS, POINT_COUNT

_MAX_DETAIL_SHIFT_PX = 60.0  # of the crop, from where the mesh alone expects a point; the kernel moves them by up to 32


@dataclass(frozen=True, slots=True)
class MeasuredFace:
    """values, errors: all 31 measures by key, and one SD of each; details: (73, 2) drawn points in upright pixels.

    found: (189, 2) crop pixels, the points as they were found; per_cm: one over the distance of the camera, guessed
    from the perspective of the mesh.
    """

    values: Mapping[str, float]
    errors: Mapping[str, float]
    details: Points
    found: Points
    per_cm: float


def crop_of_image(image: DecodedImage, points: Points) -> Pixels:
    """Return the eye-level crop (420, 360, 3) of an image for (478, 3) landmarks in upright pixels."""
    return crop_face(image.pixels, compose_matrices(crop_matrix(points), invert_matrix(image.to_pixels)))


def measure_in_crop(model: LandmarkModel, crop: Pixels, landmarks: Landmarks) -> MeasuredFace:
    """Measure a face on its landmarks and the crop of its picture; raises DegenerateLandmarksError."""
    return _collect(model, model.measure_crop(crop, landmarks), landmarks)


def measure_without_picture(model: LandmarkModel, landmarks: Landmarks) -> MeasuredFace:
    """Measure a face on its landmarks alone, with larger errors; raises DegenerateLandmarksError."""
    return _collect(model, model.measure_landmarks(landmarks), landmarks)


def measure_with_details(model: LandmarkModel, landmarks: Landmarks, details: Points) -> MeasuredFace:
    """Measure a face on its landmarks and (73, 2) detail points, in the same pixels, that a client's kernel found.

    Raises DegenerateLandmarksError if the points do not lie where the landmarks say.
    """
    matrix = crop_matrix(landmarks.points)
    points = np.full((POINT_COUNT, 2), np.nan)
    points[list(DETAIL_POINTS)] = apply_matrix(matrix, details)
    expected = model.cascade.find_without_picture(apply_matrix(matrix, landmarks.points[:, :2]))
    if not (np.linalg.norm(points - expected, axis=1)[list(DETAIL_POINTS)] <= _MAX_DETAIL_SHIFT_PX).all():
        raise DegenerateLandmarksError("The detail points don't lie on the landmarks; send those of the same picture.")
    return _collect(model, model.measure_points(landmarks, points, with_picture=True), landmarks)


def _collect(model: LandmarkModel, measured: FaceMeasures, landmarks: Landmarks) -> MeasuredFace:
    values = dict(zip(KEYS, measured.values.tolist(), strict=True))
    errors = dict(zip(KEYS, measured.errors.tolist(), strict=True))
    values |= dict(zip(EXTRA_KEYS, measured.extras.tolist(), strict=True))
    errors |= dict(zip(EXTRA_KEYS, measured.extra_errors.tolist(), strict=True))
    middle, lower = split_zones(values.pop(_RATIO), values["U"])
    values |= {"M": middle, "L": lower}
    errors |= _zone_errors(values, errors.pop(_RATIO), errors["U"])
    drawn = model.draw(measured)[list(DETAIL_POINTS)]
    details = apply_matrix(invert_matrix(crop_matrix(landmarks.points)), drawn)
    return MeasuredFace(values, errors, details, measured.points, measured.per_cm)


_RATIO = "L-M"


def split_zones(lower_to_middle: float, upper: float) -> tuple[float, float]:
    """Return the logs of the middle and of the lower zone's share of the face.

    lower_to_middle: log of the ratio of the two; upper: log of the upper zone's share.
    """
    rest, both = math.log1p(-math.exp(upper)), math.log1p(math.exp(lower_to_middle))
    return rest - both, rest + lower_to_middle - both


def _zone_errors(values: Mapping[str, float], ratio_error: float, upper_error: float) -> dict[str, float]:
    """Return the errors of M and L by the derivatives of `split_zones`."""
    lower_share = 1 / (1 + math.exp(values["M"] - values["L"]))
    upper = math.exp(values["U"])
    shared = upper / (1 - upper) * upper_error
    return {
        "M": math.hypot(lower_share * ratio_error, shared),
        "L": math.hypot((1 - lower_share) * ratio_error, shared),
    }
