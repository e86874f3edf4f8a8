"""The taxonomy of facial parts and their shapes, from knowledge/taxonomy.json."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from gwansang.reading.covers import UNSEEN_SHAPE
from gwansang.reading.decided_face import DecidedFace
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


class PartShape(Protocol):
    """A part with one of its shapes, and how probable it is."""

    @property
    def part(self) -> Part: ...

    @property
    def shape(self) -> ShapeClass: ...

    @property
    def probability(self) -> float: ...


@dataclass(frozen=True, slots=True)
class ToldShape:
    """A part with the shape that a reading describes."""

    part: Part
    shape: ShapeClass
    probability: float


@cache
def load_taxonomy() -> tuple[Part, ...]:
    """Return the fifteen parts with their shapes, in the order of a reading."""
    rows = load_knowledge("taxonomy", "parts", list[dict[str, Any]])
    return tuple(
        Part(**{**row, "measures": tuple(row["measures"]), "classes": tuple(map(_shape, row["classes"]))})
        for row in rows
    )


def told_shapes(face: DecidedFace) -> dict[str, ToldShape]:
    """Return the parts of a face that can be seen, with their shapes, by key."""
    shapes = _shapes_by_id()
    return {
        part: ToldShape(*shapes[part, decided.shape_id], decided.probability)
        for part, decided in face.parts.items()
        if decided.shape_id != UNSEEN_SHAPE
    }


@cache
def _shapes_by_id() -> Mapping[tuple[str, str], tuple[Part, ShapeClass]]:
    return {(part.key, shape.id): (part, shape) for part in load_taxonomy() for shape in part.classes}


def _shape(row: dict[str, Any]) -> ShapeClass:
    return ShapeClass(**{**row, "classic": Classic(**row["classic"]) if "classic" in row else None})


def rule_measures(shape: ShapeClass) -> frozenset[str]:
    """Return the keys of the measures in a shape's rule; empty for the rule "otherwise"."""
    return _keys_in(shape.rule)


@cache
def _keys_in(rule: str) -> frozenset[str]:
    return frozenset(re.findall(r"[A-Z]+", rule))
