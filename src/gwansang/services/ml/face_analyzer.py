"""From photos or landmarks to a reading: vision, then reading, for one job of the inference pool."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from time import perf_counter
from typing import Protocol

import numpy as np

from gwansang.core.exceptions import AppError, InvalidInput
from gwansang.reading.composer import compose
from gwansang.reading.measurements import Measures, collect_measures
from gwansang.reading.memory import ReadingWithMemory, first_different_face, read_with_memory
from gwansang.reading.model import CaptureConditions, Reading
from gwansang.reading.norms import Norms
from gwansang.reading.profile import Profile, combine_photos
from gwansang.reading.two_distances import estimate_afar
from gwansang.texts import DEFAULT_LOCALE, Locale
from gwansang.vision.client_points import add_irises
from gwansang.vision.decode import DecodedImage
from gwansang.vision.embedding import Embedding
from gwansang.vision.face import POINTS_ALONE, Face, Points, Pose, Quality
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.given_landmarks import LANDMARK_COUNTS, GivenLandmarks
from gwansang.vision.mesh import canonical_face
from gwansang.vision.quality import change_covers, iris_diameter_px
from gwansang.vision.tracking import TrackedFrame, TrackingState

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

    more_images: further photos of the face in `image`; timezone: of the day of the fortune, None for the service's.
    """

    locale: Locale = DEFAULT_LOCALE
    birth_year: int | None = None
    image: bytes | None = None
    landmarks: GivenLandmarks | None = None
    more_images: tuple[bytes, ...] = ()
    timezone: str | None = None


QueryLoader = Callable[[], FaceQuery]  # called in the pool, as parsing a request is CPU work; may raise


@dataclass(frozen=True, slots=True)
class FaceObservation:
    """A measured face: points, pose and quality of the best photo, and the mean measures of all photos.

    points: (551, 2) x and y as fractions of the upright photo's width and height: the 478 landmarks, then the 73 detail
    points, which are drawn so that they measure the values.
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

    def embed_face(self, image: DecodedImage, points: Points) -> Embedding: ...

    def face_from_landmarks(self, given: GivenLandmarks) -> Face: ...

    def track_landmarks(self, given: GivenLandmarks, width: int, height: int) -> TrackedFrame: ...

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
            measures.append(measures_of(face))
    best = max(range(len(faces)), key=lambda index: faces[index].quality.score)
    face, quality, mean = faces[best], faces[best].quality, measures[best]
    if len(faces) > 1:
        stranger = first_different_face(measures)
        if stranger is not None:
            message = "The photos have to show one face; this one shows another than those before it."
            raise DifferentFacesError(message, file=stranger + 1)
        quality = without_covers_of_one([one.quality for one in faces], best)
        quality, mean = replace(quality, photos=len(faces), best_photo=best + 1), combine_photos(measures)
        if len({(one.image_width, one.image_height) for one in faces}) == 1:  # one camera, as far as one can tell
            mean = estimate_afar(mean, measures, [iris_diameter_px(one.points) for one in faces])
    points: Points = np.vstack([face.points[:, :2], face.details]) / (face.image_width, face.image_height)
    return FaceObservation(points, face.pose, quality, mean)


def without_covers_of_one(photos: Sequence[Quality], best: int) -> Quality:
    """Return the quality of the best photo without covers that are not on all photos: another photo shows the place."""
    quality = photos[best]
    covered = tuple(region for region in quality.covered if all(region in photo.covered for photo in photos))
    return change_covers(quality, covered, quality.warnings)


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


def measures_of(face: Face) -> Measures:
    """Return the measures of a face, with errors as the conditions of its photo allow."""
    return collect_measures(face.values, face.errors, capture_of(face))


def capture_of(face: Face | FaceObservation) -> CaptureConditions:
    """Return the conditions of a photo that the reading depends on."""
    return CaptureConditions(
        yaw_deg=face.pose.yaw_deg,
        pitch_deg=face.pose.pitch_deg,
        face_width_px=face.quality.face_width_px,
        smile=face.quality.smile,
        distance_cm=face.quality.distance_cm,
        covered=frozenset(face.quality.covered),
        warnings=frozenset(face.quality.warnings),
        light_asymmetry=face.quality.light_asymmetry,
        without_picture=face.quality.source in POINTS_ALONE,
    )


def _find_faces(vision: FaceVision, query: FaceQuery) -> Iterator[Face]:
    photos = 1 + len(query.more_images)
    if query.landmarks is not None:
        yield vision.face_from_landmarks(_sized_landmarks(query.landmarks, query.image))
    elif query.image is not None:
        with label_errors_with_file(0, photos):
            yield vision.face_from_photo(query.image)
    else:
        raise NothingToReadError("Send an image, landmarks, or both.", field="image")
    for index, image in enumerate(query.more_images, start=1):
        with label_errors_with_file(index, photos):
            yield vision.face_from_photo(image)


def _sized_landmarks(landmarks: GivenLandmarks, image: bytes | None) -> GivenLandmarks:
    """Return the landmarks with the size of the picture that came with them, if one did."""
    points = landmarks.points
    if points.ndim != 2 or points.shape[0] not in LANDMARK_COUNTS or points.shape[1] not in (2, 3):
        message = "Landmarks must be the 468 or 478 points of a face mesh, each [x, y] or [x, y, z]."
        raise InvalidLandmarksError(message, expected=LANDMARK_COUNTS, got=len(points))
    if image is None:
        return landmarks
    header = inspect_image(image)
    return replace(landmarks, width=header.width, height=header.height)


def canonical_landmarks() -> Points:
    """Return the (478, 3) canonical face in the middle of a square picture, as fractions of its side."""
    vertices = add_irises(canonical_face().vertices)
    fractions: Points = 0.5 + vertices * (1.0, -1.0, -1.0) / (2.5 * np.ptp(vertices[:, 1]))
    return fractions
