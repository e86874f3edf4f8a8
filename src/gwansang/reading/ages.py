"""The positions of the years of life on the face (流年運氣)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from gwansang.reading.errors import BirthYearOutOfRangeError
from gwansang.reading.knowledge import load_records
from gwansang.reading.model import AgePosition
from gwansang.reading.texts import places_text, shapes_text
from gwansang.texts import Locale

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
    positions = _positions()
    position = positions[(age - 1) % len(positions)]  # after 99 the positions begin anew
    texts = places_text(locale)
    place, name = texts["ages"][position.place], texts["positions"][position.hanja]
    meaning = texts["age"].format(age=age, position=name, hanja=position.hanja, text=place["text"])
    part = _PART_OF_PLACE.get(position.place)
    if part is not None and part in shapes:
        part_name = shapes_text(locale)["parts"][part]["name"]
        meaning = f"{meaning} {texts['age_shape'].format(part=part_name, shape=shapes[part])}"
    elif part is not None:
        meaning = f"{meaning} {texts['age_covered']}"
    return AgePosition(
        counted_age=age,
        international_age=age - 1,
        position=name,
        hanja=position.hanja,
        place=place["name"],
        vertices=position.vertices,
        meaning=meaning,
        current=current,
    )
