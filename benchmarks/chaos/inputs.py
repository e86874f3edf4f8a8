"""What the visitors send: faces as points, photos and a clip, made once."""

import base64
import json
import random
from functools import cache

from tests.support.clips import encode_clip, handheld_frames
from tests.support.photos import drawn_portrait

from gwansang.services.ml.face_analyzer import canonical_landmarks
from gwansang.vision.drawn_face import draw_face

_FRAMES = 12


def landmarks(chance: random.Random) -> bytes:
    """Return a JSON body with the points of a face that differs a little from every other one."""
    points = canonical_landmarks()
    stretch = [1 + chance.uniform(-0.04, 0.04), 1 + chance.uniform(-0.04, 0.04), 1.0]
    return json.dumps({"landmarks": (0.5 + (points - 0.5) * stretch).round(6).tolist()}).encode()


@cache
def photo(number: int = 0) -> bytes:
    """Return one of a few portraits."""
    return drawn_portrait(face_width=215 + 10 * (number % 4))


def photo_json(number: int) -> bytes:
    """Return a JSON body with a portrait."""
    return json.dumps({"image": base64.b64encode(photo(number)).decode()}).encode()


@cache
def clip() -> bytes:
    """Return a short clip of a portrait."""
    return encode_clip(handheld_frames(draw_face(480, 640, 240), _FRAMES, 480, 640), g="4")
