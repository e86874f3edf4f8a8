"""The texts of a reading by language, as typed data."""

import hashlib
from collections.abc import Sequence
from typing import TypedDict

from gwansang.texts import Locale, load

CONTENT_VERSION = "2026.2"


class ShapeText(TypedDict):
    name: str
    readings: list[str]
    tip: str


class PartText(TypedDict):
    name: str
    covered: str
    classes: dict[str, ShapeText]


class ShapesText(TypedDict):
    mixed: list[str]  # {second}, {percent}
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
    pure: str
    feeding: str  # {first}, {second}
    shaping: str  # {first}, {second}


class ZoneText(TypedDict):
    name: str
    years: str
    high: str
    middle: str
    low: str
    covered: str


class PalaceText(TypedDict):
    name: str
    place: str
    high: str
    middle: str
    low: str
    covered: str


class UnmeasuredText(TypedDict):
    name: str
    place: str
    only: str


class PlaceText(TypedDict):
    name: str
    text: str


class PlacesText(TypedDict):
    zones: dict[str, ZoneText]
    palaces: dict[str, PalaceText]
    unmeasured: dict[str, UnmeasuredText]
    age: str  # {age}, {position}, {hanja}, {text}
    age_shape: str  # {part}, {shape}
    age_covered: str
    ages: dict[str, PlaceText]
    positions: dict[str, str]  # by the hanja of the position


class RelationText(TypedDict):
    name: str
    reason: str  # {pillar}, {day_subject}, {day_object}, {own_subject}, {own_object}
    yang: list[str]
    yin: list[str]


class FortuneText(TypedDict):
    pillar: str  # {hanja}, {sound}
    relations: dict[str, RelationText]
    branches: dict[str, list[str]]
    focus_yang: dict[str, list[str]]
    focus_yin: dict[str, list[str]]
    disclaimer: str


class ArchetypeText(TypedDict):
    name: str
    subject: str
    meaning: str
    parts: dict[str, str]


class FigureText(TypedDict):
    name: str
    text: str


class ArchetypesText(TypedDict):
    note: str
    summary: str  # {first}, {first_share}, {second}, {second_share}
    covered: str
    archetypes: dict[str, ArchetypeText]
    figures: dict[str, FigureText]


def shapes_text(locale: Locale) -> ShapesText:
    return load("shapes", locale, ShapesText)


def elements_text(locale: Locale) -> ElementsText:
    return load("elements", locale, ElementsText)


def places_text(locale: Locale) -> PlacesText:
    return load("places", locale, PlacesText)


def fortune_text(locale: Locale) -> FortuneText:
    return load("fortune", locale, FortuneText)


def archetypes_text(locale: Locale) -> ArchetypesText:
    return load("archetypes", locale, ArchetypesText)


def measures_text(locale: Locale) -> dict[str, str]:
    """Return the labels of the measures by their public names."""
    return load("measures", locale, dict[str, str])


def pick_variant(variants: Sequence[str], *seed: str) -> str:
    """Return one of the variants, always the same for the same seed and content version."""
    digest = hashlib.sha256("\x1f".join((*seed, CONTENT_VERSION)).encode()).digest()
    return variants[int.from_bytes(digest[:8]) % len(variants)]
