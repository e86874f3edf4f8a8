"""API models of readings: numbers rounded, measures as lines on the upright photo."""

from collections.abc import Iterable, Iterator

from gwansang.api.v1.presenters import fields_of
from gwansang.api.v1.presenters.memory import present_memory
from gwansang.reading.model import Archetypes, Fortune, Reading
from gwansang.schemas import analysis as wire
from gwansang.schemas.fortune import FortuneOut
from gwansang.services.readings.analysis_service import AnalysisResult
from gwansang.services.readings.kept_content import KeptAnalysis
from gwansang.services.readings.snapshot import AnalysisSnapshot, OverlayPoints, snapshot_of
from gwansang.texts import Locale, load


def present(result: AnalysisResult) -> wire.FaceReading:
    """Return the answer to a request for a reading."""
    return present_snapshot(snapshot_of(result)).model_copy(update={"kept": result.kept})


def present_snapshot(snapshot: AnalysisSnapshot) -> wire.FaceReading:
    """Return the answer to a request for a reading whose result was stored."""
    kept = snapshot.kept
    profile = present_memory(snapshot.remembered, kept.reading) if snapshot.remembered else None
    return _present(kept, snapshot.points, profile)


def present_kept(kept: KeptAnalysis) -> wire.FaceReading:
    """Return a reading of the history, without overlays: the points are not kept."""
    return _present(kept, None).model_copy(update={"kept": True})


def present_fortune(fortune: Fortune) -> FortuneOut:
    """Return the fortune of a day."""
    return FortuneOut.model_validate(fortune, from_attributes=True)


def _present(
    kept: KeptAnalysis, points: OverlayPoints | None, profile: wire.ProfileOut | None = None
) -> wire.FaceReading:
    reading = kept.reading
    return wire.FaceReading.model_validate(
        {
            **fields_of(reading),
            "analysis_id": kept.analysis_id,
            "created_at": kept.created_at,
            "parts_analysis": {part.part: part for part in reading.parts},
            "zones": _zones(reading),
            "ages": {"birth_year": kept.birth_year, "positions": reading.ages},
            "quality": {
                **fields_of(kept.quality),
                **fields_of(kept.pose),
                "advice": list(_advice(kept.quality.warnings, reading.locale)),
            },
            "profile": profile,
            "archetypes": reading.archetypes and _archetypes(reading.archetypes),
        },
        from_attributes=True,
        context=points and {vertex: (round(x, 4), round(y, 4)) for vertex, (x, y) in points.items()},
    )


def _zones(reading: Reading) -> dict[str, object]:
    return {"type": reading.zones_type, "curve": reading.zones, **{zone.id: zone for zone in reading.zones}}


def _archetypes(archetypes: Archetypes) -> dict[str, object]:
    shares = {calling.id: calling.share for calling in archetypes.callings}
    return {**fields_of(archetypes), "shares": shares}


def _advice(warnings: Iterable[str], locale: Locale) -> Iterator[dict[str, str]]:
    texts = load("advice_of_older_releases", locale, dict[str, str]) | load("advice", locale, dict[str, str])
    for code in warnings:
        if code in texts:
            yield {"code": code, "text": texts[code]}
