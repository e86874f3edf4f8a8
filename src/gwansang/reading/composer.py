"""Composition of a reading: a face is decided in numbers, then described in the texts of a language."""

from collections.abc import Iterator, Mapping
from datetime import date

from gwansang.reading.ages import describe_ages
from gwansang.reading.archetypes import describe_archetypes
from gwansang.reading.covers import UNSEEN_SHAPE
from gwansang.reading.decided_face import DecidedFace, DecidedPart
from gwansang.reading.deciding import decide_face
from gwansang.reading.elements import ELEMENTS, Elements
from gwansang.reading.fortune import daily_fortune
from gwansang.reading.measurements import MEASURES_BY_KEY, Measures
from gwansang.reading.minors import may_be_minor
from gwansang.reading.model import (
    ENERGIES,
    Alternative,
    CaptureConditions,
    Classic,
    ElementReading,
    PartReading,
    Reading,
    Reason,
)
from gwansang.reading.norms import Norms
from gwansang.reading.palaces import describe_palaces
from gwansang.reading.scores import is_mostly_unseen, round_energy, shipped_weights
from gwansang.reading.shapes import DECIDED
from gwansang.reading.story import tell_story
from gwansang.reading.taxonomy import Part, ToldShape, load_taxonomy, rule_measures, told_shapes
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
from gwansang.texts import DEFAULT_LOCALE, Locale, join_sentences

PIXEL_MEASURES = frozenset({"UL", "PW", "BA", "BG"})  # points without their picture hardly tell them: decision 0001
_SMILE_SENSITIVE_PARTS = frozenset({"mouth", "lips", "philtrum"})
_UNSURE_BELOW = 0.3  # reliability of a part below which its meaning comes with a caution
_HALF_FROM = 0.35  # probability of the second shape from which it is told as nearly the half


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

    norms, previous: as of `decide_face`; birth_year: as of `tell`. Raises BirthYearOutOfRangeError.
    """
    return tell(decide_face(measures, capture, norms, previous), day, locale, birth_year)


def tell(face: DecidedFace, day: date, locale: Locale = DEFAULT_LOCALE, birth_year: int | None = None) -> Reading:
    """Return the reading of a decided face with the fortune of `day`.

    birth_year: adds the ages. Raises BirthYearOutOfRangeError.
    """
    z, told, is_minor = face.z, told_shapes(face), may_be_minor(birth_year, day)
    face_shape, zones_type = face.parts["face_shape"].shape_id, face.parts["samjeong"].shape_id
    elements = Elements(face.element, face.second_element, face.element_shares, face.element_clarity)
    key = face_key(face.element, face_shape, zones_type)
    fortune = daily_fortune(elements, key, day, locale)
    archetypes = describe_archetypes(face, z, told, locale)
    title, story = tell_story(told, z, face, [one.id for one in archetypes.callings], locale)
    texts = shapes_text(locale)["parts"]
    shape_names = {key: texts[key]["classes"][one.shape.id]["short"] for key, one in told.items()}
    energies = {energy: face.energies[energy] for energy in ENERGIES}
    return Reading(
        overall_score=face.overall_score,
        energy_scores={energy: round_energy(value) for energy, value in energies.items()},
        energy_values=energies,
        parts=tuple(
            _part(told[part.key], face, z, locale) if part.key in told else _unseen_part(part, face, locale)
            for part in load_taxonomy()
        ),
        element=_element(face, key, locale),
        zones=describe_zones(face, z, locale),
        zones_type=zones_type,
        palaces=describe_palaces(face, z, locale, ("partner",) if is_minor else ()),
        fortune=fortune,
        today_fortune=fortune.text,
        ages=() if birth_year is None else describe_ages(birth_year, day, shape_names, locale),
        locale=locale,
        engine_version=face.engine_version,
        content_version=CONTENT_VERSION,
        disclaimer=fortune_text(locale)["disclaimer"],
        archetypes=archetypes,
        title=title,
        story=story,
        topics=describe_topics(told, face, is_minor, locale),
        decided=face,
    )


def _unseen_part(part: Part, face: DecidedFace, locale: Locale) -> PartReading:
    """Return a part that can't be seen: without a shape, and with what the tradition sees there."""
    decided, texts = face.parts[part.key], shapes_text(locale)
    return PartReading(
        part=part.key,
        name=texts["parts"][part.key]["name"],
        hanja=part.hanja,
        shape_id=UNSEEN_SHAPE,
        shape=texts["covered_name"],
        meaning=texts["parts"][part.key]["covered"],
        score=decided.score,
        probability=decided.probability,
        alternative=None,
        reliability=decided.reliability,
        reasons=(),
        covered=decided.covered,
    )


def _part(told: ToldShape, face: DecidedFace, z: Mapping[str, float], locale: Locale) -> PartReading:
    key, shape = told.part.key, told.shape
    text, decided = shapes_text(locale)["parts"][key], face.parts[key]
    seen = not face.without_picture or _is_seen_without_picture(told)
    return PartReading(
        part=key,
        name=text["name"],
        hanja=told.part.hanja,
        shape_id=shape.id,
        shape=text["classes"][shape.id]["name"],
        meaning=choose_text(key, text["classes"][shape.id]["meanings"], z),
        score=decided.score,
        probability=decided.probability,
        alternative=_alternative(key, decided, locale),
        reliability=decided.reliability,
        reasons=_reasons(told, face, z, locale),
        decided=seen and decided.probability >= DECIDED,
        covered=decided.covered,
        note=join_sentences(_notes(key, decided, seen=seen, smiling=face.smiling, locale=locale)),
    )


def _is_seen_without_picture(told: ToldShape) -> bool:
    """Return whether points alone show all measures of the shape's rule; the last shape has those of the part."""
    return not PIXEL_MEASURES & (rule_measures(told.shape) or frozenset(told.part.measures))


def _alternative(key: str, part: DecidedPart, locale: Locale) -> Alternative | None:
    if part.runner_up is None:
        return None
    name = shapes_text(locale)["parts"][key]["classes"][part.runner_up]["name"]
    return Alternative(part.runner_up, name, part.runner_up_probability)


def _notes(key: str, part: DecidedPart, *, seen: bool, smiling: bool, locale: Locale) -> Iterator[str]:
    """Yield what is to be said of a part on this photo: a second shape, or what limits the photo."""
    texts = shapes_text(locale)
    if part.runner_up is not None and part.probability < DECIDED:
        second = texts["parts"][key]["classes"][part.runner_up]["short"]
        half = part.runner_up_probability >= _HALF_FROM
        yield pick_variant(texts["mixed_half" if half else "mixed"], key).format(second=second)
    if part.reliability < _UNSURE_BELOW:
        yield texts["unsure"]
    if not seen:
        yield texts["unseen"]
    elif part.covered:
        yield pick_variant(texts["partly_covered"], key)
    elif key in _SMILE_SENSITIVE_PARTS and smiling:
        yield texts["smiling"]


def _reasons(told: ToldShape, face: DecidedFace, z: Mapping[str, float], locale: Locale) -> tuple[Reason, ...]:
    """Return a reason for each seen measure of the part: those in the shape's rule first, then the most unusual."""
    deciding = rule_measures(told.shape)
    ranked = sorted(
        (key for key in told.part.measures if key not in face.unseen),
        key=lambda key: (key not in deciding, -abs(z[key])),
    )
    classics = [translate_classic(told.shape.classic, locale), *[None] * len(ranked)]
    return tuple(_reason(key, face, classic, locale) for key, classic in zip(ranked, classics, strict=False))


def _reason(key: str, face: DecidedFace, classic: Classic | None, locale: Locale) -> Reason:
    row, measure = MEASURES_BY_KEY[key], face.measures[key]
    return Reason(
        measure=row.name,
        label=measures_text(locale)[row.name],
        value=measure.value,
        unit=row.unit,
        z=measure.z,
        percentile=measure.percentile,
        error=measure.error,
        overlays=row.overlays,
        classic=classic,
    )


def _element(face: DecidedFace, key: str, locale: Locale) -> ElementReading:
    texts = elements_text(locale)
    primary = texts["elements"][face.element]
    if face.second_element is None:
        relation = pick_variant(texts["pure"], "pure", key)
    else:
        steps = abs(ELEMENTS.index(face.element) - ELEMENTS.index(face.second_element))
        template = texts["feeding"] if steps in (1, 4) else texts["shaping"]
        relation = template.format(first=primary["name"], second=texts["elements"][face.second_element]["name"])
    sentences = [primary["meaning"], relation]
    if is_mostly_unseen(shipped_weights().elements, face.unseen):
        sentences.append(texts["covered"])
    return ElementReading(
        primary=face.element,
        secondary=face.second_element,
        name=primary["name"],
        shares=face.element_shares,
        clarity=face.element_clarity,
        meaning=join_sentences(sentences),
    )
