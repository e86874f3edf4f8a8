"""A photo or landmarks, then a reading: vision and reading one after the other, in one job of the inference pool."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Protocol

import numpy as np

from gwansang.core.exceptions import InvalidInput
from gwansang.reading.model import Capture, Locale, Reading
from gwansang.reading.norms import Norms
from gwansang.reading.reader import read
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.vision.face import Face, Points
from gwansang.vision.headers import inspect
from gwansang.vision.mesh import canonical_face
from gwansang.vision.pipeline import face_from_landmarks, read_photo
from gwansang.vision.runtime import Engine
from gwansang.vision.self_test import self_test

LANDMARK_COUNTS = (468, 478)
LOCALES: tuple[Locale, ...] = ("ko", "en")  # the first is the default


class InvalidLandmarksError(InvalidInput):
    """Carries `expected` point counts in its context."""

    code = "INVALID_LANDMARKS"
    title = "The landmarks are not a face mesh"


class NothingToReadError(InvalidInput):
    code = "NOTHING_TO_READ"
    title = "Neither a photo nor landmarks"


@dataclass(frozen=True, slots=True)
class FaceQuery:
    """What someone wants read. With both given, the landmarks are the face and the image only tells its aspect.

    landmarks: (468|478, 2|3), x and y as fractions of the upright picture's width and height, as MediaPipe gives them.
    image_width, image_height: of the picture the landmarks come from, for their aspect; in pixels.
    """

    locale: Locale = "ko"
    birth_year: int | None = None
    image: bytes | None = None
    landmarks: Points | None = None
    image_width: int | None = None
    image_height: int | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """A face with its reading, what was asked, and where the time went."""

    query: FaceQuery
    face: Face
    reading: Reading
    vision_ms: float
    reading_ms: float


class FaceVision(Protocol):
    """What makes faces of photos; belongs to one thread."""

    def face_of(self, photo: bytes) -> Face: ...


class PhotoEngine:
    """The real FaceVision: one set of networks, tested on a drawn face before it is trusted with photos."""

    def __init__(self, model_dir: Path) -> None:
        self._engine = Engine.load(model_dir)
        self_test(self._engine)

    def face_of(self, photo: bytes) -> Face:
        return read_photo(photo, self._engine)


class FaceAnalyzer:
    """Analyses in the pool, so that the caller's event loop waits for nothing."""

    def __init__(self, pool: InferencePool[FaceVision], norms: Norms | None = None) -> None:
        self._pool = pool
        self._norms = norms

    async def rehearse(self, day: date) -> None:
        """Reads a known face in every language, so that what is missing shows at the start and not to a caller."""
        for locale in LOCALES:
            query = FaceQuery(locale=locale, landmarks=known_landmarks())
            await self._pool.run(partial(analyze_face, query=query, day=day, norms=self._norms))

    async def analyze(self, ask: Callable[[], FaceQuery], day: date) -> Analysis:
        """`ask` is called in the pool too: parsing what a caller sent is CPU work."""
        return await self._pool.run(lambda vision: analyze_face(vision, ask(), day, self._norms))


def analyze_face(vision: FaceVision, query: FaceQuery, day: date, norms: Norms | None = None) -> Analysis:
    """Sees the face and reads it against the norms, else the shipped ones, in this thread.

    Raises what is wrong with the query, the photo or the face.
    """
    started = perf_counter()
    face = _see(vision, query)
    seen = perf_counter()
    reading = read(face.neutral, capture_of(face), day, query.locale, query.birth_year, norms)
    done = perf_counter()
    return Analysis(query, face, reading, vision_ms=(seen - started) * 1000, reading_ms=(done - seen) * 1000)


def capture_of(face: Face) -> Capture:
    """How this face was captured, as far as the reading asks."""
    return Capture(
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
        return vision.face_of(query.image)
    raise NothingToReadError("Send an image, landmarks, or both.", field="image")


def _from_landmarks(landmarks: Points, query: FaceQuery) -> Face:
    if landmarks.ndim != 2 or landmarks.shape[0] not in LANDMARK_COUNTS or landmarks.shape[1] not in (2, 3):
        message = "Landmarks must be the 468 or 478 points of a face mesh, each [x, y] or [x, y, z]."
        raise InvalidLandmarksError(message, expected=LANDMARK_COUNTS, got=len(landmarks))
    if query.image is not None:
        header = inspect(query.image)
        return face_from_landmarks(landmarks, header.width, header.height)
    return face_from_landmarks(landmarks, query.image_width, query.image_height)


def known_landmarks() -> Points:
    """The canonical face in the middle of a square picture."""
    vertices = canonical_face().vertices
    fractions: Points = 0.5 + vertices * (1.0, -1.0, -1.0) / (2.5 * np.ptp(vertices[:, 1]))
    return fractions
