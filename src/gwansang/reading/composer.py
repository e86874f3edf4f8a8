"""Composition of a reading: standard scores of the measures, then shapes, scores and texts."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from gwansang.reading.ages import describe_ages
from gwansang.reading.archetypes import describe_archetypes
from gwansang.reading.covers import UNSEEN_SHAPE, hiding_regions, is_told
from gwansang.reading.elements import ELEMENT_LABEL, ELEMENTS, Elements, classify_elements
from gwansang.reading.fortune import daily_fortune
from gwansang.reading.measurements import MEASURES_BY_KEY, Measures
from gwansang.reading.minors import may_be_minor
from gwansang.reading.model import Alternative, CaptureConditions, Classic, ElementReading, PartReading, Reading, Reason
from gwansang.reading.norms import Norms, StandardScores, default_norms, standardize
from gwansang.reading.palaces import describe_palaces
from gwansang.reading.scores import PART_MIDDLE, FaceScores, is_mostly_unseen, round_energy, score_face, shipped_weights
from gwansang.reading.shapes import DECIDED, ShapeClassification, classify_measured
from gwansang.reading.story import tell_story
from gwansang.reading.taxonomy import rule_measures
from gwansang.reading.texts import (
    CONTENT_VERSION,
    elements_text,
    fortune_text,
    measures_text,
    pick_variant,
    shapes_text,
    translate_classic,
)
from gwansang.reading.topics import describe_topics
from gwansang.reading.variants import choose_text
from gwansang.reading.zones import describe_zones
from gwansang.texts import DEFAULT_LOCALE, Locale

ENGINE_VERSION = "2.0.0"
PIXEL_MEASURES = frozenset({"UL", "PW", "BA", "BG"})  # points without their picture hardly tell them: decision 0001
_SMILING_FROM = 0.5  # of a full smile
_SMILE_SENSITIVE_PARTS = frozenset({"mouth", "lips", "philtrum"})
_UNSURE_BELOW = 0.3  # reliability of a part below which its meaning comes with a caution
_HALF_FROM = 0.35  # probability of the second shape from which it is told as nearly the half


@dataclass(frozen=True, slots=True)
class _Face:
    """A measured face; covers: regions that hide something of a part, by part."""

    measures: Measures
    norms: Norms
    standard: StandardScores
    capture: CaptureConditions
    covers: Mapping[str, tuple[str, ...]]


def face_key(element: str, face_shape: str, zones_type: str) -> str:
    """Return a coarse key of a face that is stable between its photos; it sets where a face enters the fortunes."""
    return f"{element}/{face_shape}/{zones_type}"


def compose(
    measures: Measures,
    capture: CaptureConditions,
    day: date,
    locale: Locale = DEFAULT_LOCALE,
    birth_year: int | None = None,
    norms: Norms | None = None,
    previous: Mapping[str, str] | None = None,
) -> Reading:
    """Return the reading of a face with the fortune of `day`.

    birth_year: adds the ages; norms: default to the shipped ones; previous: the shape labels of an earlier reading of
    the face (memory.shape_labels), which are kept while they are probable enough. Raises BirthYearOutOfRangeError.
    """
    norms, previous = norms or default_norms(), previous or {}
    standard = standardize(measures, norms)
    shapes = classify_measured(standard.z, standard.noise, previous)
    scores = score_face(standard.z, standard.noise, shapes, norms.scales)
    elements = classify_elements(standard.z, previous.get(ELEMENT_LABEL), norms.scales)
    covers = {
        key: hiding_regions(shape.part.measures, standard.unseen, capture.covered) for key, shape in shapes.items()
    }
    told = {key: shape for key, shape in shapes.items() if is_told(key, covers[key])}
    face_shape, zones_type = (told[key].shape.id if key in told else UNSEEN_SHAPE for key in ("face_shape", "samjeong"))
    face, is_minor = _Face(measures, norms, standard, capture, covers), may_be_minor(birth_year, day)
    parts = tuple(_part(shape, face, scores, locale) for shape in shapes.values())
    key = face_key(elements.primary, face_shape, zones_type)
    fortune = daily_fortune(elements, key, day, locale)
    archetypes = describe_archetypes(measures, standard, norms, told, locale)
    title, story = tell_story(told, standard.z, elements, [one.id for one in archetypes.callings], locale)
    texts = shapes_text(locale)["parts"]
    shape_names = {key: texts[key]["classes"][shape.shape.id]["short"] for key, shape in told.items()}
    values = {key: measured.value for key, measured in measures.values.items()}
    return Reading(
        overall_score=scores.overall,
        energy_scores={energy: round_energy(value) for energy, value in scores.energy_values.items()},
        energy_values=dict(scores.energy_values),
        parts=parts,
        element=_element(elements, key, standard.unseen, locale),
        zones=describe_zones(values, standard, norms, zones_type, locale),
        zones_type=zones_type,
        palaces=describe_palaces(standard.z, locale, norms.scales, standard.unseen, ("partner",) if is_minor else ()),
        fortune=fortune,
        today_fortune=fortune.text,
        ages=() if birth_year is None else describe_ages(birth_year, day, shape_names, locale),
        locale=locale,
        engine_version=ENGINE_VERSION,
        content_version=CONTENT_VERSION,
        disclaimer=fortune_text(locale)["disclaimer"],
        archetypes=archetypes,
        title=title,
        story=story,
        topics=describe_topics(told, elements, is_minor, locale),
    )


def _untold_part(shape: ShapeClassification, face: _Face, locale: Locale) -> PartReading:
    """Return a part that can't be seen: without a shape, with the middle score, and what the tradition sees there."""
    key, texts = shape.part.key, shapes_text(locale)
    return PartReading(
        part=key,
        name=texts["parts"][key]["name"],
        hanja=shape.part.hanja,
        shape_id=UNSEEN_SHAPE,
        shape=texts["covered_name"],
        meaning=texts["parts"][key]["covered"],
        score=PART_MIDDLE,
        probability=0.0,
        alternative=None,
        reliability=0.0,
        reasons=(),
        covered=face.covers[key],
    )


def _part(shape: ShapeClassification, face: _Face, scores: FaceScores, locale: Locale) -> PartReading:
    key = shape.part.key
    if not is_told(key, face.covers[key]):
        return _untold_part(shape, face, locale)
    text = shapes_text(locale)["parts"][key]
    reliability = scores.reliability[key]
    seen = not face.capture.without_picture or _is_seen_without_picture(shape)
    return PartReading(
        part=key,
        name=text["name"],
        hanja=shape.part.hanja,
        shape_id=shape.shape.id,
        shape=text["classes"][shape.shape.id]["name"],
        meaning=choose_text(key, text["classes"][shape.shape.id]["meanings"], face.standard.z),
        score=scores.parts[key],
        probability=shape.probability,
        alternative=_alternative(shape, locale),
        reliability=reliability,
        reasons=_reasons(shape, face, locale),
        decided=seen and shape.probability >= DECIDED,
        covered=face.covers[key],
        note=" ".join(_notes(shape, reliability, seen, face, locale)),
    )


def _is_seen_without_picture(shape: ShapeClassification) -> bool:
    """Return whether points alone show all measures of the shape's rule; the last shape has those of the part."""
    return not PIXEL_MEASURES & (rule_measures(shape.shape) or frozenset(shape.part.measures))


def _alternative(shape: ShapeClassification, locale: Locale) -> Alternative | None:
    if shape.runner_up is None:
        return None
    shape_id = shape.part.classes[shape.runner_up].id
    name = shapes_text(locale)["parts"][shape.part.key]["classes"][shape_id]["name"]
    return Alternative(shape_id, name, shape.probabilities[shape.runner_up])


def _notes(shape: ShapeClassification, reliability: float, seen: bool, face: _Face, locale: Locale) -> Iterator[str]:
    """Yield what is to be said of a part on this photo: a second shape, or what limits the photo."""
    part, texts, capture = shape.part.key, shapes_text(locale), face.capture
    if shape.runner_up is not None and shape.probability < DECIDED:
        second = texts["parts"][part]["classes"][shape.part.classes[shape.runner_up].id]["short"]
        half = shape.probabilities[shape.runner_up] >= _HALF_FROM
        yield pick_variant(texts["mixed_half" if half else "mixed"], part).format(second=second)
    if reliability < _UNSURE_BELOW:
        yield texts["unsure"]
    if not seen:
        yield texts["unseen"]
    elif face.covers[part]:
        yield pick_variant(texts["partly_covered"], part)
    elif part in _SMILE_SENSITIVE_PARTS and capture.smile >= _SMILING_FROM and "mouth" not in capture.covered:
        yield texts["smiling"]


def _reasons(shape: ShapeClassification, face: _Face, locale: Locale) -> tuple[Reason, ...]:
    """Return a reason for each seen measure of the part: those in the shape's rule first, then the most unusual."""
    deciding, seen = rule_measures(shape.shape), set(shape.part.measures) - face.standard.unseen
    ranked = sorted(
        (key for key in shape.part.measures if key in seen),
        key=lambda key: (key not in deciding, -abs(face.standard.z[key])),
    )
    classics = [translate_classic(shape.shape.classic, locale), *[None] * len(ranked)]
    return tuple(_reason(key, face, classic, locale) for key, classic in zip(ranked, classics, strict=False))


def _reason(key: str, face: _Face, classic: Classic | None, locale: Locale) -> Reason:
    row, measured = MEASURES_BY_KEY[key], face.measures.values[key]
    return Reason(
        measure=row.name,
        label=measures_text(locale)[row.name],
        value=measured.value,
        unit=row.unit,
        z=face.standard.z[key],
        percentile=face.norms.percentile(key, measured.value),
        error=measured.error,
        overlays=row.overlays,
        classic=classic,
    )


def _element(elements: Elements, key: str, unseen: Collection[str], locale: Locale) -> ElementReading:
    texts = elements_text(locale)
    primary = texts["elements"][elements.primary]
    if elements.secondary is None:
        relation = pick_variant(texts["pure"], "pure", key)
    else:
        steps = abs(ELEMENTS.index(elements.primary) - ELEMENTS.index(elements.secondary))
        template = texts["feeding"] if steps in (1, 4) else texts["shaping"]
        relation = template.format(first=primary["name"], second=texts["elements"][elements.secondary]["name"])
    sentences = [primary["meaning"], relation]
    if is_mostly_unseen(shipped_weights().elements, unseen):
        sentences.append(texts["covered"])
    return ElementReading(
        primary=elements.primary,
        secondary=elements.secondary,
        name=primary["name"],
        shares=dict(elements.shares),
        clarity=elements.clarity,
        meaning=" ".join(sentences),
    )
