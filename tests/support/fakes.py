"""Fakes of the networks and of the clock."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import numpy as np

from gwansang.services.ml.face_analyzer import canonical_landmarks
from gwansang.vision.decode import DecodedImage
from gwansang.vision.embedding import EMBEDDING_DIMENSIONS, Embedding, l2_normalize
from gwansang.vision.face import Face, Points
from gwansang.vision.given_landmarks import GivenLandmarks, face_from_landmarks
from gwansang.vision.models.runtime import Network, Networks, Tensor
from gwansang.vision.tracking import TrackedFrame, TrackingState, track_landmarks

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # noon in Seoul


class FakeVision:
    """FaceVision that finds the same face in every photo; `on_input` runs first and may block or raise."""

    def __init__(self, on_input: Callable[[Any], object] = len) -> None:
        self._on_input = on_input

    def face_from_photo(self, photo: bytes) -> Face:
        self._on_input(photo)
        return self.face_from_landmarks(GivenLandmarks(canonical_landmarks(), 1000, 1000, two_looks=True))

    def face_from_image(self, image: DecodedImage) -> Face:
        self._on_input(image.pixels)
        return self.face_from_landmarks(GivenLandmarks(canonical_landmarks(), 1000, 1000, two_looks=True))

    def embed_photo(self, photo: bytes) -> tuple[Face, Embedding]:
        """Return the same face, but a different embedding for different bytes."""
        draws = np.random.default_rng(list(hashlib.sha256(photo).digest()))
        return self.face_from_photo(photo), l2_normalize(draws.normal(size=EMBEDDING_DIMENSIONS).astype(np.float32))

    def embed_face(self, image: DecodedImage, points: Points) -> Embedding:
        return np.full(EMBEDDING_DIMENSIONS, EMBEDDING_DIMENSIONS**-0.5, np.float32)

    def track_frame(self, frame: bytes, tracker: TrackingState) -> TrackedFrame:
        self._on_input(frame)
        return self.track_landmarks(GivenLandmarks(canonical_landmarks(), two_looks=True), 1000, 1000)

    def face_from_landmarks(self, given: GivenLandmarks) -> Face:
        return face_from_landmarks(given, _RELAXED)

    def track_landmarks(self, given: GivenLandmarks, width: int, height: int) -> TrackedFrame:
        return track_landmarks(given, width, height, _RELAXED)


class _NoExpression(Network):
    """Blendshape network that finds no expression."""

    def __init__(self) -> None:
        """Load nothing."""

    def run(self, tensor: Tensor) -> list[Tensor]:
        return [np.zeros(52, np.float32)]


_RELAXED = Networks(*[_NoExpression()] * 4)


class Gate:
    """Callable that blocks until the gate is opened."""

    def __init__(self) -> None:
        self.reached = Event()
        self.left = Event()
        self._open = Event()

    def __call__(self, _: object = None) -> None:
        self.reached.set()
        assert self._open.wait(20)
        self.left.set()

    def open(self) -> None:
        self._open.set()


def frozen_clock(moment: datetime = NOON) -> Callable[[], datetime]:
    """Return a clock that stands still."""
    return lambda: moment


class MovingClock:
    """Clock that is advanced by hand."""

    def __init__(self, moment: datetime = NOON) -> None:
        self.now = moment

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        """Advance the clock, by `minutes=31`, `days=2` and the like."""
        self.now += timedelta(**span)
