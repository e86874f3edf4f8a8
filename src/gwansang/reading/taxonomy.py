"""The taxonomy of facial parts and their shapes, from knowledge/taxonomy.json."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from gwansang.reading.knowledge import load_knowledge
from gwansang.reading.model import Classic, Energy


@dataclass(frozen=True, slots=True)
class ShapeClass:
    """A shape that a part can have; effects: on the four energies, always summing to 6."""

    id: str
    hanja: str
    rule: str
    effects: Mapping[Energy, float]
    tradition: str
    classic: Classic | None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the face.

    measures: keys of the measures that decide its shape; reliability: 0-1, how well a photo shows the part at all, and
    weights: of its shapes in the four energies, both for the calibration of the scores; region: of the look-alike
    match, None for the whole face.
    """

    key: str
    hanja: str
    measures: tuple[str, ...]
    reliability: float
    weights: Mapping[Energy, float]
    region: str | None
    classes: tuple[ShapeClass, ...]


@cache
def load_taxonomy() -> tuple[Part, ...]:
    """Return the fifteen parts with their shapes, in the order of a reading."""
    rows = load_knowledge("taxonomy", "parts", list[dict[str, Any]])
    return tuple(
        Part(**{**row, "measures": tuple(row["measures"]), "classes": tuple(map(_shape, row["classes"]))})
        for row in rows
    )


def _shape(row: dict[str, Any]) -> ShapeClass:
    return ShapeClass(**{**row, "classic": Classic(**row["classic"]) if "classic" in row else None})


def rule_measures(shape: ShapeClass) -> frozenset[str]:
    """Return the keys of the measures in a shape's rule; empty for the rule "otherwise"."""
    return _keys_in(shape.rule)


@cache
def _keys_in(rule: str) -> frozenset[str]:
    return frozenset(re.findall(r"[A-Z]+", rule))
