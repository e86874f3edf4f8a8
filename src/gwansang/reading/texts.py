"""The texts of a reading by language, as typed data."""

import hashlib
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TypedDict

from gwansang.reading.model import Classic, TopicId
from gwansang.texts import Locale, load

CONTENT_VERSION = "2026.4"


class ShapeText(TypedDict):
    name: str
    short: str  # in a title
    story: str  # a clause of the story, empty for the three zones
    meanings: list[str]


class PartText(TypedDict):
    name: str
    covered: str
    classes: dict[str, ShapeText]


class ShapesText(TypedDict):
    mixed: list[str]  # {second}
    mixed_half: list[str]  # {second}
    unsure: str
    unseen: str
    covered_name: str
    partly_covered: list[str]
    smiling: str
    parts: dict[str, PartText]


class ElementText(TypedDict):
    name: str
    subject: str
    object: str
    meaning: str
    color: str
    direction: str


class ElementsText(TypedDict):
    elements: dict[str, ElementText]
    covered: str
    pure: list[str]
    feeding: str  # {first}, {second}
    shaping: str  # {first}, {second}


class ZoneText(TypedDict):
    name: str
    years: str
    high: list[str]
    middle: list[str]
    low: list[str]
    covered: str


class PalaceText(TypedDict):
    name: str
    place: str
    high: list[str]
    middle: list[str]
    low: list[str]
    covered: str


class UnmeasuredText(TypedDict):
    name: str
    place: str
    only: list[str]


class PlacesText(TypedDict):
    zones: dict[str, ZoneText]
    palaces: dict[str, PalaceText]
    unmeasured: dict[str, UnmeasuredText]


class YearText(TypedDict):
    place: str
    text: str


class AgesText(TypedDict):
    now: str  # {age}, {place}, {position}, {hanja}, {text}
    other: str  # the same
    shape: str  # {part}, {shape}
    covered: str
    positions: dict[str, str]  # by the hanja of the position
    years: dict[str, YearText]  # by counted age


class StrengthText(TypedDict):
    text: str
    strength: str
    caution: str


class TopicText(TypedDict):
    name: str
    covered: StrengthText
    main: dict[str, StrengthText]  # by shape of the main part
    second: dict[str, str]
    today: dict[str, str]  # by element


class StoryText(TypedDict):
    titles: list[str]  # {0}, {1}, {manner}, {calling}, with none, one and both of the clearest parts
    both: str  # {first}, {second}
    covered: str
    manner: dict[str, dict[str, str]]  # by element and calling
    element: dict[str, dict[str, str]]  # by first and second element, "alone" without one
    calling: dict[str, dict[str, str]]  # by first and second calling


class RelationText(TypedDict):
    name: str
    reason: str  # {pillar}, {day_subject}, {day_object}, {own_subject}, {own_object}
    yang: list[str]
    yin: list[str]


class FortuneText(TypedDict):
    pillar: str  # {hanja}, {sound}
    sounds: dict[str, str]  # by stem and branch
    joint: str  # between the sounds of a stem and a branch
    relations: dict[str, RelationText]
    branches: dict[str, list[str]]
    terms: dict[str, list[str]]  # by solar term
    last: dict[str, list[str]]  # by energy
    hours: dict[str, str]  # by element
    disclaimer: str


class ClassicText(TypedDict):
    sound: str
    meaning: str
    chapter: str


class ClassicsText(TypedDict):
    books: dict[str, str]  # by source
    quotes: dict[str, ClassicText]


class ArchetypeText(TypedDict):
    name: str
    title: str
    subject: str
    meaning: str
    parts: dict[str, dict[str, str]]  # by part and shape


class FigureText(TypedDict):
    name: str
    text: str


class ArchetypesText(TypedDict):
    note: str
    summary: str  # {first}, {first_share}, {second}, {second_share}
    covered: str
    unsupported: str
    archetypes: dict[str, ArchetypeText]
    figures: dict[str, FigureText]


class CompatibilityText(TypedDict):
    title: str  # {meeting}, {callings}
    note: str
    enjoy: str
    mind: str
    meetings: dict[str, dict[str, list[str]]]  # by two elements, in the order of ELEMENTS
    pairs: dict[str, dict[str, str]]  # by two callings, in the order of their definitions
    elements: dict[str, dict[str, list[str]]]
    callings: dict[str, dict[str, list[str]]]
    energies: dict[str, dict[str, list[str]]]  # by two energies, in the order of ENERGIES
    shared: dict[str, list[str]]  # by part
    opposite: dict[str, list[str]]  # by part
    neither: list[str]
    covered: list[str]
    to_enjoy: dict[str, dict[str, list[str]]]  # by two elements
    to_mind: dict[str, dict[str, list[str]]]  # by two callings


def shapes_text(locale: Locale) -> ShapesText:
    return load("shapes", locale, ShapesText)


def elements_text(locale: Locale) -> ElementsText:
    return load("elements", locale, ElementsText)


def places_text(locale: Locale) -> PlacesText:
    return load("places", locale, PlacesText)


def ages_text(locale: Locale) -> AgesText:
    return load("ages", locale, AgesText)


def topics_text(locale: Locale) -> dict[TopicId, TopicText]:
    return load("topics", locale, dict[TopicId, TopicText])


def story_text(locale: Locale) -> StoryText:
    return load("story", locale, StoryText)


@cache
def translate_classic(classic: Classic | None, locale: Locale) -> Classic | None:
    """Return a quotation with its sound, meaning, book and chapter."""
    if classic is None:
        return None
    texts = load("classics", locale, ClassicsText)
    return Classic(classic.quote, classic.source, book=texts["books"][classic.source], **texts["quotes"][classic.quote])


def fortune_text(locale: Locale) -> FortuneText:
    return load("fortune", locale, FortuneText)


def compatibility_text(locale: Locale) -> CompatibilityText:
    return load("compatibility", locale, CompatibilityText)


def archetypes_text(locale: Locale) -> ArchetypesText:
    return load("archetypes", locale, ArchetypesText)


def measures_text(locale: Locale) -> dict[str, str]:
    """Return the labels of the measures by their public names."""
    return load("measures", locale, dict[str, str])


def pick_variant(variants: Sequence[str], *seed: str) -> str:
    """Return one of the variants, always the same for the same seed and content version."""
    return variants[pick_number(len(variants), *seed)]


@lru_cache(4096)
def pick_number(count: int, *seed: str) -> int:
    """Return a number below `count`, always the same for the same seed and content version."""
    digest = hashlib.sha256("\x1f".join((*seed, CONTENT_VERSION)).encode()).digest()
    return int.from_bytes(digest[:8]) % count
