"""The day's pillar and the fortune of a day."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwansang.reading.elements import ELEMENTS, Elements
from gwansang.reading.fortune import DAY_RELATIONS, RELATION_ENERGIES, daily_fortune, day_relation, energy_shift
from gwansang.reading.model import ENERGIES
from gwansang.reading.pillars import day_pillar
from gwansang.reading.solar_terms import TERMS, solar_term
from gwansang.reading.texts import fortune_text
from gwansang.reading.variety import split_sentences
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
        sentences = set(split_sentences(text))
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


def test_the_example_day_refines_a_wood_face() -> None:
    fortune = daily_fortune(a_face("wood"), "wood/oval/even", A_DAY, "ko")
    assert fortune.relation == "refining"
    assert fortune.reason == "오늘은 辛丑(신축)일입니다. 쇠(金)가 나의 나무(木)를 다듬는 날로 봅니다."
    assert (fortune.lucky.element, fortune.lucky.numbers, fortune.lucky.hours) == ("metal", (4, 9), "15-19")
    assert fortune.lucky.hours_name == "신시·유시(申·酉)"


@pytest.mark.parametrize("primary", ELEMENTS)
def test_all_five_lucky_colours_come_within_any_week(primary: str) -> None:
    colours = [daily_fortune(a_face(primary), "key", day, "ko").lucky.color_hex for day in TEN_YEARS[:60]]
    assert all(len(set(colours[start : start + 7])) == 5 for start in range(len(colours) - 6))


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("primary", ELEMENTS)
def test_no_last_sentence_returns_within_two_weeks(locale: Locale, primary: str) -> None:
    texts = [daily_fortune(a_face(primary), "wood/oval/even", day, locale).text for day in TEN_YEARS[:730]]
    lists = fortune_text(locale)["last"].values()
    last = [next(one for told in lists for one in told if text.endswith(one)) for text in texts]
    assert all(len(set(last[start : start + 15])) == 15 for start in range(len(last) - 14))


@pytest.mark.parametrize(
    ("day", "term"),
    [
        (date(2024, 2, 3), "daehan"),
        (date(2024, 2, 4), "ipchun"),
        (date(2025, 3, 20), "chunbun"),
        (date(2026, 6, 20), "mangjong"),
        (date(2026, 6, 21), "haji"),
        (date(2026, 8, 7), "ipchu"),
        (date(2026, 11, 23), "soseol"),
        (date(2026, 12, 22), "dongji"),
        (date(2027, 1, 5), "sohan"),
    ],
)
def test_known_days_lie_in_their_known_solar_terms(day: date, term: str) -> None:
    assert solar_term(day) == term


SEASONS = {
    "spring": re.compile(r"봄|\b[Ss]pring|春"),
    "summer": re.compile(r"여름|더위|[Ss]ummer|\bheat\b|夏|暑"),
    "autumn": re.compile(r"가을|단풍|[Aa]utumn|maple|秋|紅葉"),
    "winter": re.compile(r"겨울|눈이 온|서리|[Ww]inter|\bsnow|冬|雪|霜|寒(?!露)"),
}
NAMED_BESIDE = {  # a term may look at the season that it leaves or that follows it
    "usu": {"winter"}, "gyeongchip": {"winter"}, "cheoseo": {"summer"}, "ipdong": {"autumn"}, "sanggang": {"winter"},
    "daehan": {"spring"}, "chunbun": {"spring"}, "haji": {"summer"}, "ipha": {"summer"}, "ipchu": {"autumn"},
}  # fmt: skip


@pytest.mark.parametrize("locale", LOCALES)
def test_a_fortune_names_no_season_but_that_of_its_day(locale: Locale) -> None:
    for day in TEN_YEARS[:366]:
        for primary in ELEMENTS:
            fortune = daily_fortune(a_face(primary), "wood/oval/even", day, locale)
            quarter = TERMS.index(fortune.solar_term)  # spring sets in 45 degrees before the equinox
            season = ("spring", "summer", "autumn", "winter")[((quarter + 3) % 24) // 6]
            named = {name for name, words in SEASONS.items() if words.search(fortune.text)}
            assert named <= {season, *NAMED_BESIDE.get(fortune.solar_term, set())}, (day, fortune.text)


def test_the_fortune_of_a_day_carries_the_notice() -> None:
    assert daily_fortune(a_face(), "key", A_DAY, "ko").disclaimer == fortune_text("ko")["disclaimer"]


def test_all_relations_raise_the_energies_equally_in_sum() -> None:
    assert set(RELATION_ENERGIES) == set(DAY_RELATIONS)
    assert all(len(set(lifted)) == 2 and set(lifted) <= set(ENERGIES) for lifted in RELATION_ENERGIES.values())
