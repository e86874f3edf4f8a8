"""The error of a measure on one photo, from the conditions of its capture.

The model is simple on purpose: independent errors add in quadrature. They are landmark noise; the residuals that the
corrections leave of pitch, yaw, camera distance, a smile and open lips; and a fringe. knowledge/measures.json has the
sensitivity of each measure to each of them, with its source.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypedDict

from gwansang.reading.knowledge import load_knowledge
from gwansang.reading.model import CaptureConditions

FULL_SIZE_PX = 300.0  # face width above which more pixels do not reduce the landmark noise
NEAR_CM, FAR_CM = 35.0, 150.0  # distances between which the tabled effect of nearness was measured
RESIDUAL_NEARNESS = 0.4  # share of that effect left at a known distance: people and cameras differ
UNKNOWN_NEARNESS = 0.5  # share of that effect at an unknown distance
CLOSED_GAP = 0.03  # inner lip distance of a closed mouth, in mouth widths


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Errors of a measure, one SD each in its unit.

    By landmark noise at full size, a degree of pitch or yaw, nearness, a full smile, a lip gap of a mouth width, and a
    fringe.
    """

    noise: float
    pitch: float
    yaw: float
    near: float
    smile: float
    mouth: float
    fringe: float


class _Errors(TypedDict):
    source: str
    measures: dict[str, dict[str, float]]


@cache
def sensitivities() -> Mapping[str, Sensitivity]:
    """Return the sensitivities of the measures by key."""
    rows = load_knowledge("measures", "errors", _Errors)["measures"]
    return {key: Sensitivity(**row) for key, row in rows.items()}


def measurement_error(key: str, capture: CaptureConditions) -> float:
    """Return one SD of the measure `key` on a photo captured under these conditions, in the measure's unit."""
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
    """Return the residual share of the tabled effect, which grows as the camera comes near."""
    if distance_cm is None:
        return UNKNOWN_NEARNESS
    return RESIDUAL_NEARNESS / max(distance_cm, 10.0) / (1.0 / NEAR_CM - 1.0 / FAR_CM)
