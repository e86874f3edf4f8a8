"""A measured face in, a reading out: numpy and the standard library only, no clock, no randomness."""

from gwansang.reading.composer import ENGINE_VERSION, compose, face_key
from gwansang.reading.errors import BirthYearOutOfRangeError, UnmeasurableFaceError
from gwansang.reading.measurements import MeasuredValue, Measures, measure
from gwansang.reading.model import Capture, Reading
from gwansang.reading.norms import Norms, default_norms
from gwansang.reading.reader import read
from gwansang.reading.texts import CONTENT_VERSION

__all__ = [
    "CONTENT_VERSION",
    "ENGINE_VERSION",
    "BirthYearOutOfRangeError",
    "Capture",
    "MeasuredValue",
    "Measures",
    "Norms",
    "Reading",
    "UnmeasurableFaceError",
    "compose",
    "default_norms",
    "face_key",
    "measure",
    "read",
]
