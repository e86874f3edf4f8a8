"""The day's pillar and the fortune of a day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwansang.reading.elements import ELEMENTS, Elements
from gwansang.reading.fortune import DAY_RELATIONS, RELATION_ENERGIES, daily_fortune, day_relation, energy_shift
from gwansang.reading.model import ENERGIES
from gwansang.reading.pillars import day_pillar
from gwansang.texts import LOCALES, Locale
from tests.support.content_policy import is_framed, violations
from tests.test_reading.days import A_DAY

TEN_YEARS = [date(2026, 1, 1) + timedelta(days=n) for n in range(3653)]


def a_face(primary: str = "wood", share: float = 0.46) -> Elements:
    rest = (1 - share) / 4
    return Elements(primary, None, {name: share if name == primary else rest for name in ELEMENTS}, 0.5)


@pytest.mark.parametrize(
    ("day", "pillar"),
    [
        (date(1912, 2, 18), "甲子"),
        (date(1949, 10, 1), "甲子"),
        (date(1984, 2, 2), "丙寅"),
        (date(2000, 1, 1), "戊午"),
        (date(2020, 12, 18), "乙未"),
        (date(2024, 1, 1), "甲子"),
        (date(2025, 3, 22), "庚寅"),
        (date(2025, 4, 14), "癸丑"),
        (date(2026, 11, 23), "辛丑"),
    ],
)
def test_known_days_have_their_known_pillars(day: date, pillar: str) -> None:
    assert day_pillar(day).hanja == pillar


@given(st.dates(date(1600, 1, 1), date(2400, 1, 1)))
def test_the_pillar_repeats_every_sixty_days(day: date) -> None:
    coming = [day_pillar(day + timedelta(days=n)).hanja for n in range(1, 61)]
    assert coming.index(day_pillar(day).hanja) == 59


def test_the_five_relations_follow_the_cycle_of_generation() -> None:
    found = [day_relation(day, "wood") for day in ("wood", "water", "metal", "earth", "fire")]
    assert found == ["peer", "supported", "refining", "harvest", "expressing"]


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.sampled_from(ELEMENTS), st.floats(0.2, 1.0))
def test_every_day_raises_the_energies_by_two_steps_in_all(day: date, primary: str, share: float) -> None:
    shift = energy_shift(day_pillar(day), a_face(primary, share).shares)
    assert min(shift.values()) >= 0
    assert sum(shift.values()) == pytest.approx(2.0)


def test_a_small_change_between_two_elements_changes_the_energies_little() -> None:
    shares = dict.fromkeys(ELEMENTS, 0.2)
    a, b = ({**shares, "wood": 0.2 + d, "fire": 0.2 - d} for d in (1e-6, -1e-6))
    shifts = energy_shift(day_pillar(A_DAY), a), energy_shift(day_pillar(A_DAY), b)
    assert shifts[0] == pytest.approx(shifts[1], abs=1e-4)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("primary", ELEMENTS)
def test_every_sentence_differs_from_the_day_before_for_ten_years(locale: Locale, primary: str) -> None:
    before: set[str] = set()
    for day in TEN_YEARS:
        text = daily_fortune(a_face(primary), "wood/oval/even", day, locale).text
        sentences = {sentence.strip() for sentence in text.split(".") if sentence.strip()}
        assert len(sentences) >= 3
        assert not sentences & before, (day, sentences & before)
        before = sentences


def test_a_year_has_hundreds_of_different_fortunes() -> None:
    texts = {daily_fortune(a_face(), "wood/oval/even", day, "ko").text for day in TEN_YEARS[:365]}
    assert len(texts) >= 300


def test_the_same_face_and_day_give_the_same_fortune() -> None:
    first, again = (daily_fortune(a_face(), "wood/oval/even", A_DAY, "ko") for _ in range(2))
    others = {daily_fortune(a_face(), f"wood/{shape}/even", A_DAY, "ko").text for shape in ("round", "oblong", "heart")}
    assert first == again
    assert others - {first.text}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("primary", ELEMENTS)
def test_every_reason_names_both_elements_and_is_framed(locale: Locale, primary: str) -> None:
    for day in TEN_YEARS[:60]:
        fortune = daily_fortune(a_face(primary), "wood/oval/even", day, locale)
        assert fortune.day_pillar in fortune.reason
        assert "{" not in fortune.reason
        assert is_framed(fortune.reason, locale)
        assert violations(fortune.reason + fortune.text) == ()
        assert fortune.lucky.element in ELEMENTS
        assert fortune.lucky.color_hex.startswith("#")


def test_the_example_day_refines_a_wood_face_and_its_lucky_element_is_water() -> None:
    fortune = daily_fortune(a_face("wood"), "wood/oval/even", A_DAY, "ko")
    assert fortune.relation == "refining"
    assert fortune.reason == "오늘은 辛丑(신축)일, 금(金)이 나의 목(木)을 다듬는 날로 봅니다."
    assert (fortune.lucky.element, fortune.lucky.numbers, fortune.lucky.hours) == ("water", (1, 6), "21-01")


def test_all_relations_raise_the_energies_equally_in_sum() -> None:
    assert set(RELATION_ENERGIES) == set(DAY_RELATIONS)
    assert all(len(set(lifted)) == 2 and set(lifted) <= set(ENERGIES) for lifted in RELATION_ENERGIES.values())
