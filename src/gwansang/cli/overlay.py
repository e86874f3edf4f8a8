"""The measured lines of a reading on the photo, as a file of the kind that its name asks for."""

import cv2
import numpy as np

from gwansang.api.v1.presenters.overlays import present_overlay
from gwansang.cli.failure import CommandError
from gwansang.drawing.overlay import Canvas
from gwansang.drawing.png_process import render_png
from gwansang.schemas.analysis import FaceReading
from gwansang.vision.copying import copy_photo

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".svg")


def overlay_file(photo: bytes, reading: FaceReading, suffix: str) -> bytes:
    """Return the upright photo, at most 1600 pixels, with the reading's lines as an image of the suffix's kind.

    Raises CommandError for another suffix.
    """
    if suffix.lower() not in SUFFIXES:
        raise CommandError(f"--overlay writes {', '.join(SUFFIXES)}; {suffix or 'a name without a suffix'} is none.")
    drawing = overlay_on(photo, reading)
    if suffix.lower() == ".svg":
        return drawing.encode()
    png = render_png(drawing)
    if suffix.lower() == ".png":
        return png
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise RuntimeError("the rendered picture could not be read")
    return cv2.imencode(suffix, pixels)[1].tobytes()


def overlay_on(photo: bytes, reading: FaceReading) -> str:
    """Return the upright photo, at most 1600 pixels, with the reading's lines as SVG."""
    copy = copy_photo(photo)
    return present_overlay(reading, Canvas(copy.width, copy.height, copy.jpeg))
