"""Errors of photos that differ from those the measuring learned from, and of the mean of several photos.

Changes of a picture's colours, contrast, compression or proportions move its measures; knowledge/changes.json has by
how much.

The measuring declares the errors of photos like those of its studios. Of a photo of unknown origin (lens, distance,
crop, retouching) less is known. UNKNOWN_ORIGIN rests on published summaries, not on photos that were at hand: of 25
press photos of nine people 64 % of the variance lay between people, of LFW's photos 52 %, in the studio 94 % (ICC of
one photo); from 94 to 58 % the variance of the noise rises by about 0.6 squared SDs of the norms.

Photos of one person have a share of their error's variance in common (the model's own mistakes about this face), which
no number of photos averages out. SHARED_VARIANCE lies between two estimates: 0.16 (actual over declared errors of 1.33
for one photo and 1.7 for the mean of five) and 0.44 (in the studio the common part is 0.35 squared SDs of the hand
marks, out of 0.8 for a photo outside).
"""

import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TypedDict

from gwansang.reading.knowledge import load_knowledge
from gwansang.reading.model import CaptureConditions

UNKNOWN_ORIGIN = 0.77  # SDs of the norms
SHARED_VARIANCE = 0.35
# Where a photo is like those that the measuring learned from, retakes included, and where nothing of that is left.
_WIDTH_PX = (200.0, 100.0)
_YAW_DEG = (6.0, 16.0)
_PITCH_DEG = (12.0, 20.0)
_LIGHT_ASYMMETRY = (0.3, 0.6)
_DISTANCE_CM = (60.0, 30.0)


_Added = Mapping[str, Mapping[str, float]]  # by warning and key, in SDs of the norms


class _Sd(TypedDict):
    sd: float


class _ShippedNorms(TypedDict):
    measures: Mapping[str, _Sd]


def error_of_mean(error: float, photos: float) -> float:
    """Return the error of the mean of k photos with this error each: e sqrt(s + (1 - s) / k)."""
    return error * math.sqrt(SHARED_VARIANCE + (1.0 - SHARED_VARIANCE) / photos)


def unknown_origin_share(capture: CaptureConditions) -> float:
    """Return how far a photo is from the conditions that the measuring knows, 0-1.

    The worst condition decides; a smoothstep leads from each one's known to its unknown end. Points without their
    picture are always unknown, and a distance or a light that was not measured says nothing.
    """
    if capture.without_picture:
        return 1.0
    conditions = [
        (capture.face_width_px, _WIDTH_PX),
        (abs(capture.yaw_deg), _YAW_DEG),
        (abs(capture.pitch_deg), _PITCH_DEG),
        (capture.light_asymmetry, _LIGHT_ASYMMETRY),
        (capture.distance_cm, _DISTANCE_CM),
    ]
    return max(_smoothstep(value, *ends) for value, ends in conditions if value is not None)


def origin_error(capture: CaptureConditions) -> float:
    """Return the error that the unknown origin of a photo adds to every measure, in SDs of the norms."""
    return math.sqrt(unknown_origin_share(capture)) * UNKNOWN_ORIGIN


def change_errors(warnings: Iterable[str]) -> dict[str, float]:
    """Return the errors that warnings about a changed picture add, by key, in SDs of the norms."""
    added: dict[str, float] = {}
    for warning in sorted(warnings):  # sums of floats depend on the order, and that of a set on the process
        for key, error in _errors_of_changes().get(warning, {}).items():
            added[key] = math.hypot(added.get(key, 0.0), error)
    return added


def norm_sd(key: str) -> float:
    """Return the SD of a measure in the shipped norms."""
    return _shipped_rows()[key]["sd"]


def _smoothstep(value: float, known: float, unknown: float) -> float:
    share = max(0.0, min(1.0, (value - known) / (unknown - known)))
    return share * share * (3.0 - 2.0 * share)


@cache
def _errors_of_changes() -> _Added:
    """Return what calibration.changes measured; the file names its photos."""
    return load_knowledge("changes", "added", dict[str, dict[str, float]])


@cache
def _shipped_rows() -> Mapping[str, _Sd]:
    return load_knowledge("measures", "norms", _ShippedNorms)["measures"]
