"""From a photo's bytes to a `Face`: header, reduced pixels, detector, landmarks, pose, quality, measures."""

import math

from gwansang.vision.decode import DecodedImage, choose_reduction, decode_image
from gwansang.vision.detector import Detection, detect_faces
from gwansang.vision.errors import FaceCutOffError, FaceTooSmallError, MultipleFacesError, NoFaceError
from gwansang.vision.face import DistanceSource, Face, Points
from gwansang.vision.gates.exif import CameraMetadata
from gwansang.vision.gates.headers import MAX_DECODE_BYTES, ImageHeader, inspect_image
from gwansang.vision.landmarks import FaceMesh, find_blendshapes, find_landmarks
from gwansang.vision.measuring.face_measures import crop_of_image, measure_in_crop
from gwansang.vision.measuring.model import Landmarks
from gwansang.vision.measuring.weights import landmark_model
from gwansang.vision.mesh import VERTEX_COUNT
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pose import align_to_canonical, calibrated_pose
from gwansang.vision.quality import (
    QualityWarning,
    assess_quality,
    camera_distance_cm,
    distance_from_mesh,
    face_width_px,
    measure_image_statistics,
)
from gwansang.vision.view import check_view

DETECTION_LONG_SIDE_PX = 450  # of the image that the detectors get, at least
SUFFICIENT_FACE_PX = 170.0  # width of a decoded face that fills the input of the mesh network
MIN_FACE_PX = 90.0
SECOND_SUBJECT_RATIO = 0.45  # a second face of at least this share of the first one's width is a second subject
_MAX_OUTSIDE = 0.02


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
    crop = crop_of_image(image, mesh.points)
    statistics = measure_image_statistics(crop, mesh.points)
    alignment = align_to_canonical(mesh.points[:VERTEX_COUNT])
    pose = calibrated_pose(alignment.pose)
    check_view(pose, statistics.sharpness)
    blendshapes = find_blendshapes(networks, mesh.points)
    landmarks = Landmarks(mesh.points, blendshapes, face_width_px(mesh.points) / image.reduction, alignment)
    measured = measure_in_crop(landmark_model(), crop, landmarks)
    extra = (QualityWarning.OTHER_FACES,) if has_others else ()
    distance = _camera_distance(image, camera, mesh.points, measured.per_cm)
    quality = assess_quality(alignment, pose, mesh.points, statistics, blendshapes, distance=distance, extra=extra)
    return Face(
        points=mesh.points,
        frontal=alignment.frontal,
        values=measured.values,
        errors=measured.errors,
        details=measured.details,
        image_width=image.width,
        image_height=image.height,
        pose=pose,
        quality=quality,
    )


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


def _camera_distance(
    image: DecodedImage, camera: CameraMetadata, landmarks: Points, per_cm: float
) -> tuple[float, DistanceSource] | None:
    if camera.focal_35mm is None:
        return distance_from_mesh(per_cm)
    return camera_distance_cm(landmarks, camera.focal_35mm, math.hypot(image.width, image.height)), "exif"
