"""A FaceVision that tells how long its looks take."""

from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

from gwansang.services.ml.face_analyzer import FaceVision
from gwansang.vision.decode import DecodedImage
from gwansang.vision.embedding import Embedding
from gwansang.vision.face import Face
from gwansang.vision.tracking import TrackedFrame, TrackingState

T = TypeVar("T")


class TimedVision:
    """Looks as `vision` does; `note` gets the seconds of every look at a face, also of one that found none."""

    def __init__(self, vision: FaceVision, note: Callable[[float], None]) -> None:
        self._vision = vision
        self._note = note

    def face_of(self, photo: bytes) -> Face:
        return self._timed(lambda: self._vision.face_of(photo))

    def face_in(self, picture: DecodedImage) -> Face:
        return self._timed(lambda: self._vision.face_in(picture))

    def recognise(self, photo: bytes) -> tuple[Face, Embedding]:
        return self._timed(lambda: self._vision.recognise(photo))

    def glance(self, frame: bytes, tracker: TrackingState) -> TrackedFrame:
        return self._vision.glance(frame, tracker)  # thirty a second would tell nothing of photos

    def _timed(self, look: Callable[[], T]) -> T:
        started = perf_counter()
        try:
            return look()
        finally:
            self._note(perf_counter() - started)
