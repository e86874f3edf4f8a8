"""The words of a reading, per language. Every sentence a user can get comes from the files read here."""

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from typing import TypedDict

from gwansang.reading.model import Locale
from gwansang.reading.taxonomy import load_text

CONTENT_VERSION = "2026.1"


class ShapeText(TypedDict):
    name: str
    readings: list[str]
    tip: str


class PartText(TypedDict):
    name: str
    classes: dict[str, ShapeText]


class ShapesText(TypedDict):
    mixed: str  # {second}, {percent}
    unsure: str
    fringe: str
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
    pure: str
    feeding: str  # {first}, {second}
    shaping: str  # {first}, {second}


class ZoneText(TypedDict):
    name: str
    years: str
    high: str
    middle: str
    low: str


class PalaceText(TypedDict):
    name: str
    place: str
    high: str
    middle: str
    low: str


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
    ages: dict[str, PlaceText]


class RelationText(TypedDict):
    name: str
    reason: str  # {pillar}, {day_subject}, {day_object}, {own_subject}, {own_object}
    yang: list[str]
    yin: list[str]


class FortuneText(TypedDict):
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
    archetypes: dict[str, ArchetypeText]
    figures: dict[str, FigureText]


@cache
def shapes_text(locale: Locale) -> ShapesText:
    data: ShapesText = json.loads(load_text(f"{locale}/shapes.json"))
    return data


@cache
def elements_text(locale: Locale) -> ElementsText:
    data: ElementsText = json.loads(load_text(f"{locale}/elements.json"))
    return data


@cache
def places_text(locale: Locale) -> PlacesText:
    data: PlacesText = json.loads(load_text(f"{locale}/places.json"))
    return data


@cache
def fortune_text(locale: Locale) -> FortuneText:
    data: FortuneText = json.loads(load_text(f"{locale}/fortune.json"))
    return data


@cache
def archetypes_text(locale: Locale) -> ArchetypesText:
    data: ArchetypesText = json.loads(load_text(f"{locale}/archetypes.json"))
    return data


def pick(variants: Sequence[str], *seed: str) -> str:
    """One of the variants, always the same for the same seed and content version."""
    digest = hashlib.sha256("\x1f".join((*seed, CONTENT_VERSION)).encode()).digest()
    return variants[int.from_bytes(digest[:8]) % len(variants)]
