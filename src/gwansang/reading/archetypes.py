"""The five archetypes of a face (왕, 학자, 장군, 상인, 예인의 상), from measures and shapes alone, as shares of 100.

Each is a weighted sum of measures (knowledge/scores.json). The weights start at the shapes and the element that support
it (knowledge/archetypes.json), and calibration takes out what differs between sexes or origins. A shape that the
reading tells lifts the archetypes that it supports, and only such shapes are given as reasons. Figures of history
(knowledge/figures.json) are shares of the same archetypes, by the virtues that records praise; the nearest are those
with the largest overlap.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean

from gwansang.reading.knowledge import load_records
from gwansang.reading.measurements import MEASURES_BY_KEY, Measures
from gwansang.reading.model import ArchetypeReading, ArchetypeReason, Archetypes, HistoricFigure
from gwansang.reading.norms import Norms, StandardScores
from gwansang.reading.scores import Scales, is_mostly_unseen, lead_shares, place_sums, shipped_weights
from gwansang.reading.shapes import ShapeClassification
from gwansang.reading.taxonomy import rule_measures
from gwansang.reading.texts import archetypes_text, measures_text, shapes_text, translate_classic
from gwansang.texts import Locale, join_sentences

ARCHETYPE_SHARPNESS = 0.8
SHAPE_LIFT = 0.2  # SDs by which a shape of the reading lifts an archetype that it supports with weight 1
_MAX_REASONS = 3
_FIGURES = 3


@dataclass(frozen=True, slots=True)
class Archetype:
    """An archetype's definition: weights of shapes by part, and an element."""

    id: str
    hanja: str
    element: str
    shapes: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of history: shares of the archetypes, which sum to 100, and the records they rest on."""

    id: str
    hanja: str
    years: str
    mix: Mapping[str, int]
    records: tuple[str, ...]


@cache
def archetype_definitions() -> tuple[Archetype, ...]:
    return load_records("archetypes", "archetypes", Archetype)


@cache
def figure_definitions() -> tuple[Figure, ...]:
    return load_records("figures", "figures", Figure)


def describe_archetypes(
    measures: Measures,
    standard: StandardScores,
    norms: Norms,
    shapes: Mapping[str, ShapeClassification],
    locale: Locale,
) -> Archetypes:
    """Return the archetypes of a face, the largest share first, with reasons, and the nearest figures of history.

    standard: scores of the measures in the norms; shapes: those that the reading tells.
    """
    text = archetypes_text(locale)
    shares = archetype_shares(standard.z, shapes, norms.scales)
    ranked = sorted(archetype_definitions(), key=lambda archetype: -shares[archetype.id])
    first, second = ranked[:2]
    summary = text["summary"].format(
        first=text["archetypes"][first.id]["subject"],
        first_share=shares[first.id],
        second=text["archetypes"][second.id]["subject"],
        second_share=shares[second.id],
    )
    is_guess = is_mostly_unseen(shipped_weights().archetypes, standard.unseen)
    return Archetypes(
        top=first.id,
        summary=join_sentences((summary, text["covered"])) if is_guess else summary,
        callings=tuple(
            _calling(
                archetype,
                shares[archetype.id],
                tuple(
                    _reason(shape, archetype.id, measures, norms, standard.unseen, locale)
                    for shape in supporting_shapes(archetype, shapes)
                ),
                locale,
            )
            for archetype in ranked
        ),
        figures=tuple(_figure(figure, overlap, locale) for figure, overlap in nearest_figures(shares)),
        note=text["note"],
    )


def _calling(
    archetype: Archetype, share: int, reasons: tuple[ArchetypeReason, ...], locale: Locale
) -> ArchetypeReading:
    texts = archetypes_text(locale)
    text = texts["archetypes"][archetype.id]
    meaning = text["meaning"] if reasons else join_sentences((text["meaning"], texts["unsupported"]))
    return ArchetypeReading(archetype.id, text["name"], archetype.hanja, share, meaning, reasons)


def archetype_shares(
    z: Mapping[str, float], shapes: Mapping[str, ShapeClassification], scales: Scales
) -> dict[str, int]:
    """Return the share of each archetype, summing to exactly 100: a softmax of its places among people.

    z: standard scores by measure; shapes: of the reading, which lift what they support above the mean support.
    """
    places = place_sums(shipped_weights().archetypes, scales["archetypes"], z)
    support = {one.id: sum(_weight(one, shape) for shape in shapes.values()) for one in archetype_definitions()}
    usual = fmean(support.values())
    lifted = {
        name: places[name] + scales["archetype_offsets"][name] + SHAPE_LIFT * (own - usual)
        for name, own in support.items()
    }
    return dict(zip(lifted, _percentages(list(lead_shares(lifted, ARCHETYPE_SHARPNESS).values())), strict=True))


def supporting_shapes(
    archetype: Archetype, shapes: Mapping[str, ShapeClassification]
) -> tuple[ShapeClassification, ...]:
    """Return up to three shapes of the reading that support an archetype, by weight and probability."""
    weights = {key: _weight(archetype, shape) * shape.probability for key, shape in shapes.items()}
    ranked = sorted(weights, key=lambda key: -weights[key])
    return tuple(shapes[key] for key in ranked if weights[key] > 0)[:_MAX_REASONS]


def nearest_figures(shares: Mapping[str, int], count: int = _FIGURES) -> tuple[tuple[Figure, int], ...]:
    """Return the figures whose archetypes overlap most with these shares, each with the overlap of 100."""
    overlaps = [
        (figure, sum(min(share, figure.mix[archetype]) for archetype, share in shares.items()))
        for figure in figure_definitions()
    ]
    return tuple(sorted(overlaps, key=lambda pair: -pair[1])[:count])


def _weight(archetype: Archetype, shape: ShapeClassification) -> float:
    """Return how much the shape of a reading supports an archetype."""
    return archetype.shapes.get(shape.part.key, {}).get(shape.shape.id, 0.0)


def _percentages(weights: Sequence[float]) -> list[int]:
    """Round to whole numbers that sum to 100, by the largest remainders."""
    exact = [100.0 * weight / math.fsum(weights) for weight in weights]
    whole = [math.floor(value) for value in exact]
    by_remainder = sorted(range(len(weights)), key=lambda index: whole[index] - exact[index])
    for index in by_remainder[: 100 - sum(whole)]:
        whole[index] += 1
    return whole


def _reason(
    classified: ShapeClassification,
    archetype: str,
    measures: Measures,
    norms: Norms,
    unseen: frozenset[str],
    locale: Locale,
) -> ArchetypeReason:
    part, shape = classified.part.key, classified.shape
    text = shapes_text(locale)["parts"][part]
    of_part = frozenset(classified.part.measures) - unseen
    deciding = rule_measures(shape) & of_part or of_part
    key = max(sorted(deciding), key=lambda key: abs(norms.z(key, measures.values[key].value)))
    return ArchetypeReason(
        part=part,
        name=text["name"],
        hanja=shape.hanja,
        shape_id=shape.id,
        shape=text["classes"][shape.id]["name"],
        probability=classified.probability,
        meaning=archetypes_text(locale)["archetypes"][archetype]["parts"][part][shape.id],
        measure=MEASURES_BY_KEY[key].name,
        label=measures_text(locale)[MEASURES_BY_KEY[key].name],
        percentile=norms.percentile(key, measures.values[key].value),
        classic=translate_classic(shape.classic, locale),
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
