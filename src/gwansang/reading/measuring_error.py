"""How far a measure of one photo can be off, from how the photo was taken.

The model is simple on purpose: independent errors add as squares. Landmark noise is the first; then what is left of the
head's turn after the mesh was turned to the front, the distance of the camera, a smile, open lips and a fringe. The
sensitivities in knowledge/errors.json say by how much each moves each measure, and where that figure comes from.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypedDict

from gwansang.reading.facts import load_text
from gwansang.reading.model import Capture

FULL_SIZE_PX = 300.0  # from this face width on, more pixels don't make the mesh steadier
POSE_LEFT = 0.15  # share of the head's turn that turning the mesh back leaves
NORM_DISTANCE_CM = 80.0  # about where the photos behind the norms were taken
NEAR_CM, FAR_CM = 35.0, 150.0  # the tabled perspective shift is between these distances
UNKNOWN_DISTANCE = 0.35  # of the tabled shift, when nothing tells the distance
CLOSED_GAP = 0.03  # inner lip distance of a closed mouth, in mouth widths
EXPRESSION_LEFT = 0.6  # of what smiling or parted lips do, this much is still in the measure, unlike in the norms


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How a measure moves: by noise, a degree of pitch or yaw, coming near, a full smile, parted lips, a fringe."""

    noise: float
    pitch: float
    yaw: float
    near: float
    smile: float
    mouth: float
    fringe: float


class _SensitivityJson(TypedDict):
    noise: float
    pitch: float
    yaw: float
    near: float
    smile: float
    mouth: float
    fringe: float


class _ErrorsJson(TypedDict):
    source: str
    measures: dict[str, _SensitivityJson]


@cache
def sensitivities() -> Mapping[str, Sensitivity]:
    data: _ErrorsJson = json.loads(load_text("errors.json"))
    return {key: Sensitivity(**row) for key, row in data["measures"].items()}


def measuring_error(key: str, capture: Capture) -> float:
    """One SD of the measure `key` on a photo taken like `capture`, in the measure's unit."""
    row = sensitivities()[key]
    size = max(1.0, FULL_SIZE_PX / max(capture.face_width_px, 1.0))
    return math.hypot(
        row.noise * size,
        row.pitch * POSE_LEFT * capture.pitch_deg,
        row.yaw * POSE_LEFT * capture.yaw_deg,
        row.near * _nearness(capture.distance_cm),
        EXPRESSION_LEFT * row.smile * capture.smile,
        EXPRESSION_LEFT * row.mouth * max(0.0, capture.mouth_gap - CLOSED_GAP),
        row.fringe if capture.fringe else 0.0,
    )


def _nearness(distance_cm: float | None) -> float:
    """How much of the perspective shift from far to near is in this photo, against the photos behind the norms."""
    if distance_cm is None:
        return UNKNOWN_DISTANCE
    closer = 1.0 / max(distance_cm, 10.0) - 1.0 / NORM_DISTANCE_CM
    return abs(closer) / (1.0 / NEAR_CM - 1.0 / FAR_CM)
