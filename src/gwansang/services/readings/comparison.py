"""Comparison of two kept readings of one user: changes, and whether they exceed the error of measurement."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from gwansang.reading.covers import UNSEEN_SHAPE, is_seen
from gwansang.reading.measurements import KEYS_BY_NAME
from gwansang.reading.memory import shape_labels
from gwansang.reading.model import Energy, PartReading
from gwansang.reading.profile import label_agreement
from gwansang.services.readings.kept_content import KeptAnalysis, KeptMeasure

NOISE_UP_TO: Final = 3.0  # errors of the difference; of 400 unchanged measures, one exceeds it by chance
Condition = Literal["distance_cm", "smile", "pitch_deg", "yaw_deg"]
_SMILES_APART = 0.25
_DEGREES_APART = 6.0
_DISTANCES_APART = 1.25  # as a ratio: perspective distorts a face in proportion to it


@dataclass(frozen=True, slots=True)
class ComparedPart:
    """A part of the face in both readings."""

    a: PartReading
    b: PartReading

    @property
    def changed(self) -> bool:
        return self.a.shape_id != self.b.shape_id and UNSEEN_SHAPE not in (self.a.shape_id, self.b.shape_id)


@dataclass(frozen=True, slots=True)
class ComparedMeasure:
    """A measure in both readings; in_errors: the difference in units of its own error."""

    a: KeptMeasure
    b: KeptMeasure

    @property
    def difference(self) -> float:
        return self.b.value - self.a.value

    @property
    def in_errors(self) -> float:
        return self.difference / math.hypot(self.a.error, self.b.error)

    @property
    def more_than_noise(self) -> bool:
        return abs(self.in_errors) > NOISE_UP_TO


@dataclass(frozen=True, slots=True)
class ComparedCondition:
    """A condition of both photos; None if it is unknown."""

    a: float | None
    b: float | None
    differs: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Changes from `a` to `b`; agreement: the share of parts, with the element as one, that read the same."""

    a: KeptAnalysis
    b: KeptAnalysis
    agreement: float
    parts: Mapping[str, ComparedPart]
    measures: Mapping[str, ComparedMeasure]
    conditions: Mapping[Condition, ComparedCondition]

    @property
    def measured_alike(self) -> bool:
        return _measured_alike(self.a, self.b)

    @property
    def element_changed(self) -> bool:
        return self.a.reading.element.primary != self.b.reading.element.primary

    @property
    def overall_difference(self) -> int:
        return self.b.reading.overall_score - self.a.reading.overall_score

    def energy_difference(self, energy: Energy) -> float:
        """Return the difference of the values before they are rounded to whole steps."""
        return self.b.reading.energy_values[energy] - self.a.reading.energy_values[energy]


def compare(a: KeptAnalysis, b: KeptAnalysis) -> Comparison:
    """Compare two analyses; parts that only one of them has are left out, and so are measures that only one has or
    shows, and all measures if the two were measured in different ways."""
    after = {part.part: part for part in b.reading.parts}
    return Comparison(
        a,
        b,
        agreement=label_agreement(shape_labels(a.reading), shape_labels(b.reading)),
        parts={part.part: ComparedPart(part, after[part.part]) for part in a.reading.parts if part.part in after},
        measures={
            name: ComparedMeasure(measure, b.measures[name])
            for name, measure in a.measures.items()
            if _measured_alike(a, b)
            and name in b.measures
            and b.measures[name].unit == measure.unit
            and _is_shown(name, measure)
            and _is_shown(name, b.measures[name])
        },
        conditions=_conditions(a, b),
    )


def _is_shown(name: str, measure: KeptMeasure) -> bool:
    return name not in KEYS_BY_NAME or is_seen(KEYS_BY_NAME[name], measure.error)


def _measured_alike(a: KeptAnalysis, b: KeptAnalysis) -> bool:
    """Return whether both are of one major version of the engine; each of them measures in its own way."""
    first, second = (analysis.reading.engine_version.partition(".")[0] for analysis in (a, b))
    return first == second


def _conditions(a: KeptAnalysis, b: KeptAnalysis) -> dict[Condition, ComparedCondition]:
    return {
        "distance_cm": _distances(a.quality.distance_cm, b.quality.distance_cm),
        "smile": _apart(_smile(a), _smile(b), _SMILES_APART),
        "pitch_deg": _apart(a.pose.pitch_deg, b.pose.pitch_deg, _DEGREES_APART),
        "yaw_deg": _apart(a.pose.yaw_deg, b.pose.yaw_deg, _DEGREES_APART),
    }


def _smile(analysis: KeptAnalysis) -> float | None:
    return None if "mouth" in analysis.quality.covered else analysis.quality.smile


def _apart(a: float | None, b: float | None, limit: float) -> ComparedCondition:
    return ComparedCondition(a, b, a is not None and b is not None and abs(b - a) > limit)


def _distances(a: float | None, b: float | None) -> ComparedCondition:
    differs = a is not None and b is not None and max(a, b) > _DISTANCES_APART * min(a, b)
    return ComparedCondition(a, b, differs)
