"""Self-test of the loaded networks with a synthetic face of known shape."""

import cv2
import numpy as np

from gwansang.vision.drawn_face import draw_face, drawn_points
from gwansang.vision.errors import ModelsMissingError
from gwansang.vision.mesh import VERTEX_COUNT, canonical_face
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo

_FACE_PX = 225.0
_MAX_ERROR = 0.06  # mean, in face widths; intact networks reach 0.017, a wrong channel order or model far more


def run_self_test(networks: Networks) -> None:
    """Read a drawn face with the whole pipeline; raises ModelsMissingError if its landmarks are off."""
    image = draw_face(face_width=_FACE_PX)
    encoded = cv2.imencode(".png", image[..., ::-1])[1].tobytes()
    points = read_photo(encoded, networks).points[:VERTEX_COUNT, :2]
    drawn = drawn_points(image.shape[1], image.shape[0], _FACE_PX, canonical_face().vertices)
    error = float(np.linalg.norm(points - drawn, axis=1).mean()) / _FACE_PX
    if error > _MAX_ERROR:
        raise ModelsMissingError(
            "The face models failed their self-test; fetch them again with `gwansang models fetch --force`.",
            off=round(error, 3),
        )
