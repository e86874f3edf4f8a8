"""The sexagenary cycle of days (干支): the pillar of a civil day, with the elements of its stem and branch."""

from dataclasses import dataclass
from datetime import date

from gwansang.reading.elements import ELEMENTS

STEMS = "甲乙丙丁戊己庚辛壬癸"
BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_STEM_SOUNDS = "갑을병정무기경신임계"
_BRANCH_SOUNDS = "자축인묘진사오미신유술해"
_BRANCH_ELEMENTS = (4, 2, 0, 0, 2, 1, 1, 2, 3, 3, 2, 4)


@dataclass(frozen=True, slots=True)
class DayPillar:
    """The pillar of a day; sound: in hangul, stem_element, branch_element: of elements.ELEMENTS, yang: polarity."""

    hanja: str
    sound: str
    branch: str
    stem_element: str
    branch_element: str
    yang: bool


def day_pillar(day: date) -> DayPillar:
    """Return the pillar of a civil day in Korea; the day changes at midnight.

    (Julian day number + 49) mod 60 counts from 甲子; in Python's ordinals that is +14.
    """
    index = (day.toordinal() + 14) % 60
    stem, branch = index % 10, index % 12
    return DayPillar(
        hanja=STEMS[stem] + BRANCHES[branch],
        sound=_STEM_SOUNDS[stem] + _BRANCH_SOUNDS[branch],
        branch=BRANCHES[branch],
        stem_element=ELEMENTS[stem // 2],
        branch_element=ELEMENTS[_BRANCH_ELEMENTS[branch]],
        yang=stem % 2 == 0,
    )
