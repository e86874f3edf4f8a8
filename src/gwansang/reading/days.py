"""How varied fortunes are from day to day, and among people on one day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from gwansang.reading.composer import face_key
from gwansang.reading.elements import Elements
from gwansang.reading.fortune import daily_fortune
from gwansang.reading.model import Fortune, Reading
from gwansang.reading.variety import split_sentences
from gwansang.texts import Locale

_YEAR, _WEEK = 365, 7
_PEOPLE_FOLLOWED = 5


@dataclass(frozen=True, slots=True)
class Days:
    """Figures of fortunes.

    texts_in_a_year: different fortunes of a person within 365 days, on average; soonest: days after which a last
    sentence returns, at least; texts_on_a_day: different fortunes of all people on one day; colours_in_a_week: lucky
    ones in any seven days, at least.
    """

    texts_in_a_year: float
    soonest: int
    texts_on_a_day: int
    colours_in_a_week: int


def measure_days(readings: Sequence[Reading], first: date, locale: Locale) -> Days:
    """Return the figures of the fortunes of the readings' faces, for a year from `first` on."""
    days = [first + timedelta(days=number) for number in range(_YEAR)]
    people = [[fortune_of(reading, day, locale) for day in days] for reading in readings[:_PEOPLE_FOLLOWED]]
    return Days(
        texts_in_a_year=float(np.mean([len({fortune.text for fortune in year}) for year in people])),
        soonest=min(_soonest([split_sentences(fortune.text)[-1] for fortune in year]) for year in people),
        texts_on_a_day=len({fortune_of(reading, first, locale).text for reading in readings}),
        colours_in_a_week=min(
            len({fortune.lucky.color_hex for fortune in year[start : start + _WEEK]})
            for year in people
            for start in range(_YEAR - _WEEK + 1)
        ),
    )


def fortune_of(reading: Reading, day: date, locale: Locale) -> Fortune:
    """Return the fortune of any day for the face of a reading."""
    element, shape = reading.element, next(part.shape_id for part in reading.parts if part.part == "face_shape")
    elements = Elements(element.primary, element.secondary, element.shares, element.clarity)
    return daily_fortune(elements, face_key(element.primary, shape, reading.zones_type), day, locale)


def _soonest(sentences: Sequence[str]) -> int:
    """Return the least number of days after which one of the sentences returns; their number if none does."""
    last: dict[str, int] = {}
    soonest = len(sentences)
    for day, sentence in enumerate(sentences):
        soonest = min(soonest, day - last.get(sentence, day - soonest))
        last[sentence] = day
    return soonest
