"""FaceVision by the networks of this release."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from gwansang.vision.decode import DecodedImage
from gwansang.vision.embedding import Embedding, embed_face
from gwansang.vision.face import Face, Points
from gwansang.vision.given_landmarks import GivenLandmarks, face_from_landmarks
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_image, read_photo, read_photo_with_image
from gwansang.vision.self_test import run_self_test
from gwansang.vision.tracking import TrackedFrame, TrackingState, track_frame, track_landmarks

T = TypeVar("T")


class NetworkVision:
    """One set of networks, tested on a drawn face before it is trusted with photos.

    record_time: called with the seconds of every search for a face, found or not; camera frames are left out, as
    thirty a second would drown the times of photos.
    """

    def __init__(self, model_dir: Path, record_time: Callable[[float], object] = float) -> None:
        self._networks = Networks.load(model_dir)
        self._record_time = record_time
        run_self_test(self._networks)

    def face_from_photo(self, photo: bytes) -> Face:
        return self._timed(lambda: read_photo(photo, self._networks))

    def face_from_image(self, image: DecodedImage) -> Face:
        return self._timed(lambda: read_image(image, self._networks))

    def embed_photo(self, photo: bytes) -> tuple[Face, Embedding]:
        def find_and_embed() -> tuple[Face, Embedding]:
            face, image = read_photo_with_image(photo, self._networks)
            return face, embed_face(self._networks, image, face.points)

        return self._timed(find_and_embed)

    def embed_face(self, image: DecodedImage, points: Points) -> Embedding:
        return embed_face(self._networks, image, points)

    def face_from_landmarks(self, given: GivenLandmarks) -> Face:
        return self._timed(lambda: face_from_landmarks(given, self._networks))

    def track_landmarks(self, given: GivenLandmarks, width: int, height: int) -> TrackedFrame:
        return track_landmarks(given, width, height, self._networks)

    def track_frame(self, frame: bytes, tracker: TrackingState) -> TrackedFrame:
        return track_frame(frame, tracker, self._networks)

    def _timed(self, find: Callable[[], T]) -> T:
        started = perf_counter()
        try:
            return find()
        finally:
            self._record_time(perf_counter() - started)
