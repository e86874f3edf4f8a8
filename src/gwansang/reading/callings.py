"""The five callings of a face in words, with the measured shapes that speak for each."""

from collections.abc import Mapping

from gwansang.reading.archetypes import (
    Archetype,
    Figure,
    SpeakingShape,
    archetype_shares,
    archetypes,
    nearest_figures,
    speaking,
)
from gwansang.reading.measurements import BY_KEY, Measures
from gwansang.reading.model import ArchetypeReading, ArchetypeReason, Archetypes, HistoricFigure
from gwansang.reading.norms import Norms
from gwansang.reading.shapes import Membership
from gwansang.reading.taxonomy import measures_in
from gwansang.reading.texts import archetypes_text, measures_text, shapes_text
from gwansang.texts import Locale


def callings(
    measures: Measures,
    norms: Norms,
    shapes: Mapping[str, Membership],
    seen: Mapping[str, Membership],
    elements: Mapping[str, float],
    locale: Locale,
) -> Archetypes:
    """The callings of a face from the strongest on, from its measures, its shapes, the same seen through the window,
    and the shares of its elements."""
    shares = archetype_shares(seen, elements)
    ranked = sorted(archetypes(), key=lambda one: -shares[one.id])
    return Archetypes(
        top=ranked[0].id,
        summary=_summary(ranked, shares, locale),
        callings=tuple(_calling(one, shares[one.id], shapes, measures, norms, locale) for one in ranked),
        figures=tuple(_figure(figure, overlap, locale) for figure, overlap in nearest_figures(shares)),
        note=archetypes_text(locale)["note"],
    )


def _summary(ranked: list[Archetype], shares: Mapping[str, int], locale: Locale) -> str:
    words = archetypes_text(locale)
    first, second = (words["archetypes"][one.id]["subject"] for one in ranked[:2])
    return words["summary"].format(
        first=first, first_share=shares[ranked[0].id], second=second, second_share=shares[ranked[1].id]
    )


def _calling(
    one: Archetype,
    share: int,
    shapes: Mapping[str, Membership],
    measures: Measures,
    norms: Norms,
    locale: Locale,
) -> ArchetypeReading:
    words = archetypes_text(locale)["archetypes"][one.id]
    return ArchetypeReading(
        id=one.id,
        name=words["name"],
        hanja=one.hanja,
        share=share,
        meaning=words["meaning"],
        reasons=tuple(
            _reason(found, shapes[found.part], words["parts"][found.part], measures, norms, locale)
            for found in speaking(one, shapes)
        ),
    )


def _reason(
    found: SpeakingShape,
    member: Membership,
    meaning: str,
    measures: Measures,
    norms: Norms,
    locale: Locale,
) -> ArchetypeReason:
    words = shapes_text(locale)["parts"][found.part]
    shape = next(one for one in member.part.classes if one.id == found.shape_id)
    deciding = measures_in(shape) or frozenset(member.part.measures)
    measure = max(sorted(deciding), key=lambda key: abs(norms.z(key, measures.values[key].value)))
    return ArchetypeReason(
        part=found.part,
        name=words["name"],
        hanja=shape.hanja,
        shape_id=shape.id,
        shape=words["classes"][shape.id]["name"],
        probability=found.probability,
        meaning=meaning,
        measure=BY_KEY[measure].name,
        label=measures_text(locale)[BY_KEY[measure].name],
        percentile=norms.percentile(measure, measures.values[measure].value),
        classic=shape.classic,
    )


def _figure(figure: Figure, overlap: int, locale: Locale) -> HistoricFigure:
    words = archetypes_text(locale)["figures"][figure.id]
    return HistoricFigure(
        id=figure.id,
        name=words["name"],
        hanja=figure.hanja,
        years=figure.years,
        overlap=overlap,
        mix=dict(figure.mix),
        text=words["text"],
        records=figure.records,
    )
