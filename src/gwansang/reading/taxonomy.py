"""The taxonomy of facial parts and their shapes, from knowledge/taxonomy.json."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.knowledge import load_knowledge
from gwansang.reading.model import ENERGIES, Classic, Energy


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

    measures: keys of the measures that decide its shape; reliability: 0-1, how well a mesh shows the part at all;
    weights: of its shapes in the four energies; region: of the asymmetry and of the look-alike match, None for the
    whole face.
    """

    key: str
    hanja: str
    measures: tuple[str, ...]
    reliability: float
    weights: Mapping[Energy, float]
    region: str | None
    classes: tuple[ShapeClass, ...]


class _ClassicJson(TypedDict):
    quote: str
    source: str


class _ClassJson(TypedDict, total=False):
    id: str
    hanja: str
    rule: str
    effects: dict[Energy, float]
    tradition: str
    classic: _ClassicJson


class _PartJson(TypedDict):
    key: str
    hanja: str
    measures: list[str]
    reliability: float
    weights: dict[Energy, float]
    region: str | None
    classes: list[_ClassJson]


class _TaxonomyJson(TypedDict):
    source: str
    parts: list[_PartJson]


class _MeshJson(TypedDict):
    source: str
    mirror: list[int]


@cache
def load_taxonomy() -> tuple[Part, ...]:
    """Return the fifteen parts with their shapes, in the order of a reading."""
    data = load_knowledge("taxonomy", _TaxonomyJson)
    return tuple(_part(part) for part in data["parts"])


def _part(part: _PartJson) -> Part:
    return Part(
        key=part["key"],
        hanja=part["hanja"],
        measures=tuple(part["measures"]),
        reliability=part["reliability"],
        weights={energy: part["weights"][energy] for energy in ENERGIES},
        region=part["region"],
        classes=tuple(_shape(shape) for shape in part["classes"]),
    )


def _shape(shape: _ClassJson) -> ShapeClass:
    classic = shape.get("classic")
    return ShapeClass(
        id=shape["id"],
        hanja=shape["hanja"],
        rule=shape["rule"],
        effects={energy: shape["effects"][energy] for energy in ENERGIES},
        tradition=shape["tradition"],
        classic=Classic(classic["quote"], classic["source"]) if classic else None,
    )


def rule_measures(shape: ShapeClass) -> frozenset[str]:
    """Return the keys of the measures in a shape's rule; empty for the rule "otherwise"."""
    return frozenset(re.findall(r"[A-Z]+", shape.rule))


@cache
def mirror_vertices() -> NDArray[np.intp]:
    """Return each vertex's counterpart on the other half of the face, (468,); midline vertices map to themselves."""
    data = load_knowledge("mesh", _MeshJson)
    mirror = np.array(data["mirror"], dtype=np.intp)
    mirror.setflags(write=False)
    return mirror
