"""An analysis as the wire shows it: numbers rounded, measures as lines on the upright photo."""

from collections.abc import Iterable, Sequence

from gwansang.api.v1.presenters.archetypes import present_archetypes
from gwansang.api.v1.presenters.memory import present_memory
from gwansang.reading.model import AgePosition, Fortune, Overlay, Palace, PartReading, Reading, Reason
from gwansang.schemas import analysis as wire
from gwansang.schemas.classic import ClassicOut
from gwansang.services.readings.analysis_service import AnalysisResult
from gwansang.services.readings.history_service import KeptAnalysis
from gwansang.services.readings.snapshot import AnalysisSnapshot, OverlayPoints, snapshot_of
from gwansang.texts import Locale, load
from gwansang.vision.face import Pose, Quality


def present(result: AnalysisResult) -> wire.FaceReading:
    """The answer to a reading request."""
    return present_told(snapshot_of(result))


def present_told(told: AnalysisSnapshot) -> wire.FaceReading:
    """The answer to a reading request, at any time after it was told."""
    profile = present_memory(told.remembered, told.kept.reading) if told.remembered else None
    return _present(told.kept, told.places, profile)


def present_kept(kept: KeptAnalysis) -> wire.FaceReading:
    """A reading that was kept; nothing in it can be drawn, because the points were not kept."""
    return _present(kept, None)


def _present(
    about: KeptAnalysis, places: OverlayPoints | None, profile: wire.ProfileOut | None = None
) -> wire.FaceReading:
    reading = about.reading
    return wire.FaceReading(
        analysis_id=about.analysis_id,
        overall_score=reading.overall_score,
        energy_scores=wire.EnergiesOut(**{str(name): steps for name, steps in reading.energy_scores.items()}),
        energy_values={name: _round(value) for name, value in reading.energy_values.items()},
        parts_analysis={part.part: _part(part, places) for part in reading.parts},
        today_fortune=reading.today_fortune,
        fortune=present_fortune(reading.fortune),
        element=_element(reading),
        zones=_zones(reading),
        palaces=[_palace(palace, places) for palace in reading.palaces],
        ages=wire.AgesOut(birth_year=about.birth_year, positions=[_age(age, places) for age in reading.ages]),
        quality=_quality(about.quality, about.pose, reading.locale),
        engine_version=reading.engine_version,
        content_version=reading.content_version,
        locale=reading.locale,
        disclaimer=reading.disclaimer,
        created_at=about.created_at,
        profile=profile,
        archetypes=reading.archetypes and present_archetypes(reading.archetypes),
    )


def _part(part: PartReading, places: OverlayPoints | None) -> wire.PartOut:
    other = part.alternative
    return wire.PartOut(
        name=part.name,
        hanja=part.hanja,
        shape=part.shape,
        meaning=part.meaning,
        score=part.score,
        shape_id=part.shape_id,
        probability=_round(part.probability),
        alternative=other
        and wire.AlternativeOut(shape_id=other.shape_id, shape=other.shape, probability=_round(other.probability)),
        reliability=_round(part.reliability),
        reasons=[_reason(reason, places) for reason in part.reasons],
    )


def _reason(reason: Reason, places: OverlayPoints | None) -> wire.ReasonOut:
    overlays = [_overlay(overlay, places) for overlay in reason.overlays if places]
    classic = reason.classic
    return wire.ReasonOut(
        measure=reason.measure,
        label=reason.label,
        value=_round(reason.value),
        unit=reason.unit,
        z=_round(reason.z),
        percentile=reason.percentile,
        error=_round(reason.error),
        overlay=overlays[0] if overlays else None,
        overlays=overlays,
        classic=classic and ClassicOut(quote=classic.quote, source=classic.source),
    )


def _overlay(overlay: Overlay, places: OverlayPoints) -> wire.OverlayOut:
    return wire.OverlayOut(type=overlay.type, points=_places(overlay.vertices, places))


def _places(vertices: Sequence[int], places: OverlayPoints | None) -> list[wire.Place]:
    if places is None:
        return []
    return [(_round(x), _round(y)) for x, y in (places[vertex] for vertex in vertices)]


def present_fortune(fortune: Fortune) -> wire.FortuneOut:
    """The fortune of a day."""
    lucky = fortune.lucky
    return wire.FortuneOut(
        date=fortune.date,
        day_pillar=fortune.day_pillar,
        day_pillar_name=fortune.day_pillar_name,
        relation=fortune.relation,
        relation_name=fortune.relation_name,
        reason=fortune.reason,
        text=fortune.text,
        energy_shift={name: _round(value) for name, value in fortune.energy_shift.items()},
        lucky=wire.LuckyOut(
            element=lucky.element,
            color=lucky.color,
            color_hex=lucky.color_hex,
            direction=lucky.direction,
            numbers=list(lucky.numbers),
            hours=lucky.hours,
        ),
    )


def _element(reading: Reading) -> wire.ElementOut:
    element = reading.element
    return wire.ElementOut(
        primary=element.primary,
        secondary=element.secondary,
        name=element.name,
        shares={name: _round(share) for name, share in element.shares.items()},
        clarity=_round(element.clarity),
        meaning=element.meaning,
    )


def _zones(reading: Reading) -> wire.ZonesOut:
    zones = {
        zone.id: wire.ZoneOut(
            name=zone.name,
            share=_round(zone.share),
            z=_round(zone.z),
            years=zone.years,
            meaning=zone.meaning,
            estimated=zone.estimated,
        )
        for zone in reading.zones
    }
    curve = [
        wire.LifePoint(
            zone=zone.id,
            from_age=zone.from_age,
            to_age=zone.to_age,
            level=zone.level,
            low=zone.low,
            high=zone.high,
        )
        for zone in reading.zones
    ]
    return wire.ZonesOut(
        type=reading.zones_type,
        curve=curve,
        upper=zones.get("upper"),
        middle=zones.get("middle"),
        lower=zones.get("lower"),
    )


def _palace(palace: Palace, places: OverlayPoints | None) -> wire.PalaceOut:
    return wire.PalaceOut(
        id=palace.id,
        name=palace.name,
        hanja=palace.hanja,
        place=palace.place,
        status=palace.status,
        z=None if palace.z is None else _round(palace.z),
        meaning=palace.meaning,
        points=_places(palace.vertices, places),
    )


def _age(age: AgePosition, places: OverlayPoints | None) -> wire.AgePositionOut:
    return wire.AgePositionOut(
        counted_age=age.counted_age,
        international_age=age.international_age,
        position=age.position,
        hanja=age.hanja,
        place=age.place,
        meaning=age.meaning,
        points=_places(age.vertices, places),
    )


def _quality(quality: Quality, pose: Pose, locale: Locale) -> wire.QualityOut:
    return wire.QualityOut(
        score=_round(quality.score),
        yaw_deg=round(pose.yaw_deg, 1),
        pitch_deg=round(pose.pitch_deg, 1),
        roll_deg=round(pose.roll_deg, 1),
        distance_cm=None if quality.distance_cm is None else round(quality.distance_cm, 1),
        warnings=list(quality.warnings),
        advice=list(_advice(quality.warnings, locale)),
        photos=quality.photos,
        best_photo=quality.best_photo,
        frames=quality.frames,
        best_second=quality.best_second,
    )


def _advice(warnings: Iterable[str], locale: Locale) -> Iterable[wire.AdviceOut]:
    texts = load("advice", locale, dict[str, str])
    for code in warnings:
        if code in texts:
            yield wire.AdviceOut(code=code, text=texts[code])


def _round(value: float) -> float:
    return round(value, 4)
