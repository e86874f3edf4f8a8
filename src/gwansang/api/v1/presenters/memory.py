"""The remembered face and the comparison of two readings, as numbers and as a sentence."""

from collections.abc import Iterable

from gwansang.api.v1.presenters import fields_of
from gwansang.reading.model import ENERGIES, PartReading, Reading
from gwansang.reading.texts import fortune_text, measures_text, shapes_text
from gwansang.schemas import comparison as wire
from gwansang.schemas.analysis import ProfileOut
from gwansang.services.readings.comparison import ComparedMeasure, Comparison
from gwansang.services.readings.snapshot import MemorySummary
from gwansang.texts import Locale, join_sentences, load

_NAMED_MEASURES = 3  # in a sentence; all of them are in the numbers


def present_memory(remembered: MemorySummary, reading: Reading) -> ProfileOut:
    """Return how this reading agrees with the remembered face."""
    text = _memory_text(remembered, reading)
    return ProfileOut.model_validate({**fields_of(remembered), "text": text})


def _memory_text(remembered: MemorySummary, reading: Reading) -> str:
    locale, same = reading.locale, remembered.same_as_last_time
    if same is None:
        return _texts(locale)["another_face"]
    parts = _names(remembered.changed, reading, locale)
    kind = "mostly" if parts else "again"
    return _texts(locale)["measured_anew" if remembered.measured_anew else kind].format(
        percent=_percent(same), parts=parts, photos=remembered.photos
    )


def present_comparison(comparison: Comparison, locale: Locale) -> wire.ComparisonOut:
    """Return both readings side by side, in the language of the request."""
    a, b = comparison.a.reading, comparison.b.reading
    return wire.ComparisonOut.model_validate(
        {
            **fields_of(comparison),
            "parts": {
                key: {
                    "name": _name(key, b, locale),
                    "a": _shape(part.a, locale),
                    "b": _shape(part.b, locale),
                    "changed": part.changed,
                }
                for key, part in comparison.parts.items()
            },
            "element": {"a": a.element.primary, "b": b.element.primary, "changed": comparison.element_changed},
            "measures": {name: _measure(name, pair, locale) for name, pair in comparison.measures.items()},
            "energies": {
                energy: {
                    "a": a.energy_values[energy],
                    "b": b.energy_values[energy],
                    "difference": comparison.energy_difference(energy),
                }
                for energy in ENERGIES
            },
            "overall": {"a": a.overall_score, "b": b.overall_score, "difference": comparison.overall_difference},
            "text": comparison_text(comparison, locale),
            "disclaimer": fortune_text(locale)["disclaimer"],
        },
        from_attributes=True,
    )


def comparison_text(comparison: Comparison, locale: Locale) -> str:
    """Return a sentence about what changed, and whether it exceeds the noise of photos, as far as that is known."""
    parts = [key for key, part in comparison.parts.items() if part.changed]
    if comparison.element_changed:
        parts.append("element")
    if not comparison.measured_alike:
        return _texts(locale)["measured_differently"].format(percent=_percent(comparison.agreement))
    beyond = sorted(
        (name for name, pair in comparison.measures.items() if pair.more_than_noise),
        key=lambda name: -abs(comparison.measures[name].in_errors),
    )
    kind = "beyond_noise" if beyond else "within_noise" if parts else "alike"
    sentence = _texts(locale)[kind].format(
        percent=_percent(comparison.agreement),
        parts=_names(parts, comparison.b.reading, locale),
        measures=_listed((measures_text(locale)[name] for name in beyond[:_NAMED_MEASURES]), locale),
    )
    differing = [_texts(locale)[name] for name, pair in comparison.conditions.items() if pair.differs]
    if not differing:
        return sentence
    return join_sentences((sentence, _texts(locale)["conditions"].format(conditions=_listed(differing, locale))))


def _shape(part: PartReading, locale: Locale) -> dict[str, object]:
    """Return a shape in the language of the request, or as it was stored if this release has no such shape."""
    parts = shapes_text(locale)["parts"]
    classes = parts[part.part]["classes"] if part.part in parts else {}
    shape = classes[part.shape_id]["name"] if part.shape_id in classes else part.shape
    return {"shape_id": part.shape_id, "shape": shape, "probability": part.probability}


def _measure(name: str, pair: ComparedMeasure, locale: Locale) -> dict[str, object]:
    return {
        **fields_of(pair),
        "label": measures_text(locale).get(name, name),
        "unit": pair.a.unit,
        "difference": pair.difference,
        "in_errors": pair.in_errors,
        "more_than_noise": pair.more_than_noise,
    }


def _names(parts: Iterable[str], reading: Reading, locale: Locale) -> str:
    return _listed((_name(part, reading, locale) for part in parts), locale)


def _listed(names: Iterable[str], locale: Locale) -> str:
    return _texts(locale)["comma"].join(names)


def _name(part: str, reading: Reading, locale: Locale) -> str:
    texts = _texts(locale)
    if part in texts:
        return texts[part]
    parts = shapes_text(locale)["parts"]
    if part in parts:
        return parts[part]["name"]
    return next((own.name for own in reading.parts if own.part == part), part)


def _texts(locale: Locale) -> dict[str, str]:
    return load("memory", locale, dict[str, str])


def _percent(share: float) -> int:
    return round(100 * share)
