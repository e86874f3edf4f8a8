"""The way of a photo: bytes -> header -> reduced pixels -> detector -> mesh -> eyes -> pose -> quality -> `Face`."""

import math
from dataclasses import replace

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
from gwansang.vision.face import Face, Points, Pose, Quality
from gwansang.vision.gates.exif import CameraMetadata
from gwansang.vision.gates.headers import MAX_DECODE_BYTES, ImageHeader, inspect_image
from gwansang.vision.landmarks import FaceMesh, find_eyes, find_landmarks
from gwansang.vision.mesh import VERTEX_COUNT
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pose import Alignment, add_canonical_depth, align_to_canonical, estimate_aspect_ratio
from gwansang.vision.quality import (
    ImageStatistics,
    QualityWarning,
    camera_distance_cm,
    eye_openness_from_lids,
    eye_openness_from_mesh,
    focal_length_35mm,
    judged,
    measure_image_statistics,
    seen_quality,
)

DETECTION_LONG_SIDE_PX = 450  # long side at which faces are looked for
SUFFICIENT_FACE_PX = (
    128.0  # decoded face width: its square fills the networks' view. A smaller one is decoded again, larger
)
MIN_FACE_PX = 90.0
MAX_YAW_DEG, MAX_PITCH_DEG = 32.0, 30.0
MIN_SHARPNESS = 4.0
SECOND_SUBJECT_RATIO = 0.45  # a second face of at least this share of the first one's width is a second subject
_SEEN_ASPECT = 0.96  # meshes of real faces are so much narrower than the canonical one: median of 59 photos
_MAX_OUTSIDE = 0.02
_MAX_DEPTH = 2.0  # of the photo's width; a face that fills the photo reaches 0.5
_COMMON_ASPECTS = (9 / 16, 2 / 3, 3 / 4, 1.0, 4 / 3, 3 / 2, 16 / 9)


def read_photo(data: bytes, engine: Networks) -> Face:
    """Finds and measures the one face of a JPEG, PNG or WebP.

    The same bytes give the same face. Raises what `vision.errors` names: the file can't be read, or it shows no face,
    several, or one that is too small, cut off, turned away or blurred.
    """
    return read_photo_with_image(data, engine)[0]


def read_photo_with_image(data: bytes, engine: Networks) -> tuple[Face, DecodedImage]:
    """The same with the picture that the face was found in, for whoever has to look at it once more."""
    header = inspect_image(data)
    picture = decode_image(header, choose_reduction(header, DETECTION_LONG_SIDE_PX))
    face, others = _choose(detect_faces(engine, picture))
    picture = _closer(header, picture, face)
    return _measured(engine, picture, face, header.camera, others=others), picture


def read_image(picture: DecodedImage, engine: Networks) -> Face:
    """The same for a picture that is decoded already, whole and of a camera that tells nothing about itself."""
    face, others = _choose(detect_faces(engine, picture))
    _check_face_size(face)
    return _measured(engine, picture, face, CameraMetadata(), others=others)


def _measured(
    engine: Networks, picture: DecodedImage, face: Detection, camera: CameraMetadata, *, others: bool
) -> Face:
    mesh = find_landmarks(engine, picture, face.region())
    _check_mesh(mesh, picture)
    lids, irises = find_eyes(engine, picture, mesh.points)
    light = measure_image_statistics(mesh.crop, mesh.region, mesh.points)
    alignment = align_to_canonical(mesh.points)
    _check_view(alignment.pose, light)
    quality = _with_distance(
        seen_quality(alignment, mesh.points, light, eye_openness_from_lids(lids)), picture, camera, irises
    )
    extra = (QualityWarning.OTHER_FACES,) if others else ()
    return Face(
        points=mesh.points,
        frontal=alignment.frontal,
        neutral=correct_mesh(alignment.frontal, alignment.pose, quality.distance_cm),
        image_width=picture.width,
        image_height=picture.height,
        pose=alignment.pose,
        quality=judged(quality, alignment.pose, light, extra),
        eyelids=lids,
        irises=irises,
    )


def face_from_landmarks(landmarks: Points, image_width: int | None = None, image_height: int | None = None) -> Face:
    """Measures 468 or 478 points found elsewhere, (n, 2) or (n, 3), x and y normalised to 0-1 of the upright photo.

    Without the photo's size its aspect is judged from the face and set to the nearest common one. Raises
    DegenerateLandmarksError where the points are no face, FaceTurnedError where it looks away.
    """
    points = _checked(landmarks)
    extra: tuple[QualityWarning, ...] = (QualityWarning.LANDMARKS_ONLY,)
    if image_width is None or image_height is None:
        aspect = estimate_aspect_ratio(points[:, :2]) / _SEEN_ASPECT
        aspect = min(_COMMON_ASPECTS, key=lambda common: abs(math.log(common / aspect)))
        image_width, image_height = round(1000 * aspect), 1000
        extra = (*extra, QualityWarning.ASPECT_ASSUMED)
    if min(image_width, image_height) < 1:
        raise DegenerateLandmarksError("The photo's width and height must be positive.")
    scale = np.array([image_width, image_height, image_width], dtype=np.float64)[: points.shape[1]]
    pixels = points * scale
    pixels = add_canonical_depth(pixels) if points.shape[1] == 2 else pixels
    alignment = align_to_canonical(pixels)
    _check_geometry(alignment)
    _check_view(alignment.pose, None)
    quality = seen_quality(alignment, pixels, None, eye_openness_from_mesh(alignment.frontal))
    return Face(
        points=pixels,
        frontal=alignment.frontal,
        neutral=correct_mesh(alignment.frontal, alignment.pose, None),
        image_width=image_width,
        image_height=image_height,
        pose=alignment.pose,
        quality=judged(quality, alignment.pose, None, extra),
    )


def _checked(landmarks: Points) -> Points:
    """The 468 points of the mesh; what can't be a photo's landmarks is refused."""
    if landmarks.ndim != 2 or landmarks.shape[0] not in (468, 478) or landmarks.shape[1] not in (2, 3):
        raise DegenerateLandmarksError("Landmarks must be 468 or 478 points of [x, y] or [x, y, z].")
    points = landmarks[:VERTEX_COUNT]
    flat, depth = points[:, :2], points[:, 2:]
    if not ((flat >= 0) & (flat <= 1)).all() or not (np.abs(depth) <= _MAX_DEPTH).all():  # NaN is neither
        raise DegenerateLandmarksError("Landmarks must be finite, with x and y between 0 and 1.")
    return points


def _choose(faces: list[Detection]) -> tuple[Detection, bool]:
    """The subject, and whether smaller faces stand behind."""
    if not faces:
        raise NoFaceError("No face was found; use a photo that shows one face from the front.")
    subjects = sum(face.width >= SECOND_SUBJECT_RATIO * faces[0].width for face in faces)
    if subjects > 1:
        raise MultipleFacesError(f"{subjects} faces were found; use a photo of one person.", count=subjects)
    return faces[0], len(faces) > 1


def _closer(header: ImageHeader, picture: DecodedImage, face: Detection) -> DecodedImage:
    """Decodes again where the face came out small although the file has more to give."""
    _check_face_size(face)
    finest = 1 if 3 * header.width * header.height <= MAX_DECODE_BYTES else 2
    if picture.reduction <= finest or face.width / picture.reduction >= SUFFICIENT_FACE_PX:
        return picture
    wanted = next((r for r in (4, 2) if r < picture.reduction and face.width / r >= SUFFICIENT_FACE_PX), finest)
    return decode_image(header, wanted)


def _check_face_size(face: Detection) -> None:
    if face.width < MIN_FACE_PX:
        raise FaceTooSmallError(
            "The face is too small in the photo; move closer or cut the photo around the face.",
            face_width_px=round(face.width),
            min_face_width_px=round(MIN_FACE_PX),
        )


def _check_mesh(mesh: FaceMesh, picture: DecodedImage) -> None:
    if mesh.presence < 0.5:
        raise NoFaceError("No face was found; use a photo that shows one face from the front.")
    places = mesh.points[:, :2]
    outside = (places < 0).any(axis=1) | (places > (picture.width, picture.height)).any(axis=1)
    if outside.mean() > _MAX_OUTSIDE:
        raise FaceCutOffError("The face is cut off by the edge of the photo; leave some room around it.")


def _check_geometry(alignment: Alignment) -> None:
    """Points that fit no face at all: mirrored, permuted, folded."""
    frontal = alignment.frontal
    ordered = (
        frontal[10, 1] > frontal[168, 1] > frontal[2, 1] > frontal[152, 1]
        and frontal[234, 0] < frontal[33, 0] < frontal[133, 0] < frontal[362, 0] < frontal[263, 0] < frontal[454, 0]
        and frontal[61, 0] < frontal[291, 0]
    )
    away = abs(alignment.pose.yaw_deg) > 90  # nobody's landmarks are seen from behind: these are mirrored
    if not ordered or away or alignment.residual > MAX_RESIDUAL_CM:
        raise DegenerateLandmarksError("The landmarks don't form a face; send them in the order of the face mesh.")


MAX_RESIDUAL_CM = 1.5
"""Root mean square distance to the canonical face: real faces stay under 0.7, permuted points exceed 4."""


def _check_view(pose: Pose, light: ImageStatistics | None) -> None:
    if abs(pose.yaw_deg) > MAX_YAW_DEG or abs(pose.pitch_deg) > MAX_PITCH_DEG:
        raise FaceTurnedError(
            "The face is turned too far; look straight into the camera.",
            yaw_deg=round(pose.yaw_deg, 1),
            pitch_deg=round(pose.pitch_deg, 1),
        )
    if light is not None and light.sharpness < MIN_SHARPNESS:
        raise FaceBlurredError("The face is too blurred; hold the camera still and focus on the face.")


def _with_distance(quality: Quality, picture: DecodedImage, camera: CameraMetadata, irises: Points) -> Quality:
    focal = focal_length_35mm(camera, picture.width, picture.height)
    if focal is None:
        return quality
    distance = camera_distance_cm(irises, focal[0], math.hypot(picture.width, picture.height))
    return replace(quality, distance_cm=distance, distance_source=focal[1])
