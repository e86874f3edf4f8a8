"""From a photo's bytes to a `Face`: header, reduced pixels, detector, mesh, eyes, pose, quality, correction."""

import math

import numpy as np

from gwansang.vision.correction import correct_mesh
from gwansang.vision.decode import DecodedImage, choose_reduction, decode_image
from gwansang.vision.detector import Detection, detect_faces
from gwansang.vision.errors import (
    DegenerateLandmarksError,
    FaceBlurredError,
    FaceCutOffError,
    FaceTooSmallError,
    FaceTurnedError,
    MultipleFacesError,
    NoFaceError,
)
from gwansang.vision.face import DistanceSource, Face, Points, Pose
from gwansang.vision.gates.exif import CameraMetadata
from gwansang.vision.gates.headers import MAX_DECODE_BYTES, ImageHeader, inspect_image
from gwansang.vision.landmarks import FaceMesh, find_eyes, find_landmarks
from gwansang.vision.mesh import VERTEX_COUNT
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pose import Alignment, add_canonical_depth, align_to_canonical, estimate_aspect_ratio
from gwansang.vision.quality import (
    ImageStatistics,
    QualityWarning,
    assess_quality,
    camera_distance_cm,
    eye_openness_from_lids,
    eye_openness_from_mesh,
    focal_length_35mm,
    measure_image_statistics,
)

DETECTION_LONG_SIDE_PX = 450  # of the image that the detectors get, at least
SUFFICIENT_FACE_PX = 128.0  # width of a decoded face that fills the input of the networks
MIN_FACE_PX = 90.0
MAX_YAW_DEG, MAX_PITCH_DEG = 32.0, 30.0
MIN_SHARPNESS = 4.0
SECOND_SUBJECT_RATIO = 0.45  # a second face of at least this share of the first one's width is a second subject
_MEDIAN_ASPECT = 0.96  # of meshes of real faces relative to the canonical one: median of 59 photos
_MAX_OUTSIDE = 0.02
_MAX_DEPTH = 2.0  # of the photo's width; a face that fills the photo reaches 0.5
_COMMON_ASPECTS = (9 / 16, 2 / 3, 3 / 4, 1.0, 4 / 3, 3 / 2, 16 / 9)


def read_photo(data: bytes, networks: Networks) -> Face:
    """Detect and measure the one face of a JPEG, PNG or WebP file.

    The same bytes give the same face. Raises an error of `vision.errors` if the file can't be read, or if it shows no
    face, several, or one that is too small, cut off, turned away or blurred.
    """
    return read_photo_with_image(data, networks)[0]


def read_photo_with_image(data: bytes, networks: Networks) -> tuple[Face, DecodedImage]:
    """Return the face of a photo as `read_photo` does, and the decoded image it was measured in."""
    header = inspect_image(data)
    image = decode_image(header, choose_reduction(header, DETECTION_LONG_SIDE_PX))
    face, has_others = _choose_subject(detect_faces(networks, image))
    image = _decode_finer(header, image, face)
    return _measure(networks, image, face, header.camera, has_others=has_others), image


def read_image(image: DecodedImage, networks: Networks) -> Face:
    """Return the face of a decoded image at full size, taken by an unknown camera; raises as `read_photo` does."""
    face, has_others = _choose_subject(detect_faces(networks, image))
    _check_face_size(face)
    return _measure(networks, image, face, CameraMetadata(), has_others=has_others)


def _measure(
    networks: Networks, image: DecodedImage, face: Detection, camera: CameraMetadata, *, has_others: bool
) -> Face:
    mesh = find_landmarks(networks, image, face.region())
    _check_mesh(mesh, image)
    lids, irises = find_eyes(networks, image, mesh.points)
    statistics = measure_image_statistics(mesh.crop, mesh.region, mesh.points)
    alignment = align_to_canonical(mesh.points)
    _check_view(alignment.pose, statistics)
    extra = (QualityWarning.OTHER_FACES,) if has_others else ()
    distance = _camera_distance(image, camera, irises)
    quality = assess_quality(
        alignment, mesh.points, statistics, eye_openness_from_lids(lids), distance=distance, extra=extra
    )
    return Face(
        points=mesh.points,
        frontal=alignment.frontal,
        neutral=correct_mesh(alignment.frontal, alignment.pose, quality.distance_cm),
        image_width=image.width,
        image_height=image.height,
        pose=alignment.pose,
        quality=quality,
        eyelids=lids,
        irises=irises,
    )


def face_from_landmarks(landmarks: Points, image_width: int | None = None, image_height: int | None = None) -> Face:
    """Measure a face from landmarks that were found elsewhere.

    landmarks: 468 or 478 points of the face mesh, (n, 2) or (n, 3), x and y as fractions of the upright photo.
    Without the photo's size its aspect ratio is estimated from the face and rounded to the nearest common one. Raises
    DegenerateLandmarksError if the points form no face, FaceTurnedError if it is turned away.
    """
    points = _checked_landmarks(landmarks)
    extra: tuple[QualityWarning, ...] = (QualityWarning.LANDMARKS_ONLY,)
    if image_width is None or image_height is None:
        aspect = estimate_aspect_ratio(points[:, :2]) / _MEDIAN_ASPECT
        aspect = min(_COMMON_ASPECTS, key=lambda common: abs(math.log(common / aspect)))
        image_width, image_height = round(1000 * aspect), 1000
        extra = (*extra, QualityWarning.ASPECT_ASSUMED)
    if min(image_width, image_height) < 1:
        raise DegenerateLandmarksError("The photo's width and height must be positive.")
    pixels = to_pixels(points, image_width, image_height)
    alignment = align_to_canonical(pixels)
    _check_geometry(alignment)
    _check_view(alignment.pose, None)
    return Face(
        points=pixels,
        frontal=alignment.frontal,
        neutral=correct_mesh(alignment.frontal, alignment.pose, None),
        image_width=image_width,
        image_height=image_height,
        pose=alignment.pose,
        quality=assess_quality(alignment, pixels, None, eye_openness_from_mesh(alignment.frontal), extra=extra),
    )


def mesh_points(landmarks: Points) -> Points:
    """Return the 468 points of the mesh from (468 or 478, 2 or 3) landmarks; raises DegenerateLandmarksError."""
    if landmarks.ndim != 2 or landmarks.shape[0] not in (468, 478) or landmarks.shape[1] not in (2, 3):
        raise DegenerateLandmarksError("Landmarks must be 468 or 478 points of [x, y] or [x, y, z].")
    return landmarks[:VERTEX_COUNT]


def to_pixels(points: Points, width: int, height: int) -> Points:
    """Return (468, 3) pixels for mesh points in fractions of an image, with canonical depth if they have none."""
    pixels = points * np.array([width, height, width], dtype=np.float64)[: points.shape[1]]
    return add_canonical_depth(pixels) if points.shape[1] == 2 else pixels


def _checked_landmarks(landmarks: Points) -> Points:
    points = mesh_points(landmarks)
    flat, depth = points[:, :2], points[:, 2:]
    if not ((flat >= 0) & (flat <= 1)).all() or not (np.abs(depth) <= _MAX_DEPTH).all():  # NaN is neither
        raise DegenerateLandmarksError("Landmarks must be finite, with x and y between 0 and 1.")
    return points


def _choose_subject(faces: list[Detection]) -> tuple[Detection, bool]:
    """Return the largest face, and whether there are smaller ones in the background."""
    if not faces:
        raise NoFaceError("No face was found; use a photo that shows one face from the front.")
    subjects = count_subjects(faces)
    if subjects > 1:
        raise MultipleFacesError(f"{subjects} faces were found; use a photo of one person.", count=subjects)
    return faces[0], len(faces) > 1


def count_subjects(faces: list[Detection]) -> int:
    """Return the number of faces, given largest first, that are large enough to be subjects of the photo."""
    return sum(face.width >= SECOND_SUBJECT_RATIO * faces[0].width for face in faces)


def _decode_finer(header: ImageHeader, image: DecodedImage, face: Detection) -> DecodedImage:
    """Return the image, decoded again at a finer resolution if its face is small and the file has more pixels."""
    _check_face_size(face)
    finest = 1 if 3 * header.width * header.height <= MAX_DECODE_BYTES else 2
    if image.reduction <= finest or face.width / image.reduction >= SUFFICIENT_FACE_PX:
        return image
    finer = (r for r in (4, 2) if r < image.reduction and face.width / r >= SUFFICIENT_FACE_PX)
    return decode_image(header, next(finer, finest))


def _check_face_size(face: Detection) -> None:
    if face.width < MIN_FACE_PX:
        raise FaceTooSmallError(
            "The face is too small in the photo; move closer or cut the photo around the face.",
            face_width_px=round(face.width),
            min_face_width_px=round(MIN_FACE_PX),
        )


def _check_mesh(mesh: FaceMesh, image: DecodedImage) -> None:
    if mesh.presence < 0.5:
        raise NoFaceError("No face was found; use a photo that shows one face from the front.")
    positions = mesh.points[:, :2]
    is_outside = (positions < 0).any(axis=1) | (positions > (image.width, image.height)).any(axis=1)
    if is_outside.mean() > _MAX_OUTSIDE:
        raise FaceCutOffError("The face is cut off by the edge of the photo; leave some room around it.")


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


MAX_RESIDUAL_CM = 1.5
"""Root mean square distance to the canonical face: real faces stay below 0.7, permuted points exceed 4."""


def _check_view(pose: Pose, statistics: ImageStatistics | None) -> None:
    if abs(pose.yaw_deg) > MAX_YAW_DEG or abs(pose.pitch_deg) > MAX_PITCH_DEG:
        raise FaceTurnedError(
            "The face is turned too far; look straight into the camera.",
            yaw_deg=round(pose.yaw_deg, 1),
            pitch_deg=round(pose.pitch_deg, 1),
        )
    if statistics is not None and statistics.sharpness < MIN_SHARPNESS:
        raise FaceBlurredError("The face is too blurred; hold the camera still and focus on the face.")


def _camera_distance(
    image: DecodedImage, camera: CameraMetadata, irises: Points
) -> tuple[float, DistanceSource] | None:
    focal = focal_length_35mm(camera, image.width, image.height)
    if focal is None:
        return None
    return camera_distance_cm(irises, focal[0], math.hypot(image.width, image.height)), focal[1]
