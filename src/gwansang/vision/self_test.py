"""Proof before service: the loaded networks measure a face whose shape is known."""

import cv2
import numpy as np

from gwansang.vision.drawn_face import draw_face
from gwansang.vision.errors import ModelsMissingError
from gwansang.vision.mesh import canonical_face
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo

_FACE_PX = 240.0
_MAX_OFF = 0.06  # of the face's width; the drawing measures 0.017, a wrong channel order or model far more


def run_self_test(engine: Networks) -> None:
    """Reads a drawn face through the whole pipeline; raises ModelsMissingError where it is not found as drawn."""
    image = draw_face(face_width=_FACE_PX)
    encoded = cv2.imencode(".png", image[..., ::-1])[1].tobytes()
    points = read_photo(encoded, engine).points[:, :2]
    mesh = canonical_face().vertices
    scale = _FACE_PX / float(np.ptp(mesh[:, 0]))
    drawn = mesh[:, :2] * (scale, -scale) + (image.shape[1] / 2, image.shape[0] * 0.52)
    off = float(np.linalg.norm(points - drawn, axis=1).mean()) / _FACE_PX
    if off > _MAX_OFF:
        raise ModelsMissingError(
            "The face models failed their self-test; fetch them again with `gwansang models fetch --force`.",
            off=round(off, 3),
        )
