"""The five callings of a face as the wire shows them."""

from gwansang.reading.model import ArchetypeReading, ArchetypeReason, Archetypes, HistoricFigure
from gwansang.schemas import archetypes as wire
from gwansang.schemas.classic import ClassicOut


def present_archetypes(found: Archetypes) -> wire.ArchetypesOut:
    """From the strongest on, and the figures of history nearest to them."""
    return wire.ArchetypesOut(
        top=found.top,
        summary=found.summary,
        shares={calling.id: calling.share for calling in found.callings},
        callings=[_calling(calling) for calling in found.callings],
        figures=[_figure(figure) for figure in found.figures],
        note=found.note,
    )


def _calling(calling: ArchetypeReading) -> wire.ArchetypeOut:
    return wire.ArchetypeOut(
        id=calling.id,
        name=calling.name,
        hanja=calling.hanja,
        share=calling.share,
        meaning=calling.meaning,
        reasons=[_reason(reason) for reason in calling.reasons],
    )


def _reason(reason: ArchetypeReason) -> wire.ArchetypeReasonOut:
    classic = reason.classic
    return wire.ArchetypeReasonOut(
        part=reason.part,
        name=reason.name,
        hanja=reason.hanja,
        shape_id=reason.shape_id,
        shape=reason.shape,
        probability=round(reason.probability, 4),
        meaning=reason.meaning,
        measure=reason.measure,
        label=reason.label,
        percentile=reason.percentile,
        classic=classic and ClassicOut(quote=classic.quote, source=classic.source),
    )


def _figure(figure: HistoricFigure) -> wire.HistoricFigureOut:
    return wire.HistoricFigureOut(
        id=figure.id,
        name=figure.name,
        hanja=figure.hanja,
        years=figure.years,
        overlap=figure.overlap,
        mix=figure.mix,
        text=figure.text,
        records=list(figure.records),
    )
