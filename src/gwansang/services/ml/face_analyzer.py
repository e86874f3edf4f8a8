"""Photos or landmarks, then a reading: vision and reading one after the other, in one job of the inference pool."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Protocol

import numpy as np

from gwansang.core.exceptions import AppError, InvalidInput
from gwansang.reading.composer import compose
from gwansang.reading.measurements import Measures, measure_face
from gwansang.reading.memory import ComposeReading, ReadingWithMemory, first_different_face, read_with_memory
from gwansang.reading.model import CaptureConditions
from gwansang.reading.norms import Norms, default_norms
from gwansang.reading.profile import Profile, combine_photos
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.texts import DEFAULT_LOCALE, LOCALES, Locale
from gwansang.vision.decode import DecodedImage
from gwansang.vision.embedding import Embedding, embed_face
from gwansang.vision.face import Face, Points, Pose, Quality
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.mesh import canonical_face
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import face_from_landmarks, read_image, read_photo, read_photo_with_image
from gwansang.vision.self_test import run_self_test
from gwansang.vision.tracking import TrackedFrame, TrackingState, track_frame

LANDMARK_COUNTS = (468, 478)
MAX_PHOTOS = 5  # of one face in one question


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
    """What someone wants read. With both given, the landmarks are the face and the image only tells its aspect.

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


@dataclass(frozen=True, slots=True)
class FaceObservation:
    """One look at a face: how the best photo shows it, and the mean of what all of them measure.

    places: (468, 2) x and y as fractions of the upright photo's width and height.
    """

    places: Points
    pose: Pose
    quality: Quality
    measures: Measures


def observation_of(face: Face, measures: Measures) -> FaceObservation:
    """What is handed on of a face that was measured."""
    places: Points = face.points[:, :2] / (face.image_width, face.image_height)
    return FaceObservation(places, face.pose, face.quality, measures)


@dataclass(frozen=True, slots=True)
class FaceAnalysis:
    """A look at a face and how it was told, what was asked, and where the time went."""

    query: FaceQuery
    look: FaceObservation
    told: ReadingWithMemory
    vision_ms: float
    reading_ms: float


class FaceVision(Protocol):
    """What makes faces of photos; belongs to one thread."""

    def face_of(self, photo: bytes) -> Face: ...

    def glance(self, frame: bytes, tracker: TrackingState) -> TrackedFrame: ...

    def face_in(self, picture: DecodedImage) -> Face: ...

    def recognise(self, photo: bytes) -> tuple[Face, Embedding]: ...


class PhotoEngine:
    """The real FaceVision: one set of networks, tested on a drawn face before it is trusted with photos."""

    def __init__(self, model_dir: Path) -> None:
        self._engine = Networks.load(model_dir)
        run_self_test(self._engine)

    def face_of(self, photo: bytes) -> Face:
        return read_photo(photo, self._engine)

    def glance(self, frame: bytes, tracker: TrackingState) -> TrackedFrame:
        return track_frame(frame, tracker, self._engine)

    def face_in(self, picture: DecodedImage) -> Face:
        return read_image(picture, self._engine)

    def recognise(self, photo: bytes) -> tuple[Face, Embedding]:
        face, picture = read_photo_with_image(photo, self._engine)
        return face, embed_face(self._engine, picture, face.points)


class FaceAnalyzer:
    """Analyses in the pool, so that the caller's event loop waits for nothing."""

    def __init__(
        self,
        pool: InferencePool[FaceVision],
        norms: Norms | None = None,
        note_reading: Callable[[float], object] = float,
    ) -> None:
        self._pool = pool
        self._note_reading = note_reading  # is told the seconds of each
        self.norms = norms or default_norms()

    async def rehearse(self, day: date) -> None:
        """Reads a known face in every language, so that what is missing shows at the start and not to a caller."""
        for locale in LOCALES:
            query = FaceQuery(locale=locale, landmarks=known_landmarks())
            await self._pool.run(partial(analyze_face, query=query, day=day, norms=self.norms))

    async def analyze(self, ask: Callable[[], FaceQuery], day: date, known: Profile | None = None) -> FaceAnalysis:
        """`ask` is called in the pool too: parsing what a caller sent is CPU work. `known`: what is remembered."""
        analysis = await self._pool.run(lambda vision: analyze_face(vision, ask(), day, self.norms, known))
        self._note_reading(analysis.reading_ms / 1000)
        return analysis

    async def look(self, ask: Callable[[], FaceQuery]) -> tuple[FaceQuery, FaceObservation]:
        """What there is to see, without words for it yet."""

        def see(vision: FaceVision) -> tuple[FaceQuery, FaceObservation]:
            query = ask()
            return query, observe(vision, query)

        return await self._pool.run(see)

    async def tell(
        self, look: FaceObservation, day: date, locale: Locale, birth_year: int | None, known: Profile | None
    ) -> ReadingWithMemory:
        """The words for a look, in the light of what is remembered."""
        tell = _teller(look, day, locale, birth_year, self.norms)

        def timed(_: FaceVision) -> ReadingWithMemory:
            started = perf_counter()
            told = _recall(known, look, tell)
            self._note_reading(perf_counter() - started)
            return told

        return await self._pool.run(timed)


def analyze_face(
    vision: FaceVision, query: FaceQuery, day: date, norms: Norms, known: Profile | None = None
) -> FaceAnalysis:
    """Sees the face and reads it against the norms, in the light of what is known of it, in this thread.

    Raises what is wrong with the query, the photos or the face.
    """
    started = perf_counter()
    look = observe(vision, query)
    seen = perf_counter()
    told = _recall(known, look, _teller(look, day, query.locale, query.birth_year, norms))
    done = perf_counter()
    return FaceAnalysis(query, look, told, vision_ms=(seen - started) * 1000, reading_ms=(done - seen) * 1000)


def observe(vision: FaceVision, query: FaceQuery) -> FaceObservation:
    """Sees and measures the face; raises what is wrong with the query, the photos or the face."""
    return combine_observations([_see(vision, query), *_see_more(vision, query)])


def combine_observations(faces: list[Face]) -> FaceObservation:
    """One look of one or more photos; raises DifferentFacesError where they show another face than the first."""
    measures = []
    for index, face in enumerate(faces):
        with naming_photo(index, len(faces)):
            measures.append(measure_face(face.neutral, capture_of(face)))
    if len(faces) == 1:
        return observation_of(faces[0], measures[0])
    stranger = first_different_face(measures)
    if stranger is not None:
        message = "The photos have to show one face; this one shows another than those before it."
        raise DifferentFacesError(message, file=stranger + 1)
    best = max(range(len(faces)), key=lambda index: faces[index].quality.score)
    quality = replace(faces[best].quality, photos=len(faces), best_photo=best + 1)
    return observation_of(replace(faces[best], quality=quality), combine_photos(measures))


def _teller(look: FaceObservation, day: date, locale: Locale, birth_year: int | None, norms: Norms) -> ComposeReading:
    capture = capture_of(look)
    return lambda measures, before: compose(measures, capture, day, locale, birth_year, norms, before)


def _recall(known: Profile | None, look: FaceObservation, tell: ComposeReading) -> ReadingWithMemory:
    return read_with_memory(known, look.measures, look.quality.photos, tell)


@contextmanager
def naming_photo(index: int, photos: int) -> Iterator[None]:
    """Where there are several photos, an error says in `file` which one it is about, counted from 1."""
    try:
        yield
    except AppError as error:
        if photos > 1:
            error.context["file"] = index + 1
        raise


def capture_of(face: Face | FaceObservation) -> CaptureConditions:
    """How this face was captured, as far as the reading asks."""
    return CaptureConditions(
        yaw_deg=face.pose.yaw_deg,
        pitch_deg=face.pose.pitch_deg,
        face_width_px=face.quality.face_width_px,
        smile=face.quality.smile,
        mouth_gap=face.quality.mouth_gap,
        distance_cm=face.quality.distance_cm,
        fringe="FRINGE" in face.quality.warnings,
    )


def _see(vision: FaceVision, query: FaceQuery) -> Face:
    if query.landmarks is not None:
        return _from_landmarks(query.landmarks, query)
    if query.image is not None:
        with naming_photo(0, 1 + len(query.more_images)):
            return vision.face_of(query.image)
    raise NothingToReadError("Send an image, landmarks, or both.", field="image")


def _see_more(vision: FaceVision, query: FaceQuery) -> Iterator[Face]:
    for index, image in enumerate(query.more_images, start=1):
        with naming_photo(index, 1 + len(query.more_images)):
            yield vision.face_of(image)


def _from_landmarks(landmarks: Points, query: FaceQuery) -> Face:
    if landmarks.ndim != 2 or landmarks.shape[0] not in LANDMARK_COUNTS or landmarks.shape[1] not in (2, 3):
        message = "Landmarks must be the 468 or 478 points of a face mesh, each [x, y] or [x, y, z]."
        raise InvalidLandmarksError(message, expected=LANDMARK_COUNTS, got=len(landmarks))
    if query.image is not None:
        header = inspect_image(query.image)
        return face_from_landmarks(landmarks, header.width, header.height)
    return face_from_landmarks(landmarks, query.image_width, query.image_height)


def known_landmarks() -> Points:
    """The canonical face in the middle of a square picture."""
    vertices = canonical_face().vertices
    fractions: Points = 0.5 + vertices * (1.0, -1.0, -1.0) / (2.5 * np.ptp(vertices[:, 1]))
    return fractions
