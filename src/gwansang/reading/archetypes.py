"""The five archetypes of a face (왕, 학자, 장군, 상인, 예인의 상), from measured shapes alone, as shares of 100.

Shapes of the parts and one element support an archetype (knowledge/archetypes.json). The probabilities of the shapes
are smoothed over one SD, as for the energies, so that no border makes a share jump; their weighted sum is standardised
among simulated faces, so that each archetype leads in a fifth of them. Figures of history (knowledge/figures.json) are
shares of the same archetypes, by the virtues that records praise; the nearest are those with the largest overlap.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from gwansang.reading.knowledge import load_records
from gwansang.reading.measurements import MEASURES_BY_KEY, Measures
from gwansang.reading.model import ArchetypeReading, ArchetypeReason, Archetypes, HistoricFigure
from gwansang.reading.norms import Norms
from gwansang.reading.shapes import ShapeClassification
from gwansang.reading.taxonomy import rule_measures
from gwansang.reading.texts import archetypes_text, measures_text, shapes_text
from gwansang.texts import Locale

ARCHETYPE_SHARPNESS = 0.8
_MIN_PROBABILITY = 0.25  # of a shape that is given as a reason
_MAX_REASONS = 3
_FIGURES = 3


@dataclass(frozen=True, slots=True)
class Archetype:
    """An archetype's definition: weights of shapes by part, and an element.

    mean, sd: of the weighted sum among simulated faces; offset: added to the standard score.
    """

    id: str
    hanja: str
    element: str
    shapes: Mapping[str, Mapping[str, float]]
    mean: float
    sd: float
    offset: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of history: shares of the archetypes, which sum to 100, and the records they rest on."""

    id: str
    hanja: str
    years: str
    mix: Mapping[str, int]
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SupportingShape:
    """A shape that supports an archetype; `weight`: its part's contribution to the archetype's sum."""

    part: str
    shape_id: str
    probability: float
    weight: float


@cache
def archetype_definitions() -> tuple[Archetype, ...]:
    return load_records("archetypes", "archetypes", Archetype)


@cache
def figure_definitions() -> tuple[Figure, ...]:
    return load_records("figures", "figures", Figure)


def describe_archetypes(
    measures: Measures,
    norms: Norms,
    shapes: Mapping[str, ShapeClassification],
    smoothed: Mapping[str, ShapeClassification],
    elements: Mapping[str, float],
    locale: Locale,
) -> Archetypes:
    """Return the archetypes of a face, the largest share first, with reasons, and the nearest figures of history.

    smoothed: the shapes with probabilities smoothed over one SD; elements: the shares of the elements.
    """
    text = archetypes_text(locale)
    shares = archetype_shares(smoothed, elements)
    ranked = sorted(archetype_definitions(), key=lambda archetype: -shares[archetype.id])
    first, second = ranked[:2]
    return Archetypes(
        top=first.id,
        summary=text["summary"].format(
            first=text["archetypes"][first.id]["subject"],
            first_share=shares[first.id],
            second=text["archetypes"][second.id]["subject"],
            second_share=shares[second.id],
        ),
        callings=tuple(
            ArchetypeReading(
                id=archetype.id,
                name=text["archetypes"][archetype.id]["name"],
                hanja=archetype.hanja,
                share=shares[archetype.id],
                meaning=text["archetypes"][archetype.id]["meaning"],
                reasons=tuple(
                    _reason(shape, shapes[shape.part], archetype.id, measures, norms, locale)
                    for shape in supporting_shapes(archetype, shapes)
                ),
            )
            for archetype in ranked
        ),
        figures=tuple(_figure(figure, overlap, locale) for figure, overlap in nearest_figures(shares)),
        note=text["note"],
    )


def archetype_shares(smoothed: Mapping[str, ShapeClassification], elements: Mapping[str, float]) -> dict[str, int]:
    """Return the share of each archetype, summing to exactly 100: a softmax of the standardised sums."""
    sums = archetype_sums(smoothed, elements)
    weights = [
        math.exp(ARCHETYPE_SHARPNESS * ((sums[archetype.id] - archetype.mean) / archetype.sd + archetype.offset))
        for archetype in archetype_definitions()
    ]
    return dict(zip(sums, _percentages(weights), strict=True))


def archetype_sums(smoothed: Mapping[str, ShapeClassification], elements: Mapping[str, float]) -> dict[str, float]:
    """Return for each archetype the share of its element plus the weighted probabilities of its shapes."""
    return {
        archetype.id: elements[archetype.element]
        + sum(_support(smoothed[part], weights) for part, weights in archetype.shapes.items())
        for archetype in archetype_definitions()
    }


def supporting_shapes(archetype: Archetype, shapes: Mapping[str, ShapeClassification]) -> tuple[SupportingShape, ...]:
    """Return up to three shapes of a face that support an archetype most; none that is improbable."""
    candidates = [_supporting_shape(shapes[part], weights) for part, weights in archetype.shapes.items()]
    probable = [shape for shape in candidates if shape.probability >= _MIN_PROBABILITY]
    return tuple(sorted(probable, key=lambda shape: -shape.weight)[:_MAX_REASONS])


def nearest_figures(shares: Mapping[str, int], count: int = _FIGURES) -> tuple[tuple[Figure, int], ...]:
    """Return the figures whose archetypes overlap most with these shares, each with the overlap of 100."""
    overlaps = [
        (figure, sum(min(share, figure.mix[archetype]) for archetype, share in shares.items()))
        for figure in figure_definitions()
    ]
    return tuple(sorted(overlaps, key=lambda pair: -pair[1])[:count])


def _support(shape: ShapeClassification, weights: Mapping[str, float]) -> float:
    """Return the expected weight of the part's shape, by the visibility of the part in a mesh."""
    classes = zip(shape.part.classes, shape.probabilities, strict=True)
    return shape.part.reliability * sum(weights.get(one.id, 0.0) * probability for one, probability in classes)


def _supporting_shape(shape: ShapeClassification, weights: Mapping[str, float]) -> SupportingShape:
    """Take the shape of the reading if it supports the archetype, else the one that would support it most."""
    weight = _support(shape, weights)
    if shape.shape.id in weights:
        return SupportingShape(shape.part.key, shape.shape.id, shape.probability, weight)
    probabilities = {one.id: share for one, share in zip(shape.part.classes, shape.probabilities, strict=True)}
    strongest = max(weights, key=lambda shape_id: weights[shape_id] * probabilities[shape_id])
    return SupportingShape(shape.part.key, strongest, probabilities[strongest], weight)


def _percentages(weights: Sequence[float]) -> list[int]:
    """Round to whole numbers that sum to 100, by the largest remainders."""
    exact = [100.0 * weight / math.fsum(weights) for weight in weights]
    whole = [math.floor(value) for value in exact]
    by_remainder = sorted(range(len(weights)), key=lambda index: whole[index] - exact[index])
    for index in by_remainder[: 100 - sum(whole)]:
        whole[index] += 1
    return whole


def _reason(
    supporting: SupportingShape,
    classified: ShapeClassification,
    archetype: str,
    measures: Measures,
    norms: Norms,
    locale: Locale,
) -> ArchetypeReason:
    text = shapes_text(locale)["parts"][supporting.part]
    shape = next(one for one in classified.part.classes if one.id == supporting.shape_id)
    deciding = rule_measures(shape) or frozenset(classified.part.measures)
    key = max(sorted(deciding), key=lambda key: abs(norms.z(key, measures.values[key].value)))
    return ArchetypeReason(
        part=supporting.part,
        name=text["name"],
        hanja=shape.hanja,
        shape_id=shape.id,
        shape=text["classes"][shape.id]["name"],
        probability=supporting.probability,
        meaning=archetypes_text(locale)["archetypes"][archetype]["parts"][supporting.part],
        measure=MEASURES_BY_KEY[key].name,
        label=measures_text(locale)[MEASURES_BY_KEY[key].name],
        percentile=norms.percentile(key, measures.values[key].value),
        classic=shape.classic,
    )


def _figure(figure: Figure, overlap: int, locale: Locale) -> HistoricFigure:
    text = archetypes_text(locale)["figures"][figure.id]
    return HistoricFigure(
        id=figure.id,
        name=text["name"],
        hanja=figure.hanja,
        years=figure.years,
        overlap=overlap,
        mix=dict(figure.mix),
        text=text["text"],
        records=figure.records,
    )
