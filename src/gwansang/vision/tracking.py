"""Tracking of a face from frame to frame: the detector runs only after the face was lost, and every few frames."""

from dataclasses import dataclass

import numpy as np

from gwansang.vision.client_points import correct_client_points
from gwansang.vision.covers import find_covers
from gwansang.vision.decode import DecodedImage, choose_reduction, decode_image
from gwansang.vision.detector import RETRY_PADDING, Detection, detect_full_range, detect_short_range
from gwansang.vision.errors import ImageTooLargeError
from gwansang.vision.face import Points, Pose, Quality
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.given_landmarks import GivenLandmarks, check_shape, to_pixels
from gwansang.vision.image_statistics import halve_crop, measure_image_statistics
from gwansang.vision.landmarks import FaceMesh, face_region, find_blendshapes, find_landmarks_once
from gwansang.vision.measuring.face_measures import crop_of_image
from gwansang.vision.mesh import VERTEX_COUNT
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import DETECTION_LONG_SIDE_PX
from gwansang.vision.pose import align_to_canonical, calibrated_pose
from gwansang.vision.quality import assess_quality
from gwansang.vision.subjects import MIN_PRESENCE, count_subjects, one_per_face

MAX_FRAME_PIXELS = 4_000_000  # a little more than 2560 x 1440
_DETECTION_INTERVAL = 8  # frames; another person may have entered the image
_MAX_OFF_CENTRE = 0.5  # of the frame; a mesh whose mean is further out has lost its face


class TrackingState:
    """State of the tracking of one camera's frames; empty until a face was found."""

    def __init__(self) -> None:
        self.points: Points | None = None
        self.size = (0, 0)
        self.faces = 0
        self.frames_since_detection = 0

    def reset(self) -> None:
        """Drop the tracked face."""
        self.points = None
        self.faces = 0


@dataclass(frozen=True, slots=True)
class TrackedFrame:
    """Result of one frame.

    luma: mean brightness of the frame, 0-1, or None without an image; faces: number of subjects; points: (478, 3)
    landmarks of the largest one in pixels of the upright frame; points, pose and quality are None without a face.
    """

    width: int
    height: int
    luma: float | None
    faces: int
    points: Points | None = None
    pose: Pose | None = None
    quality: Quality | None = None


def track_frame(data: bytes, state: TrackingState, networks: Networks) -> TrackedFrame:
    """Track the face in the next frame of a camera, a JPEG, PNG or WebP file, and update `state`.

    Raises an error of `vision.errors` if the file can't be read.
    """
    header = inspect_image(data)
    if header.width * header.height > MAX_FRAME_PIXELS:
        message = f"A frame may have {MAX_FRAME_PIXELS} pixels; send 640 x 480 or so."
        raise ImageTooLargeError(message, max_pixels=MAX_FRAME_PIXELS)
    image = decode_image(header, choose_reduction(header, DETECTION_LONG_SIDE_PX))
    mesh = _track(networks, image, state) or _acquire(networks, image, state)
    luma = float(image.pixels[::4, ::4].mean() / 255)
    if mesh is None:
        state.reset()
        return TrackedFrame(image.width, image.height, luma, faces=0)
    state.points, state.size = mesh.points, (image.width, image.height)
    pose, quality = _assess(networks, image, mesh)
    return TrackedFrame(image.width, image.height, luma, state.faces, mesh.points, pose, quality)


def track_landmarks(given: GivenLandmarks, width: int, height: int, networks: Networks) -> TrackedFrame:
    """Return the frame, of this size in pixels, of a face whose landmarks were found elsewhere.

    They may lie outside the frame. Raises DegenerateLandmarksError.
    """
    check_shape(given.points)
    points = correct_client_points(to_pixels(given.points, width, height), given.source)
    alignment = align_to_canonical(points[:VERTEX_COUNT])
    pose = calibrated_pose(alignment.pose)
    quality = assess_quality(alignment, points, None, find_blendshapes(networks, points), source=given.source)
    return TrackedFrame(width, height, None, 1, points, pose, quality)


def median_landmarks(frames: list[Points]) -> Points:
    """Return the median of (n, 2) or (n, 3) landmarks of one face, each frame aligned with the first."""
    first = frames[0]
    median: Points = np.median([first, *(_aligned_with(frame, first) for frame in frames[1:])], axis=0)
    return median


def _aligned_with(moving: Points, fixed: Points) -> Points:
    """Return `moving` rotated, scaled and moved onto `fixed` (Kabsch-Umeyama)."""
    moving_mean, fixed_mean = moving.mean(axis=0), fixed.mean(axis=0)
    centred = moving - moving_mean
    left, singular, right = np.linalg.svd(centred.T @ (fixed - fixed_mean))
    signs = np.ones(len(singular))
    signs[-1] = np.sign(np.linalg.det(left @ right))
    scale = float((singular * signs).sum() / max((centred**2).sum(), 1e-12))
    aligned: Points = scale * centred @ (left * signs) @ right + fixed_mean
    return aligned


def _track(networks: Networks, image: DecodedImage, state: TrackingState) -> FaceMesh | None:
    """Return the mesh of the last frame's face, searched at its last position; None if it is not there."""
    if state.points is None or state.size != (image.width, image.height):
        return None
    state.frames_since_detection += 1
    if state.frames_since_detection >= _DETECTION_INTERVAL:
        state.faces, state.frames_since_detection = _count_people(networks, image), 0
    return _confirm(find_landmarks_once(networks, image, face_region(state.points)), image)


def _count_people(networks: Networks, image: DecodedImage) -> int:
    return max(1, count_subjects(one_per_face(networks, image, _detect(networks, image))))


def _acquire(networks: Networks, image: DecodedImage, state: TrackingState) -> FaceMesh | None:
    """Return the mesh of the largest face detected; run twice, as the detector's region is only approximate."""
    for detect in (_detect_near, detect_full_range):
        faces = one_per_face(networks, image, detect(networks, image))
        first = find_landmarks_once(networks, image, faces[0].region()) if faces else None
        if first is not None and first.presence >= MIN_PRESENCE:
            state.faces, state.frames_since_detection = count_subjects(faces), 0
            return _confirm(find_landmarks_once(networks, image, face_region(first.points)), image)
    return None


def _confirm(mesh: FaceMesh, image: DecodedImage) -> FaceMesh | None:
    """Return the mesh if it is a face whose mean is in or near the image."""
    x, y = mesh.points[:, :2].mean(axis=0) / (image.width, image.height)
    is_near = abs(x - 0.5) <= _MAX_OFF_CENTRE and abs(y - 0.5) <= _MAX_OFF_CENTRE
    return mesh if mesh.presence >= MIN_PRESENCE and is_near else None


def _detect(networks: Networks, image: DecodedImage) -> list[Detection]:
    """Return the faces of a frame; unlike in a photo, small and rotated ones need not be found."""
    return _detect_near(networks, image) or detect_full_range(networks, image)


def _detect_near(networks: Networks, image: DecodedImage) -> list[Detection]:
    return detect_short_range(networks, image) or detect_short_range(networks, image, RETRY_PADDING)


def _assess(networks: Networks, image: DecodedImage, mesh: FaceMesh) -> tuple[Pose, Quality]:
    alignment = align_to_canonical(mesh.points[:VERTEX_COUNT])
    crop = halve_crop(crop_of_image(image, mesh.points))
    statistics = measure_image_statistics(crop, mesh.points)
    covered = find_covers(crop, mesh.points).regions
    blendshapes = find_blendshapes(networks, mesh.points)
    pose = calibrated_pose(alignment.pose)
    return pose, assess_quality(alignment, mesh.points, statistics, blendshapes, covered=covered)
