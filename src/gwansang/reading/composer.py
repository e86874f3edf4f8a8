"""From measures to a reading: places the face among others and finds the words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from gwansang.reading.ages import describe_ages
from gwansang.reading.archetypes import describe_archetypes
from gwansang.reading.elements import ELEMENT_LABEL, ELEMENTS, Elements, classify_elements
from gwansang.reading.fortune import daily_fortune
from gwansang.reading.measurements import MEASURES_BY_KEY, Measures
from gwansang.reading.model import Alternative, CaptureConditions, Classic, ElementReading, PartReading, Reading, Reason
from gwansang.reading.norms import Norms, default_norms
from gwansang.reading.palaces import describe_palaces
from gwansang.reading.scores import FaceScores, round_energy, score_face
from gwansang.reading.shapes import ShapeClassification, classify_shapes
from gwansang.reading.taxonomy import rule_measures
from gwansang.reading.texts import (
    CONTENT_VERSION,
    elements_text,
    fortune_text,
    measures_text,
    pick_variant,
    shapes_text,
)
from gwansang.reading.zones import describe_zones
from gwansang.texts import DEFAULT_LOCALE, Locale

ENGINE_VERSION = "1.0.0"
_MIXED_BELOW = 0.55  # from this share of the leading shape down, the runner-up is told as well
_SMILING_FROM = 0.5  # of a full smile
_MOVED_BY_SMILES = frozenset({"mouth", "lips", "philtrum"})
_UNSURE_BELOW = 0.3  # parts with less reliability are told as a reference only


@dataclass(frozen=True, slots=True)
class _Placed:
    """One face among others: its measures and their standard scores, by key."""

    measures: Measures
    norms: Norms
    z: Mapping[str, float]
    sigma: Mapping[str, float]


def face_key(element: str, face_shape: str, zones_type: str) -> str:
    """A coarse name of a face that survives another photo of it; it decides between sentences of equal meaning."""
    return f"{element}/{face_shape}/{zones_type}"


def compose(
    measures: Measures,
    capture: CaptureConditions,
    day: date,
    locale: Locale = DEFAULT_LOCALE,
    birth_year: int | None = None,
    norms: Norms | None = None,
    before: Mapping[str, str] | None = None,
) -> Reading:
    """The reading of measures taken like `capture`, for the fortune of `day`.

    `before` is what an earlier reading of this face told (`memory.shape_labels`): it stays while it is likely enough.

    Raises BirthYearOutOfRangeError for a birth year that can't be one.
    """
    face = _place(measures, norms or default_norms())
    shapes = classify_shapes(face.z, face.sigma, before)
    scores = score_face(face.z, face.sigma, shapes, measures.asymmetry, face.norms.scales)
    own = classify_elements(face.z, (before or {}).get(ELEMENT_LABEL), face.norms.scales)
    key = face_key(own.primary, shapes["face_shape"].shape.id, shapes["samjeong"].shape.id)
    parts = tuple(_part(shape, face, scores, capture, key, locale) for shape in shapes.values())
    today = daily_fortune(own, key, day, locale)
    names = {part.part: part.shape for part in parts}
    return Reading(
        overall_score=scores.overall,
        energy_scores={energy: round_energy(value) for energy, value in scores.energy_values.items()},
        energy_values=dict(scores.energy_values),
        parts=parts,
        element=_element(own, locale),
        zones=describe_zones({k: m.value for k, m in measures.values.items()}, face.z, face.sigma, locale),
        zones_type=shapes["samjeong"].shape.id,
        palaces=describe_palaces(face.z, locale),
        fortune=today,
        today_fortune=today.text,
        ages=() if birth_year is None else describe_ages(birth_year, day, names, locale),
        locale=locale,
        engine_version=ENGINE_VERSION,
        content_version=CONTENT_VERSION,
        disclaimer=fortune_text(locale)["disclaimer"],
        archetypes=describe_archetypes(measures, face.norms, shapes, scores.seen, own.shares, locale),
    )


def _place(measures: Measures, norms: Norms) -> _Placed:
    z = {key: norms.z(key, measured.value) for key, measured in measures.values.items()}
    sigma = {key: measured.error / norms.measures[key].sd for key, measured in measures.values.items()}
    return _Placed(measures, norms, z, sigma)


def _part(
    shape: ShapeClassification, face: _Placed, scores: FaceScores, capture: CaptureConditions, seed: str, locale: Locale
) -> PartReading:
    key = shape.part.key
    words = shapes_text(locale)["parts"][key]
    alternative = _alternative(shape, locale)
    trust = scores.reliability[key]
    return PartReading(
        part=key,
        name=words["name"],
        hanja=shape.part.hanja,
        shape_id=shape.shape.id,
        shape=words["classes"][shape.shape.id]["name"],
        meaning=" ".join((_meaning(shape, alternative, trust, seed, locale), *_notes(key, capture, locale))),
        score=scores.parts[key],
        probability=shape.clarity,
        alternative=alternative,
        reliability=trust,
        reasons=_reasons(shape, face, locale),
    )


def _alternative(shape: ShapeClassification, locale: Locale) -> Alternative | None:
    second = shape.runner_up
    if second is None:
        return None
    shape_id = shape.part.classes[second].id
    name = shapes_text(locale)["parts"][shape.part.key]["classes"][shape_id]["name"]
    return Alternative(shape_id, name, shape.probabilities[second])


def _meaning(shape: ShapeClassification, second: Alternative | None, trust: float, seed: str, locale: Locale) -> str:
    words = shapes_text(locale)
    own = words["parts"][shape.part.key]["classes"][shape.shape.id]
    sentences = [pick_variant(own["readings"], seed, shape.part.key)]
    if second is not None and shape.clarity < _MIXED_BELOW:
        sentences.append(words["mixed"].format(second=second.shape, percent=round(100 * second.probability)))
    sentences.append(own["tip"])
    if trust < _UNSURE_BELOW:
        sentences.append(words["unsure"])
    return " ".join(sentences)


def _notes(part: str, capture: CaptureConditions, locale: Locale) -> tuple[str, ...]:
    """What about the photo itself has to be known to take a part's reading rightly."""
    words = shapes_text(locale)
    if part == "forehead" and capture.fringe:
        return (words["fringe"],)
    if part in _MOVED_BY_SMILES and capture.smile >= _SMILING_FROM:
        return (words["smiling"],)
    return ()


def _reasons(shape: ShapeClassification, face: _Placed, locale: Locale) -> tuple[Reason, ...]:
    deciding = rule_measures(shape.shape)
    ranked = sorted(shape.part.measures, key=lambda key: (key not in deciding, -abs(face.z[key])))
    return tuple(
        _reason(key, face, shape.shape.classic if place == 0 else None, locale) for place, key in enumerate(ranked)
    )


def _reason(key: str, face: _Placed, classic: Classic | None, locale: Locale) -> Reason:
    row, measured = MEASURES_BY_KEY[key], face.measures.values[key]
    return Reason(
        measure=row.name,
        label=measures_text(locale)[row.name],
        value=measured.value,
        unit=row.unit,
        z=face.z[key],
        percentile=face.norms.percentile(key, measured.value),
        error=measured.error,
        overlays=row.overlays,
        classic=classic,
    )


def _element(own: Elements, locale: Locale) -> ElementReading:
    words = elements_text(locale)
    name = words["elements"][own.primary]
    meaning = [name["meaning"]]
    if own.secondary is None:
        meaning.append(words["pure"])
    else:
        steps = abs(ELEMENTS.index(own.primary) - ELEMENTS.index(own.secondary))
        bond = words["feeding"] if steps in (1, 4) else words["shaping"]
        meaning.append(bond.format(first=name["name"], second=words["elements"][own.secondary]["name"]))
    return ElementReading(own.primary, own.secondary, name["name"], dict(own.shares), own.clarity, " ".join(meaning))
