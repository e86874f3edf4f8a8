"""The five callings of a face (왕, 학자, 장군, 상인, 예인의 상) from measured shapes alone, as shares that sum to 100.

A calling is spoken for by shapes of the parts and by an element (knowledge/archetypes.json). Shapes are seen through a
window of one SD, as for the energies, so that no border makes a share jump; what speaks is placed among simulated
faces, so that each calling leads in a fifth of them. Figures of history (knowledge/figures.json) are shares of the same
callings, by the virtues that records praise; they are matched by how far both overlap.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypedDict

from gwansang.reading.shapes import Membership
from gwansang.reading.taxonomy import load_text

SHARPNESS = 0.8
_TOLD_FROM = 0.25  # probability from which a shape is named as a reason


@dataclass(frozen=True, slots=True)
class Archetype:
    """What speaks for a calling: shapes by part, with weights, and an element; `mean`, `sd`, `offset` place the sum."""

    id: str
    hanja: str
    element: str
    shapes: Mapping[str, Mapping[str, float]]
    mean: float
    sd: float
    offset: float


@dataclass(frozen=True, slots=True)
class Figure:
    """Somebody of history: shares of the callings, which sum to 100, and the records they rest on."""

    id: str
    hanja: str
    years: str
    mix: Mapping[str, int]
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SpeakingShape:
    """A shape of a part that speaks for a calling, and how probable it is."""

    part: str
    shape_id: str
    probability: float


class _ArchetypeJson(TypedDict):
    id: str
    hanja: str
    element: str
    mean: float
    sd: float
    offset: float
    shapes: dict[str, dict[str, float]]


class _ArchetypesJson(TypedDict):
    source: str
    archetypes: list[_ArchetypeJson]


class _FigureJson(TypedDict):
    id: str
    hanja: str
    years: str
    mix: dict[str, int]
    records: list[str]


class _FiguresJson(TypedDict):
    source: str
    figures: list[_FigureJson]


@cache
def archetypes() -> tuple[Archetype, ...]:
    data: _ArchetypesJson = json.loads(load_text("archetypes.json"))
    return tuple(Archetype(**row) for row in data["archetypes"])


@cache
def figures() -> tuple[Figure, ...]:
    data: _FiguresJson = json.loads(load_text("figures.json"))
    return tuple(
        Figure(row["id"], row["hanja"], row["years"], row["mix"], tuple(row["records"])) for row in data["figures"]
    )


def archetype_shares(seen: Mapping[str, Membership], elements: Mapping[str, float]) -> dict[str, int]:
    """Shares of the callings, which sum to exactly 100, from shapes seen through the window and shares of elements."""
    sums = archetype_sums(seen, elements)
    raw = [math.exp(SHARPNESS * ((sums[one.id] - one.mean) / one.sd + one.offset)) for one in archetypes()]
    return dict(zip(sums, _hundred(raw), strict=True))


def archetype_sums(seen: Mapping[str, Membership], elements: Mapping[str, float]) -> dict[str, float]:
    """How much of a face speaks for each calling, before it is placed among other faces."""
    return {
        one.id: elements[one.element] + sum(_spoken(seen[part], weights) for part, weights in one.shapes.items())
        for one in archetypes()
    }


def speaking(archetype: Archetype, shapes: Mapping[str, Membership], most: int = 3) -> tuple[SpeakingShape, ...]:
    """The shapes of a face that speak loudest for a calling, by what they weigh; none that is improbable."""
    found = [(_loudest(shapes[part], weights), shapes[part], weights) for part, weights in archetype.shapes.items()]
    told = [entry for entry in found if entry[0].probability >= _TOLD_FROM]
    ranked = sorted(told, key=lambda entry: -_spoken(entry[1], entry[2]))
    return tuple(shape for shape, _, _ in ranked[:most])


def nearest_figures(shares: Mapping[str, int], most: int = 3) -> tuple[tuple[Figure, int], ...]:
    """The figures whose callings overlap most with these shares, and by how many of 100."""
    overlaps = [(figure, sum(min(share, figure.mix[name]) for name, share in shares.items())) for figure in figures()]
    return tuple(sorted(overlaps, key=lambda entry: -entry[1])[:most])


def _spoken(shape: Membership, weights: Mapping[str, float]) -> float:
    classes = zip(shape.part.classes, shape.probabilities, strict=True)
    return shape.part.reliability * sum(weights.get(one.id, 0.0) * probability for one, probability in classes)


def _loudest(shape: Membership, weights: Mapping[str, float]) -> SpeakingShape:
    """The told shape where it speaks for the calling, else the one that would."""
    told = shape.shape.id
    if told in weights:
        return SpeakingShape(shape.part.key, told, shape.clarity)
    probabilities = {one.id: share for one, share in zip(shape.part.classes, shape.probabilities, strict=True)}
    loudest = max(weights, key=lambda name: weights[name] * probabilities[name])
    return SpeakingShape(shape.part.key, loudest, probabilities[loudest])


def _hundred(raw: Sequence[float]) -> list[int]:
    """Whole numbers in these proportions that sum to 100: the largest remainders are rounded up."""
    exact = [100.0 * value / math.fsum(raw) for value in raw]
    whole = [math.floor(value) for value in exact]
    by_rest = sorted(range(len(raw)), key=lambda place: whole[place] - exact[place])
    for place in by_rest[: 100 - sum(whole)]:
        whole[place] += 1
    return whole
