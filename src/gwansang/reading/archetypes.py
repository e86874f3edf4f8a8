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

from gwansang.reading.decided_face import DecidedFace
from gwansang.reading.knowledge import load_records
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.model import ArchetypeReading, ArchetypeReason, Archetypes, HistoricFigure
from gwansang.reading.scores import Scales, is_mostly_unseen, lead_shares, place_sums, shipped_weights
from gwansang.reading.taxonomy import PartShape, ToldShape, load_taxonomy, rule_measures
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
    face: DecidedFace, z: Mapping[str, float], shapes: Mapping[str, ToldShape], locale: Locale
) -> Archetypes:
    """Return the archetypes of a face, the largest share first, with reasons, and the nearest figures of history.

    z: standard scores by measure; shapes: of the parts that can be seen.
    """
    text, shares = archetypes_text(locale), face.archetypes
    ranked = sorted(archetype_definitions(), key=lambda archetype: -shares[archetype.id])
    first, second = ranked[:2]
    summary = text["summary"].format(
        first=text["archetypes"][first.id]["subject"],
        first_share=shares[first.id],
        second=text["archetypes"][second.id]["subject"],
        second_share=shares[second.id],
    )
    is_guess = is_mostly_unseen(shipped_weights().archetypes, face.unseen)
    return Archetypes(
        top=first.id,
        summary=join_sentences((summary, text["covered"])) if is_guess else summary,
        callings=tuple(
            _calling(
                archetype,
                shares[archetype.id],
                tuple(_reason(shape, archetype.id, face, z, locale) for shape in supporting_shapes(archetype, shapes)),
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


def archetype_shares(z: Mapping[str, float], shapes: Mapping[str, PartShape], scales: Scales) -> dict[str, int]:
    """Return the share of each archetype, summing to exactly 100: a softmax of its places among people.

    z: standard scores by measure; shapes: of the reading, which lift what they support above the mean support.
    """
    places = place_sums(shipped_weights().archetypes, scales["archetypes"], z)
    table = _support_by_shape()
    weights = [table[shape.part.key, shape.shape.id] for shape in shapes.values()]
    support = [sum(column) for column in zip(*weights, strict=True)] or [0.0] * len(archetype_definitions())
    usual = fmean(support)
    lifted = {
        one.id: places[one.id] + scales["archetype_offsets"][one.id] + SHAPE_LIFT * (own - usual)
        for one, own in zip(archetype_definitions(), support, strict=True)
    }
    return dict(zip(lifted, _percentages(list(lead_shares(lifted, ARCHETYPE_SHARPNESS).values())), strict=True))


@cache
def _support_by_shape() -> Mapping[tuple[str, str], tuple[float, ...]]:
    """Return how much each shape, by part and id, supports each archetype."""
    return {
        (part.key, shape.id): tuple(one.shapes.get(part.key, {}).get(shape.id, 0.0) for one in archetype_definitions())
        for part in load_taxonomy()
        for shape in part.classes
    }


def supporting_shapes(archetype: Archetype, shapes: Mapping[str, ToldShape]) -> tuple[ToldShape, ...]:
    """Return up to three shapes of the reading that support an archetype, by weight and probability."""
    weights = {
        key: weight * shapes[key].probability
        for key, of_shape in archetype.shapes.items()
        if key in shapes and (weight := of_shape.get(shapes[key].shape.id, 0.0)) > 0
    }
    ranked = sorted(weights, key=lambda key: -weights[key])
    return tuple(shapes[key] for key in ranked)[:_MAX_REASONS]


def nearest_figures(shares: Mapping[str, int], count: int = _FIGURES) -> tuple[tuple[Figure, int], ...]:
    """Return the figures whose archetypes overlap most with these shares, each with the overlap of 100."""
    overlaps = [
        (figure, sum(min(share, figure.mix[archetype]) for archetype, share in shares.items()))
        for figure in figure_definitions()
    ]
    return tuple(sorted(overlaps, key=lambda pair: -pair[1])[:count])


def _percentages(weights: Sequence[float]) -> list[int]:
    """Round to whole numbers that sum to 100, by the largest remainders."""
    exact = [100.0 * weight / math.fsum(weights) for weight in weights]
    whole = [math.floor(value) for value in exact]
    by_remainder = sorted(range(len(weights)), key=lambda index: whole[index] - exact[index])
    for index in by_remainder[: 100 - sum(whole)]:
        whole[index] += 1
    return whole


def _reason(
    told: ToldShape, archetype: str, face: DecidedFace, z: Mapping[str, float], locale: Locale
) -> ArchetypeReason:
    part, shape = told.part.key, told.shape
    text = shapes_text(locale)["parts"][part]
    of_part = [key for key in told.part.measures if key not in face.unseen]
    deciding = rule_measures(shape)
    key = max([key for key in of_part if key in deciding] or of_part, key=lambda key: abs(z[key]))
    return ArchetypeReason(
        part=part,
        name=text["name"],
        hanja=shape.hanja,
        shape_id=shape.id,
        shape=text["classes"][shape.id]["name"],
        probability=told.probability,
        meaning=archetypes_text(locale)["archetypes"][archetype]["parts"][part][shape.id],
        measure=MEASURES_BY_KEY[key].name,
        label=measures_text(locale)[MEASURES_BY_KEY[key].name],
        percentile=face.measures[key].percentile,
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
