"""The fortune of a day, from the relation of its pillar to the face's elements; the same face and day give one text."""

from collections.abc import Mapping
from datetime import date

from gwansang.reading.elements import ELEMENTS, Elements
from gwansang.reading.model import ENERGIES, Energy, Fortune, Lucky
from gwansang.reading.pillars import DayPillar, day_pillar
from gwansang.reading.texts import elements_text, fortune_text, pick_variant
from gwansang.texts import Locale

# Relation of the day to the face, by the steps from the day's element to the face's in the cycle of generation.
DAY_RELATIONS = ("peer", "supported", "refining", "harvest", "expressing")
# Every relation raises two energies by one step: no face has an unlucky day.
RELATION_ENERGIES: Mapping[str, tuple[Energy, Energy]] = {
    "peer": ("health", "social"),
    "supported": ("love", "health"),
    "refining": ("wealth", "social"),
    "harvest": ("wealth", "love"),
    "expressing": ("love", "social"),
}
# Steps from the face's element to the one that supports it on such a day.
_HELPER = {"peer": 1, "supported": 0, "refining": -1, "harvest": 1, "expressing": -1}
_BRANCH_WEIGHT = 0.5
# 하도 numbers, 오방색 and the waking double hour of each element.
_NUMBERS = {"wood": (3, 8), "fire": (2, 7), "earth": (5, 10), "metal": (4, 9), "water": (1, 6)}
_COLORS = {"wood": "#2E8B72", "fire": "#D9483B", "earth": "#D8A531", "metal": "#F3F1EA", "water": "#1F2A44"}
_HOURS = {"wood": "05-07", "fire": "09-13", "earth": "07-09", "metal": "15-19", "water": "21-01"}


def day_relation(day_element: str, own_element: str) -> str:
    """Return the relation of a day's element to a face's element (비화, 생아, 극아, 아극, 아생)."""
    return DAY_RELATIONS[(ELEMENTS.index(own_element) - ELEMENTS.index(day_element)) % len(ELEMENTS)]


def energy_shift(pillar: DayPillar, shares: Mapping[str, float]) -> dict[Energy, float]:
    """Return the steps by which a day raises each energy, over all shares of the face; they always sum to 2."""
    shift: dict[Energy, float] = dict.fromkeys(ENERGIES, 0.0)
    for day_element, weight in ((pillar.stem_element, 1.0), (pillar.branch_element, _BRANCH_WEIGHT)):
        for own, share in shares.items():
            for energy in RELATION_ENERGIES[day_relation(day_element, own)]:
                shift[energy] += weight * share / (1.0 + _BRANCH_WEIGHT)
    return shift


def daily_fortune(elements: Elements, face_key: str, day: date, locale: Locale) -> Fortune:
    """Return the fortune of `day`; face_key: decides between sentences of equal meaning (composer.face_key)."""
    pillar = day_pillar(day)
    relation = day_relation(pillar.stem_element, elements.primary)
    shift = energy_shift(pillar, elements.shares)
    text = fortune_text(locale)["relations"][relation]
    supporting = ELEMENTS[(ELEMENTS.index(elements.primary) + _HELPER[relation]) % len(ELEMENTS)]
    return Fortune(
        date=day,
        day_pillar=pillar.hanja,
        day_pillar_name=pillar.sound,
        relation=relation,
        relation_name=text["name"],
        reason=_reason(text["reason"], pillar, elements.primary, locale),
        text=_text(pillar, relation, shift, (face_key, day.isoformat()), locale),
        energy_shift=shift,
        lucky=_lucky(supporting, locale),
    )


def _text(
    pillar: DayPillar, relation: str, shift: Mapping[Energy, float], seed: tuple[str, str], locale: Locale
) -> str:
    # Polarity and branch both change from one day to the next, and no two of their lists share a sentence: each
    # sentence differs from yesterday's by construction.
    texts = fortune_text(locale)
    openings = texts["relations"][relation]["yang" if pillar.yang else "yin"]
    focus = texts["focus_yang" if pillar.yang else "focus_yin"][max(ENERGIES, key=shift.__getitem__)]
    return " ".join(
        (
            pick_variant(openings, *seed, "opening"),
            pick_variant(texts["branches"][pillar.branch], *seed, "branch"),
            pick_variant(focus, *seed, "focus"),
        )
    )


def _reason(template: str, pillar: DayPillar, element: str, locale: Locale) -> str:
    names = elements_text(locale)["elements"]
    day_element, own_element = names[pillar.stem_element], names[element]
    return template.format(
        pillar=fortune_text(locale)["pillar"].format(hanja=pillar.hanja, sound=pillar.sound),
        day=day_element["name"],
        day_subject=day_element["subject"],
        day_object=day_element["object"],
        own=own_element["name"],
        own_subject=own_element["subject"],
        own_object=own_element["object"],
    )


def _lucky(element: str, locale: Locale) -> Lucky:
    text = elements_text(locale)["elements"][element]
    return Lucky(
        element=element,
        color=text["color"],
        color_hex=_COLORS[element],
        direction=text["direction"],
        numbers=_NUMBERS[element],
        hours=_HOURS[element],
    )
