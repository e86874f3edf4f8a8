"""The fortune of a day: how the day's pillar meets the face's elements. The same face and day give the same words."""

from collections.abc import Mapping
from datetime import date

from gwansang.reading.elements import ELEMENTS, Elements
from gwansang.reading.model import ENERGIES, Energy, Fortune, Lucky
from gwansang.reading.pillars import DayPillar, day_pillar
from gwansang.reading.texts import elements_text, fortune_text, pick_variant
from gwansang.texts import Locale

# Steps from the day's element to the face's in the cycle of generation -> what the day is for the face.
DAY_RELATIONS = ("peer", "supported", "refining", "harvest", "expressing")
# Every relation lifts two energies by one step: no face has an unlucky day.
RELATION_ENERGIES: Mapping[str, tuple[Energy, Energy]] = {
    "peer": ("health", "social"),
    "supported": ("love", "health"),
    "refining": ("wealth", "social"),
    "harvest": ("wealth", "love"),
    "expressing": ("love", "social"),
}
# Steps from the face's element to the one that helps it on such a day.
_HELPER = {"peer": 1, "supported": 0, "refining": -1, "harvest": 1, "expressing": -1}
_BRANCH_WEIGHT = 0.5
# 하도 numbers, 오방색 and the waking double hour of each element.
_NUMBERS = {"wood": (3, 8), "fire": (2, 7), "earth": (5, 10), "metal": (4, 9), "water": (1, 6)}
_COLORS = {"wood": "#2E8B72", "fire": "#D9483B", "earth": "#D8A531", "metal": "#F3F1EA", "water": "#1F2A44"}
_HOURS = {"wood": "05-07", "fire": "09-13", "earth": "07-09", "metal": "15-19", "water": "21-01"}


def day_relation(day_element: str, own_element: str) -> str:
    """What a day of one element is for a face of another (비화, 생아, 극아, 아극, 아생)."""
    return DAY_RELATIONS[(ELEMENTS.index(own_element) - ELEMENTS.index(day_element)) % len(ELEMENTS)]


def energy_shift(pillar: DayPillar, shares: Mapping[str, float]) -> dict[Energy, float]:
    """By how many steps a day lifts each energy; over all shares of the face, and always 2 in sum."""
    shift: dict[Energy, float] = dict.fromkeys(ENERGIES, 0.0)
    for day_element, weight in ((pillar.stem_element, 1.0), (pillar.branch_element, _BRANCH_WEIGHT)):
        for own, share in shares.items():
            for energy in RELATION_ENERGIES[day_relation(day_element, own)]:
                shift[energy] += weight * share / (1.0 + _BRANCH_WEIGHT)
    return shift


def daily_fortune(own: Elements, face_key: str, day: date, locale: Locale) -> Fortune:
    """The fortune of `day` for a face; `face_key` names the face coarsely and decides between equal sentences."""
    pillar = day_pillar(day)
    kind = day_relation(pillar.stem_element, own.primary)
    shift = energy_shift(pillar, own.shares)
    words = fortune_text(locale)["relations"][kind]
    return Fortune(
        date=day,
        day_pillar=pillar.hanja,
        day_pillar_name=pillar.sound,
        relation=kind,
        relation_name=words["name"],
        reason=_reason(words["reason"], pillar, own.primary, locale),
        text=_text(pillar, kind, shift, (face_key, day.isoformat()), locale),
        energy_shift=shift,
        lucky=_lucky(ELEMENTS[(ELEMENTS.index(own.primary) + _HELPER[kind]) % len(ELEMENTS)], locale),
    )


def _text(pillar: DayPillar, kind: str, shift: Mapping[Energy, float], seed: tuple[str, str], locale: Locale) -> str:
    # Polarity and branch both change from one day to the next, and no two of their lists share a sentence: each
    # sentence differs from yesterday's by construction.
    words = fortune_text(locale)
    openings = words["relations"][kind]["yang" if pillar.yang else "yin"]
    focus = words["focus_yang" if pillar.yang else "focus_yin"][max(ENERGIES, key=shift.__getitem__)]
    return " ".join(
        (
            pick_variant(openings, *seed, "opening"),
            pick_variant(words["branches"][pillar.branch], *seed, "branch"),
            pick_variant(focus, *seed, "focus"),
        )
    )


def _reason(template: str, pillar: DayPillar, own: str, locale: Locale) -> str:
    names = elements_text(locale)["elements"]
    day_words, own_words = names[pillar.stem_element], names[own]
    return template.format(
        pillar=fortune_text(locale)["pillar"].format(hanja=pillar.hanja, sound=pillar.sound),
        day=day_words["name"],
        day_subject=day_words["subject"],
        day_object=day_words["object"],
        own=own_words["name"],
        own_subject=own_words["subject"],
        own_object=own_words["object"],
    )


def _lucky(element: str, locale: Locale) -> Lucky:
    words = elements_text(locale)["elements"][element]
    return Lucky(
        element=element,
        color=words["color"],
        color_hex=_COLORS[element],
        direction=words["direction"],
        numbers=_NUMBERS[element],
        hours=_HOURS[element],
    )
