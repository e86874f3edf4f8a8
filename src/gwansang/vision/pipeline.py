"""From a photo's bytes to a `Face`: header, reduced pixels, detector, landmarks, pose, quality, measures."""

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

import numpy as np

from gwansang.core.exceptions import AppError
from gwansang.vision.covers import check_covers, find_covers
from gwansang.vision.decode import DecodedImage, ImageDecoder, choose_reduction
from gwansang.vision.detector import Detection
from gwansang.vision.errors import FaceCutOffError, FaceTooSmallError, NoFaceError
from gwansang.vision.face import DistanceSource, Face, Points
from gwansang.vision.gates.exif import CameraMetadata
from gwansang.vision.gates.headers import MAX_DECODE_BYTES, inspect_image
from gwansang.vision.image_statistics import halve_crop, measure_image_statistics
from gwansang.vision.landmarks import FaceMesh, find_blendshapes, find_landmarks
from gwansang.vision.measuring.channels import apply_matrix, invert_matrix
from gwansang.vision.measuring.face_measures import crop_of_image, measure_in_crop
from gwansang.vision.measuring.model import Landmarks
from gwansang.vision.measuring.weights import landmark_model
from gwansang.vision.mesh import VERTEX_COUNT
from gwansang.vision.models.runtime import Networks
from gwansang.vision.picture_changes import find_picture_changes
from gwansang.vision.pose import align_to_canonical, calibrated_pose
from gwansang.vision.quality import (
    QualityWarning,
    assess_quality,
    camera_distance_cm,
    distance_from_mesh,
    face_width_px,
)
from gwansang.vision.stretch import NO_STRETCH, Stretch, estimate_stretch, unstretch_image
from gwansang.vision.subjects import MIN_PRESENCE, Subject, choose_subject, search_again
from gwansang.vision.view import check_view

DETECTION_LONG_SIDE_PX = 450  # of the image that the detectors get, at least
SUFFICIENT_FACE_PX = 170.0  # width of a decoded face that fills the input of the mesh network
MIN_FACE_PX = 90.0
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
    decoder = ImageDecoder(header)
    image = decoder.decode(choose_reduction(header, DETECTION_LONG_SIDE_PX))
    return _read_subject(networks, image, header.camera, partial(_decode_finer, decoder, image))


def read_image(image: DecodedImage, networks: Networks) -> Face:
    """Return the face of a decoded image at full size, taken by an unknown camera; raises as `read_photo` does."""

    def keep_size(face: Detection) -> DecodedImage:
        _check_face_size(face)
        return image

    return _read_subject(networks, image, CameraMetadata(), keep_size)[0]


def _read_subject(
    networks: Networks, image: DecodedImage, camera: CameraMetadata, decode_for: Callable[[Detection], DecodedImage]
) -> tuple[Face, DecodedImage]:
    """Return the face of an image and the image it was measured in, which `decode_for` returns for a detection."""
    subject = choose_subject(networks, image)
    try:
        finer = decode_for(subject.face)
        return _measure(networks, finer, subject, camera), finer
    except (NoFaceError, FaceTooSmallError):  # the detection may be no face, and the face elsewhere
        again = search_again(networks, image)
        if again is None:
            raise
    finer = decode_for(again.face)
    return _measure(networks, finer, again, camera), finer


def _measure(
    networks: Networks, image: DecodedImage, subject: Subject, camera: CameraMetadata, *, unstretched: bool = False
) -> Face:
    mesh = _find_landmarks_either_way(networks, image, subject)
    _check_mesh(mesh, image)
    crop = crop_of_image(image, mesh.points)
    half = halve_crop(crop)
    statistics = measure_image_statistics(half, mesh.points)
    alignment = align_to_canonical(mesh.points[:VERTEX_COUNT])
    pose = calibrated_pose(alignment.pose)
    check_view(pose, statistics.sharpness)
    covers = find_covers(half, mesh.points)
    check_covers(covers)
    blendshapes = find_blendshapes(networks, mesh.points)
    landmarks = Landmarks(mesh.points, blendshapes, face_width_px(mesh.points) / image.reduction, alignment)
    measured = measure_in_crop(landmark_model(), crop, landmarks)
    is_guess = unstretched or covers.regions
    stretch = NO_STRETCH if is_guess else estimate_stretch(mesh.points, alignment, measured)
    if stretch.is_sure:
        with suppress(AppError):  # the picture as it is can be read
            return _measure_unstretched(networks, image, subject, camera, stretch)
    extra = find_picture_changes(half, mesh.points, image)
    extra += (QualityWarning.STRETCHED,) * (unstretched or stretch.is_told)
    extra += (QualityWarning.OTHER_FACES,) * subject.has_others
    distance = _camera_distance(image, camera, mesh.points, measured.per_cm)
    quality = assess_quality(
        alignment, mesh.points, statistics, blendshapes, distance=distance, covered=covers.regions, extra=extra
    )
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


def _measure_unstretched(
    networks: Networks, image: DecodedImage, subject: Subject, camera: CameraMetadata, stretch: Stretch
) -> Face:
    """Return the face of a stretched picture, measured as if it were not, at its place in the picture as given."""
    to_given = stretch.widening
    before = replace(subject, face=subject.face.moved(invert_matrix(to_given)))
    found = _measure(networks, unstretch_image(image, stretch), before, camera, unstretched=True)
    points = np.column_stack([apply_matrix(to_given, found.points[:, :2]), found.points[:, 2]])
    details = apply_matrix(to_given, found.details)
    return replace(found, points=points, details=details, image_width=image.width, image_height=image.height)


def _find_landmarks_either_way(networks: Networks, image: DecodedImage, subject: Subject) -> FaceMesh:
    """Return the mesh of a face, seen in the orientation in which it was detected.

    The crop lies half a pixel beside its mirror image. A face that the network does not know there, as some that are
    turned away or cut off, is seen in the other orientation, too.
    """
    mesh = _find_landmarks(networks, image, subject.face, mirrored=subject.is_mirrored)
    if mesh.presence >= MIN_PRESENCE:
        return mesh
    return _find_landmarks(networks, image, subject.face, mirrored=not subject.is_mirrored)


def _find_landmarks(networks: Networks, image: DecodedImage, face: Detection, *, mirrored: bool) -> FaceMesh:
    if not mirrored:
        return find_landmarks(networks, image, face.region())
    region = face.mirrored(image.width).region()
    return find_landmarks(networks, image.mirrored(), region).mirrored(image.width)


def _decode_finer(decoder: ImageDecoder, image: DecodedImage, face: Detection) -> DecodedImage:
    """Return the image, decoded again at a finer resolution if its face is small and the file has more pixels."""
    _check_face_size(face)
    finest = 1 if 3 * image.width * image.height <= MAX_DECODE_BYTES else 2
    if image.reduction <= finest or face.width / image.reduction >= SUFFICIENT_FACE_PX:
        return image
    finer = (r for r in (4, 2) if r < image.reduction and face.width / r >= SUFFICIENT_FACE_PX)
    return decoder.decode(next(finer, finest))


def _check_face_size(face: Detection) -> None:
    if face.width < MIN_FACE_PX:
        raise FaceTooSmallError(
            "The face is too small in the photo; move closer or cut the photo around the face.",
            face_width_px=round(face.width),
            min_face_width_px=round(MIN_FACE_PX),
        )


def _check_mesh(mesh: FaceMesh, image: DecodedImage) -> None:
    if mesh.presence < MIN_PRESENCE:
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
