"""The positions of the years of life on the face (流年運氣)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from gwansang.reading.errors import BirthYearOutOfRangeError
from gwansang.reading.knowledge import load_records
from gwansang.reading.model import AgePosition
from gwansang.reading.texts import ages_text, shapes_text
from gwansang.texts import Locale, join_sentences

MAX_AGE = 130
_NEIGHBOUR_YEARS = 2  # shown before and after this year
# Part of the reading for each place of a position; the ears are not in the mesh.
_PART_OF_PLACE = {
    "forehead": "forehead",
    "temple": "forehead",
    "glabella": "glabella",
    "brow": "eyebrows",
    "eye": "eyes",
    "nose": "nose",
    "cheekbone": "cheekbones",
    "philtrum": "philtrum",
    "around_mouth": "mouth",
    "smile_line": "cheekbones",
    "cheek": "jaw",
    "mouth": "mouth",
    "chin": "jaw",
    "outline": "face_shape",
}


@dataclass(frozen=True, slots=True)
class _Position:
    age: int
    hanja: str
    place: str
    side: str
    vertices: tuple[int, ...]
    geometry: str


@cache
def _positions() -> tuple[_Position, ...]:
    return load_records("yunyeon", "positions", _Position)


def describe_ages(birth_year: int, day: date, shapes: Mapping[str, str], locale: Locale) -> tuple[AgePosition, ...]:
    """Return the position of this year and of the two years before and after it.

    Ages are counted as the tradition counts, beside the international age reached that year; a position on two sides
    has the vertices of both. shapes: names of the shapes by part, without covered parts. Raises
    BirthYearOutOfRangeError.
    """
    counted = day.year - birth_year + 1
    if not 1 <= counted <= MAX_AGE:
        raise BirthYearOutOfRangeError("The birth year must lie within a lifetime before today.", birth_year=birth_year)
    years = range(max(1, counted - _NEIGHBOUR_YEARS), counted + _NEIGHBOUR_YEARS + 1)
    return tuple(_describe(age, age == counted, shapes, locale) for age in years)


def _describe(age: int, current: bool, shapes: Mapping[str, str], locale: Locale) -> AgePosition:
    positions, texts = _positions(), ages_text(locale)
    position = positions[(age - 1) % len(positions)]  # after 99 the positions begin anew
    year, name = texts["years"][str(position.age)], texts["positions"][position.hanja]
    template = texts["now" if current else "other"]
    told = template.format(age=age, place=year["place"], position=name, hanja=position.hanja, text=year["text"])
    return AgePosition(
        counted_age=age,
        international_age=age - 1,
        position=name,
        hanja=position.hanja,
        place=year["place"],
        vertices=position.vertices,
        meaning=join_sentences((told, *_measured(position, shapes, locale))) if current else told,
        current=current,
        side=position.side,
    )


def _measured(position: _Position, shapes: Mapping[str, str], locale: Locale) -> Iterator[str]:
    """Yield what was measured at a position, or that it is covered; nothing for the ears."""
    part, texts = _PART_OF_PLACE.get(position.place), ages_text(locale)
    if part is not None and part in shapes:
        yield texts["shape"].format(part=shapes_text(locale)["parts"][part]["name"], shape=shapes[part])
    elif part is not None:
        yield texts["covered"]
