"""What is remembered and what changed, as the wire shows it and a sentence tells it."""

from collections.abc import Iterable

from gwansang.reading.model import ENERGIES, PartReading, Reading
from gwansang.reading.texts import measures_text, shapes_text
from gwansang.schemas import comparison as wire
from gwansang.schemas.analysis import ProfileOut
from gwansang.services.readings.comparison import ComparedMeasure, Comparison
from gwansang.services.readings.history_service import KeptAnalysis, KeptMeasure
from gwansang.services.readings.snapshot import MemorySummary
from gwansang.texts import Locale, load

_TOLD_MEASURES = 3  # in a sentence; all of them are in the numbers


def present_memory(remembered: MemorySummary, reading: Reading) -> ProfileOut:
    """How this reading goes with what was remembered."""
    same = remembered.same_as_last_time
    return ProfileOut(
        photos=remembered.photos,
        same_as_last_time=None if same is None else _round(same),
        changed_parts=list(remembered.changed),
        same_face=remembered.same_face,
        text=_memory_text(remembered, reading),
    )


def _memory_text(remembered: MemorySummary, reading: Reading) -> str:
    locale, same = reading.locale, remembered.same_as_last_time
    if same is None:
        return _texts(locale)["another_face"]
    parts = _names(remembered.changed, reading, locale)
    return _texts(locale)["mostly" if parts else "again"].format(
        percent=_percent(same), parts=parts, photos=remembered.photos
    )


def present_comparison(comparison: Comparison, locale: Locale) -> wire.ComparisonOut:
    """Both readings side by side, in the asked language."""
    a, b = comparison.a.reading, comparison.b.reading
    return wire.ComparisonOut(
        a=_compared(comparison.a),
        b=_compared(comparison.b),
        agreement=_round(comparison.agreement),
        parts={
            key: wire.ComparedPartOut(
                name=_name(key, b, locale), a=_shape(part.a, locale), b=_shape(part.b, locale), changed=part.changed
            )
            for key, part in comparison.parts.items()
        },
        element=wire.ComparedElementOut(a=a.element.primary, b=b.element.primary, changed=comparison.element_changed),
        measures={name: _measure(name, one, locale) for name, one in comparison.measures.items()},
        energies={
            energy: _numbers(a.energy_values[energy], b.energy_values[energy], comparison.energy_difference(energy))
            for energy in ENERGIES
        },
        overall=_numbers(a.overall_score, b.overall_score, comparison.overall_difference),
        conditions={
            name: wire.ComparedConditionOut(a=_known(one.a), b=_known(one.b), differs=one.differs)
            for name, one in comparison.conditions.items()
        },
        text=comparison_text(comparison, locale),
    )


def comparison_text(comparison: Comparison, locale: Locale) -> str:
    """What changed, and what that means, in words."""
    parts = [key for key, part in comparison.parts.items() if part.changed]
    if comparison.element_changed:
        parts.append("element")
    beyond = sorted(
        (name for name, one in comparison.measures.items() if one.more_than_noise),
        key=lambda name: -abs(comparison.measures[name].in_errors),
    )
    kind = "beyond_noise" if beyond else "within_noise" if parts else "alike"
    told = _texts(locale)[kind].format(
        percent=_percent(comparison.agreement),
        parts=_names(parts, comparison.b.reading, locale),
        measures=", ".join(measures_text(locale)[name] for name in beyond[:_TOLD_MEASURES]),
    )
    differing = [_texts(locale)[name] for name, one in comparison.conditions.items() if one.differs]
    if not differing:
        return told
    return " ".join((told, _texts(locale)["conditions"].format(conditions=", ".join(differing))))


def _compared(kept: KeptAnalysis) -> wire.ComparedReadingOut:
    return wire.ComparedReadingOut(
        analysis_id=kept.analysis_id,
        created_at=kept.created_at,
        photos=kept.quality.photos,
        quality_score=_round(kept.quality.score),
        engine_version=kept.reading.engine_version,
        content_version=kept.reading.content_version,
    )


def _shape(part: PartReading, locale: Locale) -> wire.ToldShapeOut:
    """In the asked language, or as it was told where this release has no such shape."""
    classes = shapes_text(locale)["parts"][part.part]["classes"] if part.part in shapes_text(locale)["parts"] else {}
    shape = classes[part.shape_id]["name"] if part.shape_id in classes else part.shape
    return wire.ToldShapeOut(shape_id=part.shape_id, shape=shape, probability=_round(part.probability))


def _measure(name: str, one: ComparedMeasure, locale: Locale) -> wire.ComparedMeasureOut:
    return wire.ComparedMeasureOut(
        label=measures_text(locale).get(name, name),
        unit=one.a.unit,
        a=_value(one.a),
        b=_value(one.b),
        difference=_round(one.difference),
        in_errors=_round(one.in_errors),
        more_than_noise=one.more_than_noise,
    )


def _value(measure: KeptMeasure) -> wire.ValueOut:
    return wire.ValueOut(value=_round(measure.value), error=_round(measure.error))


def _numbers(a: float, b: float, difference: float) -> wire.ComparedNumberOut:
    return wire.ComparedNumberOut(a=_round(a), b=_round(b), difference=_round(difference))


def _names(parts: Iterable[str], reading: Reading, locale: Locale) -> str:
    return ", ".join(_name(part, reading, locale) for part in parts)


def _name(part: str, reading: Reading, locale: Locale) -> str:
    texts = _texts(locale)
    if part in texts:
        return texts[part]
    words = shapes_text(locale)["parts"]
    if part in words:
        return words[part]["name"]
    return next((one.name for one in reading.parts if one.part == part), part)


def _texts(locale: Locale) -> dict[str, str]:
    return load("memory", locale, dict[str, str])


def _percent(share: float) -> int:
    return round(100 * share)


def _known(value: float | None) -> float | None:
    return None if value is None else _round(value)


def _round(value: float) -> float:
    return round(value, 4)
