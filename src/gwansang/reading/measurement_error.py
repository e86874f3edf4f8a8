"""How far a measure of one photo can be off, from how the photo was taken.

The model is simple on purpose: independent errors add as squares. Landmark noise is the first; then what the
corrections leave of the head's turn, of the camera's nearness, of a smile and of open lips; and a fringe. The
sensitivities in knowledge/errors.json say by how much each moves each measure, and where that figure comes from.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypedDict

from gwansang.reading.knowledge import load_knowledge
from gwansang.reading.model import CaptureConditions

FULL_SIZE_PX = 300.0  # from this face width on, more pixels don't make the mesh steadier
NEAR_CM, FAR_CM = 35.0, 150.0  # the tabled effect of nearness is between these distances
RESIDUAL_NEARNESS = 0.4  # of that effect, of a known distance: people and cameras differ
UNKNOWN_NEARNESS = 0.5  # of the tabled effect, when nothing tells the distance
CLOSED_GAP = 0.03  # inner lip distance of a closed mouth, in mouth widths


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What is left in a measure of noise, a degree of pitch or yaw, nearness, a full smile, parted lips, a fringe."""

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
    data = load_knowledge("errors", _ErrorsJson)
    return {key: Sensitivity(**row) for key, row in data["measures"].items()}


def measurement_error(key: str, capture: CaptureConditions) -> float:
    """One SD of the measure `key` on a photo taken like `capture`, in the measure's unit."""
    row = sensitivities()[key]
    size = max(1.0, FULL_SIZE_PX / max(capture.face_width_px, 1.0))
    return math.hypot(
        row.noise * size,
        row.pitch * capture.pitch_deg,
        row.yaw * capture.yaw_deg,
        row.near * _nearness(capture.distance_cm),
        row.smile * capture.smile,
        row.mouth * max(0.0, capture.mouth_gap - CLOSED_GAP),
        row.fringe if capture.fringe else 0.0,
    )


def _nearness(distance_cm: float | None) -> float:
    """The unsure share of the tabled effect: it grows as the camera comes near."""
    if distance_cm is None:
        return UNKNOWN_NEARNESS
    return RESIDUAL_NEARNESS / max(distance_cm, 10.0) / (1.0 / NEAR_CM - 1.0 / FAR_CM)
