"""A face from frame to frame: where it was is where it is looked for, so that the detectors may rest."""

from dataclasses import dataclass

import numpy as np

from gwansang.vision.decode import DecodedImage, choose_reduction, decode_image
from gwansang.vision.detector import Detection, detect_full_range, detect_short_range
from gwansang.vision.errors import DegenerateLandmarksError, ImageTooLargeError
from gwansang.vision.face import Points, Pose, Quality
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.landmarks import FaceMesh, face_region, find_eyes, run_mesh_network
from gwansang.vision.mesh import VERTEX_COUNT
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import DETECTION_LONG_SIDE_PX, SECOND_SUBJECT_RATIO
from gwansang.vision.pose import add_canonical_depth, align_to_canonical
from gwansang.vision.quality import (
    eye_openness_from_lids,
    eye_openness_from_mesh,
    judged,
    measure_image_statistics,
    seen_quality,
)

MAX_FRAME_PIXELS = 4_000_000  # 2560 x 1440 and a little; a camera that coaches needs no more
_SURE = 0.5  # presence at which a face is still followed
_LOOK_AROUND_EVERY = 8  # frames; somebody else may have come into the picture
_MAX_STRAY = 0.5  # of the frame: a mesh whose middle lies further out has lost its face
FACE_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""The mesh points of the face's outline, clockwise from the top of the forehead as seen in the frame."""


class TrackingState:
    """What is remembered from one frame to the next, of one camera; empty until a face was seen."""

    def __init__(self) -> None:
        self.points: Points | None = None
        self.size = (0, 0)
        self.faces = 0
        self.frames_since_detection = 0

    def reset(self) -> None:
        """Forgets the face."""
        self.points = None
        self.faces = 0


@dataclass(frozen=True, slots=True)
class TrackedFrame:
    """What one frame shows.

    luma: mean brightness of the frame, 0-1; None where only landmarks came. faces: how many subjects there are. Where
    there is at least one, the rest is about the largest. points: (468, 3) pixels of the upright frame.
    """

    width: int
    height: int
    luma: float | None
    faces: int
    points: Points | None = None
    pose: Pose | None = None
    quality: Quality | None = None


def track_frame(data: bytes, tracker: TrackingState, engine: Networks) -> TrackedFrame:
    """Looks at the next frame of a camera, a JPEG, PNG or WebP; raises what is wrong with the file."""
    header = inspect_image(data)
    if header.width * header.height > MAX_FRAME_PIXELS:
        message = f"A frame may have {MAX_FRAME_PIXELS} pixels; send 640 x 480 or so."
        raise ImageTooLargeError(message, max_pixels=MAX_FRAME_PIXELS)
    picture = decode_image(header, choose_reduction(header, DETECTION_LONG_SIDE_PX))
    mesh = _followed(engine, picture, tracker) or _found(engine, picture, tracker)
    luma = float(picture.pixels[::4, ::4].mean() / 255)
    if mesh is None:
        tracker.reset()
        return TrackedFrame(picture.width, picture.height, luma, faces=0)
    tracker.points, tracker.size = mesh.points, (picture.width, picture.height)
    pose, quality = _looked(engine, picture, mesh)
    return TrackedFrame(picture.width, picture.height, luma, tracker.faces, mesh.points, pose, quality)


def track_landmarks(landmarks: Points, width: int, height: int) -> TrackedFrame:
    """The same of 468 or 478 points (n, 2|3) found elsewhere, as fractions of an upright frame of this size."""
    if landmarks.ndim != 2 or landmarks.shape[0] not in (468, 478) or landmarks.shape[1] not in (2, 3):
        raise DegenerateLandmarksError("Landmarks must be 468 or 478 points of [x, y] or [x, y, z].")
    points = landmarks[:VERTEX_COUNT] * np.array([width, height, width], dtype=np.float64)[: landmarks.shape[1]]
    points = add_canonical_depth(points) if points.shape[1] == 2 else points
    alignment = align_to_canonical(points)
    quality = judged(
        seen_quality(alignment, points, None, eye_openness_from_mesh(alignment.frontal)), alignment.pose, None
    )
    return TrackedFrame(width, height, None, 1, points, alignment.pose, quality)


def median_landmarks(frames: list[Points]) -> Points:
    """(n, 2|3) landmarks of one face from several frames: each laid over the first, then the median of every point."""
    first = frames[0]
    median: Points = np.median([first, *(_laid_over(frame, first) for frame in frames[1:])], axis=0)
    return median


def _laid_over(moving: Points, fixed: Points) -> Points:
    """Turned, scaled and moved so that it lies on `fixed` as well as it can (Kabsch-Umeyama)."""
    middle, goal = moving.mean(axis=0), fixed.mean(axis=0)
    centred, aim = moving - middle, fixed - goal
    left, strengths, right = np.linalg.svd(centred.T @ aim)
    signs = np.ones(len(strengths))
    signs[-1] = np.sign(np.linalg.det(left @ right))
    scale = float((strengths * signs).sum() / max((centred**2).sum(), 1e-12))
    laid: Points = scale * centred @ (left * signs) @ right + goal
    return laid


def _followed(engine: Networks, picture: DecodedImage, tracker: TrackingState) -> FaceMesh | None:
    """The face of the last frame in this one, None where it is not surely there."""
    if tracker.points is None or tracker.size != (picture.width, picture.height):
        return None
    tracker.frames_since_detection += 1
    if tracker.frames_since_detection >= _LOOK_AROUND_EVERY:
        tracker.faces, tracker.frames_since_detection = max(1, _subjects(_faces(engine, picture))), 0
    mesh = run_mesh_network(engine, picture, face_region(tracker.points), smooth=True)
    return mesh if mesh.presence >= _SURE and _plausible(mesh, picture) else None


def _found(engine: Networks, picture: DecodedImage, tracker: TrackingState) -> FaceMesh | None:
    """The largest face of a frame about which nothing is known; looked at twice, as a detector sees only roughly."""
    faces = _faces(engine, picture)
    if not faces:
        return None
    tracker.faces, tracker.frames_since_detection = _subjects(faces), 0
    rough = run_mesh_network(engine, picture, faces[0].region(), smooth=True)
    if rough.presence < _SURE:
        return None
    mesh = run_mesh_network(engine, picture, face_region(rough.points), smooth=True)
    return mesh if mesh.presence >= _SURE and _plausible(mesh, picture) else None


def _faces(engine: Networks, picture: DecodedImage) -> list[Detection]:
    """Largest first; unlike with a photo, who is small or lies on the side is asked to come closer or sit up."""
    near = detect_short_range(engine, picture) or detect_short_range(engine, picture, pad=0.35)
    return sorted(near or detect_full_range(engine, picture), key=lambda face: -face.width)


def _subjects(faces: list[Detection]) -> int:
    return sum(face.width >= SECOND_SUBJECT_RATIO * faces[0].width for face in faces)


def _plausible(mesh: FaceMesh, picture: DecodedImage) -> bool:
    x, y = mesh.points[:, :2].mean(axis=0) / (picture.width, picture.height)
    return bool(abs(x - 0.5) <= _MAX_STRAY and abs(y - 0.5) <= _MAX_STRAY)


def _looked(engine: Networks, picture: DecodedImage, mesh: FaceMesh) -> tuple[Pose, Quality]:
    alignment = align_to_canonical(mesh.points)
    lids, _ = find_eyes(engine, picture, mesh.points)
    light = measure_image_statistics(mesh.crop, mesh.region, mesh.points)
    quality = seen_quality(alignment, mesh.points, light, eye_openness_from_lids(lids))
    return alignment.pose, judged(quality, alignment.pose, light)
