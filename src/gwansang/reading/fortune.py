"""The fortune of a day, from the relation of its pillar to the face's elements; the same face and day give one text."""

from collections.abc import Mapping
from datetime import date

from gwansang.reading.elements import ELEMENTS, Elements
from gwansang.reading.model import ENERGIES, Energy, Fortune, Lucky
from gwansang.reading.pillars import BRANCHES, STEMS, DayPillar, day_pillar
from gwansang.reading.solar_terms import solar_term
from gwansang.reading.texts import FortuneText, elements_text, fortune_text, pick_number
from gwansang.texts import Locale, join_sentences

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
_BRANCH_WEIGHT = 0.5
# 하도 numbers, 오방색 and the waking double hour of each element.
_NUMBERS = {"wood": (3, 8), "fire": (2, 7), "earth": (5, 10), "metal": (4, 9), "water": (1, 6)}
_COLORS = {"wood": "#2E8B72", "fire": "#D9483B", "earth": "#D8A531", "metal": "#F3F1EA", "water": "#1F2A44"}
_CYCLE = 4 * 15 * 60 * 7  # days after which nothing that is walked repeats in step
_WEEK = 7
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
    pillar, texts = day_pillar(day), fortune_text(locale)
    relation = day_relation(pillar.stem_element, elements.primary)
    shift = energy_shift(pillar, elements.shares)
    return Fortune(
        date=day,
        day_pillar=pillar.hanja,
        day_pillar_name=_sound(pillar, texts),
        relation=relation,
        relation_name=texts["relations"][relation]["name"],
        reason=_reason(texts["relations"][relation]["reason"], pillar, elements.primary, locale),
        text=_text(pillar, relation, shift, face_key, day, locale),
        energy_shift=shift,
        lucky=_lucky(lucky_element(elements.primary, day), locale),
        solar_term=solar_term(day),
        disclaimer=texts["disclaimer"],
    )


def lucky_element(own: str, day: date) -> str:
    """Return the element of a day's lucky things: it walks the cycle of generation, all five in any five days."""
    return ELEMENTS[(ELEMENTS.index(own) + day.toordinal()) % len(ELEMENTS)]


def _text(
    pillar: DayPillar, relation: str, shift: Mapping[Energy, float], face_key: str, day: date, locale: Locale
) -> str:
    """Return an opening, a middle and a last sentence.

    Polarity and branch change every day, and no two of their lists share a sentence, so no opening or middle returns on
    the next day. Once a week the middle is of the solar term. The last sentences of an energy are walked in order, so
    one returns after as many days as there are.
    """
    texts = fortune_text(locale)
    openings = texts["relations"][relation]["yang" if pillar.yang else "yin"]
    last = texts["last"][max(ENERGIES, key=shift.__getitem__)]
    start = day.toordinal() + pick_number(_CYCLE, face_key, "start")
    middles = texts["branches"][pillar.branch] if start % _WEEK else texts["terms"][solar_term(day)]
    middle = start // (len(BRANCHES) if start % _WEEK else _WEEK)
    return join_sentences(
        (openings[start // len(STEMS) % len(openings)], middles[middle % len(middles)], last[start % len(last)])
    )


def _reason(template: str, pillar: DayPillar, element: str, locale: Locale) -> str:
    names, texts = elements_text(locale)["elements"], fortune_text(locale)
    day_element, own_element = names[pillar.stem_element], names[element]
    return template.format(
        pillar=texts["pillar"].format(hanja=pillar.hanja, sound=_sound(pillar, texts)),
        day=day_element["name"],
        day_subject=day_element["subject"],
        day_object=day_element["object"],
        own=own_element["name"],
        own_subject=own_element["subject"],
        own_object=own_element["object"],
    )


def _sound(pillar: DayPillar, texts: FortuneText) -> str:
    return texts["joint"].join(texts["sounds"][character] for character in pillar.hanja)


def _lucky(element: str, locale: Locale) -> Lucky:
    text = elements_text(locale)["elements"][element]
    return Lucky(
        element=element,
        color=text["color"],
        color_hex=_COLORS[element],
        direction=text["direction"],
        numbers=_NUMBERS[element],
        hours=_HOURS[element],
        hours_name=fortune_text(locale)["hours"][element],
    )
