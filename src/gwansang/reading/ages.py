"""The walk of the years over the face (流年運氣): which place a year of life stands for."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import TypedDict

from gwansang.reading.errors import BirthYearOutOfRangeError
from gwansang.reading.knowledge import load_knowledge
from gwansang.reading.model import AgePosition
from gwansang.reading.texts import places_text, shapes_text
from gwansang.texts import Locale

MAX_AGE = 130
_STRIP = 2  # years shown before and after this one
# Which part of the reading a place of the walk belongs to; the ears are not in the mesh.
_PART = {
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


class _Position(TypedDict):
    age: int
    hanja: str
    place: str
    side: str
    vertices: list[int]
    geometry: str


class _YunyeonJson(TypedDict):
    source: str
    positions: list[_Position]


@cache
def _positions() -> tuple[_Position, ...]:
    data = load_knowledge("yunyeon", _YunyeonJson)
    return tuple(data["positions"])


def describe_ages(birth_year: int, day: date, shapes: Mapping[str, str], locale: Locale) -> tuple[AgePosition, ...]:
    """This year's place and those of two years before and after; `shapes` names the shape of each part.

    Counted ages, as the tradition counts; beside them the international age reached that year. Where a place has two
    sides, both are given. Raises BirthYearOutOfRangeError.
    """
    counted = day.year - birth_year + 1
    if not 1 <= counted <= MAX_AGE:
        raise BirthYearOutOfRangeError("The birth year must lie within a lifetime before today.", birth_year=birth_year)
    first = max(1, counted - _STRIP)
    return tuple(_position(age, age == counted, shapes, locale) for age in range(first, counted + _STRIP + 1))


def _position(age: int, current: bool, shapes: Mapping[str, str], locale: Locale) -> AgePosition:
    positions = _positions()
    row = positions[(age - 1) % len(positions)]  # after 99 the walk begins anew
    words = places_text(locale)
    place = words["ages"][row["place"]]
    name = words["positions"][row["hanja"]]
    meaning = words["age"].format(age=age, position=name, hanja=row["hanja"], text=place["text"])
    part = _PART.get(row["place"])
    if part is not None:
        part_name = shapes_text(locale)["parts"][part]["name"]
        meaning = f"{meaning} {words['age_shape'].format(part=part_name, shape=shapes[part])}"
    return AgePosition(
        counted_age=age,
        international_age=age - 1,
        position=name,
        hanja=row["hanja"],
        place=place["name"],
        vertices=tuple(row["vertices"]),
        meaning=meaning,
        current=current,
    )
