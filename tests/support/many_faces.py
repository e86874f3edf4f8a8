"""Fake of the networks for several faces: a photo names the synthetic face that is found in it."""

import numpy as np

from gwansang.vision.client_points import add_irises
from gwansang.vision.errors import NoFaceError
from gwansang.vision.face import Face
from gwansang.vision.given_landmarks import GivenLandmarks
from tests.support.factories import frontal_face
from tests.support.fakes import FakeVision

ME, ME_AGAIN, STRANGER, NOBODY = b"1 1.0", b"1 1.4", b"5 6.0", b"nobody"


class SeededVision(FakeVision):
    """FaceVision for photos that are `seed strength` of a synthetic face, or NOBODY."""

    def face_from_photo(self, photo: bytes) -> Face:
        if photo == NOBODY:
            raise NoFaceError("There is no face in this photo.")
        return self.face_from_landmarks(GivenLandmarks(landmarks_of(photo), 1000, 1000, two_looks=True))


def landmarks_of(photo: bytes) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return the landmarks of a photo's face in the middle of a square picture."""
    seed, strength = photo.split()
    vertices = add_irises(frontal_face(int(seed), float(strength)))
    fractions: np.ndarray[tuple[int, int], np.dtype[np.float64]] = 0.5 + vertices * (1.0, -1.0, -1.0) / (
        2.5 * np.ptp(vertices[:, 1])
    )
    return fractions
