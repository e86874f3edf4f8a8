"""From photos or landmarks to a reading: vision, then reading, for one job of the inference pool."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from time import perf_counter
from typing import Protocol

import numpy as np

from gwansang.core.exceptions import AppError, InvalidInput
from gwansang.reading.composer import compose
from gwansang.reading.measurements import Measures, measure_face
from gwansang.reading.memory import ReadingWithMemory, first_different_face, read_with_memory
from gwansang.reading.model import CaptureConditions, Reading
from gwansang.reading.norms import Norms
from gwansang.reading.profile import Profile, combine_photos
from gwansang.texts import DEFAULT_LOCALE, Locale
from gwansang.vision.decode import DecodedImage
from gwansang.vision.embedding import Embedding
from gwansang.vision.face import Face, Points, Pose, Quality
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.mesh import canonical_face
from gwansang.vision.pipeline import face_from_landmarks
from gwansang.vision.tracking import TrackedFrame, TrackingState

LANDMARK_COUNTS = (468, 478)
MAX_PHOTOS = 5  # of one face in one query


class InvalidLandmarksError(InvalidInput):
    """Carries `expected` point counts in its context."""

    code = "INVALID_LANDMARKS"
    title = "The landmarks are not a face mesh"


class NothingToReadError(InvalidInput):
    code = "NOTHING_TO_READ"
    title = "Neither a photo nor landmarks"


class DifferentFacesError(InvalidInput):
    """Carries `file` in its context: the first photo, counted from 1, that shows another face than those before it."""

    code = "DIFFERENT_FACES"
    title = "The photos show different faces"


@dataclass(frozen=True, slots=True)
class FaceQuery:
    """Input of a reading. With both given, the landmarks are the face and the image only supplies its aspect.

    more_images: further photos of the face in `image`.
    landmarks: (468|478, 2|3), x and y as fractions of the upright picture's width and height, as MediaPipe gives them.
    image_width, image_height: of the picture the landmarks come from, for their aspect; in pixels.
    """

    locale: Locale = DEFAULT_LOCALE
    birth_year: int | None = None
    image: bytes | None = None
    landmarks: Points | None = None
    image_width: int | None = None
    image_height: int | None = None
    more_images: tuple[bytes, ...] = ()


QueryLoader = Callable[[], FaceQuery]  # called in the pool, as parsing a request is CPU work; may raise


@dataclass(frozen=True, slots=True)
class FaceObservation:
    """A measured face: points, pose and quality of the best photo, and the mean measures of all photos.

    points: (468, 2) x and y as fractions of the upright photo's width and height.
    """

    points: Points
    pose: Pose
    quality: Quality
    measures: Measures


@dataclass(frozen=True, slots=True)
class FaceAnalysis:
    """A query with its observation and reading, and the time that each half took."""

    query: FaceQuery
    observation: FaceObservation
    reading_with_memory: ReadingWithMemory
    vision_ms: float
    reading_ms: float


class FaceVision(Protocol):
    """Face detection of one thread."""

    def face_from_photo(self, photo: bytes) -> Face: ...

    def face_from_image(self, image: DecodedImage) -> Face: ...

    def embed_photo(self, photo: bytes) -> tuple[Face, Embedding]: ...

    def track_frame(self, frame: bytes, tracker: TrackingState) -> TrackedFrame: ...


def analyze_query(
    vision: FaceVision, query: FaceQuery, day: date, norms: Norms, profile: Profile | None = None
) -> FaceAnalysis:
    """Observe a face and compose its reading in this thread; raises as `observe_face` does."""
    started = perf_counter()
    observation = observe_face(vision, query)
    observed = perf_counter()
    reading = compose_reading(observation, day, query.locale, query.birth_year, norms, profile)
    done = perf_counter()
    return FaceAnalysis(
        query, observation, reading, vision_ms=(observed - started) * 1000, reading_ms=(done - observed) * 1000
    )


def observe_face(vision: FaceVision, query: FaceQuery) -> FaceObservation:
    """Find and measure the face of a query; raises if the query, a photo or the face is unusable."""
    return merge_faces(list(_find_faces(vision, query)))


def merge_faces(faces: list[Face]) -> FaceObservation:
    """Measure one face on one or more photos; raises DifferentFacesError if they show different faces."""
    measures = []
    for index, face in enumerate(faces):
        with label_errors_with_file(index, len(faces)):
            measures.append(measure_face(face.neutral, capture_of(face)))
    best = max(range(len(faces)), key=lambda index: faces[index].quality.score)
    face, quality, mean = faces[best], faces[best].quality, measures[best]
    if len(faces) > 1:
        stranger = first_different_face(measures)
        if stranger is not None:
            message = "The photos have to show one face; this one shows another than those before it."
            raise DifferentFacesError(message, file=stranger + 1)
        quality, mean = replace(quality, photos=len(faces), best_photo=best + 1), combine_photos(measures)
    points: Points = face.points[:, :2] / (face.image_width, face.image_height)
    return FaceObservation(points, face.pose, quality, mean)


def compose_reading(
    observation: FaceObservation,
    day: date,
    locale: Locale,
    birth_year: int | None,
    norms: Norms,
    profile: Profile | None,
) -> ReadingWithMemory:
    """Compose the reading of an observed face and update its profile."""
    capture = capture_of(observation)

    def compose_measures(measures: Measures, shapes: Mapping[str, str] | None) -> Reading:
        return compose(measures, capture, day, locale, birth_year, norms, shapes)

    return read_with_memory(profile, observation.measures, observation.quality.photos, compose_measures)


@contextmanager
def label_errors_with_file(index: int, photos: int) -> Iterator[None]:
    """Add the number of the photo, counted from 1, as `file` to an error if there are several photos."""
    try:
        yield
    except AppError as error:
        if photos > 1:
            error.context["file"] = index + 1
        raise


def capture_of(face: Face | FaceObservation) -> CaptureConditions:
    """Return the conditions of a photo that the reading depends on."""
    return CaptureConditions(
        yaw_deg=face.pose.yaw_deg,
        pitch_deg=face.pose.pitch_deg,
        face_width_px=face.quality.face_width_px,
        smile=face.quality.smile,
        mouth_gap=face.quality.mouth_gap,
        distance_cm=face.quality.distance_cm,
        fringe="FRINGE" in face.quality.warnings,
    )


def _find_faces(vision: FaceVision, query: FaceQuery) -> Iterator[Face]:
    photos = 1 + len(query.more_images)
    if query.landmarks is not None:
        yield _face_from_landmarks(query.landmarks, query)
    elif query.image is not None:
        with label_errors_with_file(0, photos):
            yield vision.face_from_photo(query.image)
    else:
        raise NothingToReadError("Send an image, landmarks, or both.", field="image")
    for index, image in enumerate(query.more_images, start=1):
        with label_errors_with_file(index, photos):
            yield vision.face_from_photo(image)


def _face_from_landmarks(landmarks: Points, query: FaceQuery) -> Face:
    if landmarks.ndim != 2 or landmarks.shape[0] not in LANDMARK_COUNTS or landmarks.shape[1] not in (2, 3):
        message = "Landmarks must be the 468 or 478 points of a face mesh, each [x, y] or [x, y, z]."
        raise InvalidLandmarksError(message, expected=LANDMARK_COUNTS, got=len(landmarks))
    if query.image is not None:
        header = inspect_image(query.image)
        return face_from_landmarks(landmarks, header.width, header.height)
    return face_from_landmarks(landmarks, query.image_width, query.image_height)


def canonical_landmarks() -> Points:
    """Return the canonical face in the middle of a square picture, as fractions of its side."""
    vertices = canonical_face().vertices
    fractions: Points = 0.5 + vertices * (1.0, -1.0, -1.0) / (2.5 * np.ptp(vertices[:, 1]))
    return fractions
