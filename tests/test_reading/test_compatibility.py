"""The compatibility of two faces: symmetric, without a verdict, and every pair that can meet."""

import re
from dataclasses import replace
from functools import cache
from itertools import combinations, combinations_with_replacement, product

import pytest

from gwansang.reading.archetypes import archetype_definitions
from gwansang.reading.compatibility import (
    PARTS_ALIKE,
    Compatibility,
    FaceTraits,
    element_bond,
    match_faces,
    opposite_shapes,
    traits_of,
)
from gwansang.reading.composer import compose
from gwansang.reading.elements import ELEMENTS
from gwansang.reading.errors import ReadingOutdatedError
from gwansang.reading.model import ENERGIES, CaptureConditions, Reading
from gwansang.reading.taxonomy import load_taxonomy, rule_measures
from gwansang.reading.texts import compatibility_text
from gwansang.reading.variety import split_sentences
from gwansang.texts import LOCALES, Locale
from tests.support.content_policy import violations
from tests.support.contradictions import claims_of, contradictions
from tests.support.factories import IDEAL, measures_at, simulate_faces
from tests.test_reading.days import A_DAY

PEOPLE = 40
CALLINGS = [archetype.id for archetype in archetype_definitions()]
VERDICTS = re.compile(
    r"%|\d|천생연분|찰떡|최악|최고|궁합이 (?:좋|나쁘|맞)|헤어|결혼|혼인|연애|사랑|"
    r"\b(?:perfect|best|worst|match made|marr\w+|romance|soulmate\w*|break up|score)\b",
    re.IGNORECASE,
)


@cache
def people() -> tuple[Reading, ...]:
    return tuple(compose(measures_at(IDEAL, **z), IDEAL, A_DAY) for z in simulate_faces(PEOPLE, seed=21))


@cache
def traits() -> tuple[FaceTraits, ...]:
    return tuple(map(traits_of, people()))


def texts_of(match: Compatibility) -> list[str]:
    return [match.title, *(paragraph.text for paragraph in match.paragraphs), match.enjoy, match.mind]


def a_face(element: str = "wood", calling: str = "king", energy: str = "wealth", **shapes: str) -> FaceTraits:
    energies = {name: 4.0 if name == energy else 2.0 for name in ENERGIES}
    return FaceTraits(f"{element}/oval/even", element, calling, energies, shapes, dict.fromkeys(shapes, 0.9))


@pytest.mark.parametrize("locale", LOCALES)
def test_the_order_of_the_faces_changes_nothing(locale: Locale) -> None:
    for one, other in combinations(traits(), 2):
        assert match_faces(one, other, locale) == match_faces(other, one, locale)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_pair_of_elements_callings_and_energies_is_told(locale: Locale) -> None:
    kinds = list(product(ELEMENTS, CALLINGS))
    titles = set()
    for (element, calling), (with_element, with_calling) in product(kinds, repeat=2):
        match = match_faces(a_face(element, calling), a_face(with_element, with_calling), locale)
        assert len({*texts_of(match)}) == 7
        assert not any(re.search(r"[{}]|  ", text) for text in texts_of(match))
        titles.add(match.title)
    assert len(titles) >= 15 * 15
    assert max(map(len, titles)) <= 80
    for energy, with_energy in product(ENERGIES, repeat=2):
        match = match_faces(a_face(energy=energy), a_face(energy=with_energy), locale)
        assert match == match_faces(a_face(energy=with_energy), a_face(energy=energy), locale)


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_gives_a_verdict_a_number_or_a_forbidden_word(locale: Locale) -> None:
    texts = compatibility_text(locale)
    tables = [texts[name] for name in ("meetings", "elements", "callings", "energies", "to_enjoy", "to_mind")]
    told = [text for table in tables for row in table.values() for variants in row.values() for text in variants]
    told += [text for part in (texts["shared"], texts["opposite"]) for variants in part.values() for text in variants]
    told += [*texts["neither"], *texts["covered"], *(text for row in texts["pairs"].values() for text in row.values())]
    assert [text for text in told if VERDICTS.search(text) or violations(text)] == []
    assert len(told) == len(set(told))
    assert VERDICTS.search("두 분은 천생연분입니다.")
    assert VERDICTS.search("A match of 94 %.")


def test_a_match_has_four_short_paragraphs() -> None:
    for one, other in combinations(traits(), 2):
        match = match_faces(one, other, "ko")
        assert [paragraph.id for paragraph in match.paragraphs] == ["elements", "callings", "energies", "shapes"]
        assert max(len(paragraph.text) for paragraph in match.paragraphs) <= 120
        assert sum(map(len, texts_of(match))) <= 420


@pytest.mark.parametrize("locale", LOCALES)
def test_no_sentence_is_in_more_than_a_quarter_of_matches(locale: Locale) -> None:
    matches = [match_faces(one, other, locale) for one, other in combinations(traits(), 2)]
    told = [{one for text in texts_of(match) for one in split_sentences(text)} for match in matches]
    counts = {one: sum(one in sentences for sentences in told) for sentences in told for one in sentences}
    assert max(counts.values()) <= 0.25 * len(matches), max(counts, key=counts.__getitem__)
    assert len({match.title for match in matches}) >= 0.15 * len(matches)


def test_a_match_names_the_parts_that_are_alike_and_opposed_and_no_shape_of_either() -> None:
    one = a_face(eyes="tiger", nose="even", mouth="moon", forehead="compact")
    other = a_face(eyes="tiger", nose="even", mouth="boat", forehead="even")
    match = match_faces(one, other, "ko")
    assert (match.alike, match.opposed) == ("eyes", "mouth")
    names = {"호랑이", "신중한 입", "입꼬리"}
    assert [name for text in texts_of(match) for name in names if name in text] == []
    assert "눈" in match.paragraphs[-1].text
    assert "입" in match.paragraphs[-1].text


def test_faces_with_nothing_alike_or_covered_are_told_so() -> None:
    texts = compatibility_text("ko")
    plain = match_faces(a_face(eyes="tiger"), a_face(eyes="ox"), "ko")
    assert plain.paragraphs[-1].text in texts["neither"]
    hidden = match_faces(a_face(), a_face(eyes="ox"), "ko")
    assert [hidden.paragraphs[-1].text] == texts["covered"]
    assert (hidden.alike, hidden.opposed) == (None, None)


def test_a_covered_part_is_not_compared() -> None:
    capture = CaptureConditions(covered=frozenset({"eyes", "mouth"}))
    z = next(simulate_faces(1, seed=2))
    masked = traits_of(compose(measures_at(capture, **z), capture, A_DAY))
    assert not {"eyes", "mouth", "lips"} & set(masked.shapes)
    assert match_faces(masked, masked, "ko").alike not in ("eyes", "mouth", "lips")


@pytest.mark.parametrize("locale", LOCALES)
def test_a_minor_is_told_nothing_of_love(locale: Locale) -> None:
    for reading in people():
        young, adult = traits_of(reading, is_minor=True), traits_of(reading)
        loving = replace(adult, energies={**adult.energies, "love": 5.0})
        told = match_faces(young, loving, locale)
        assert not re.search(r"애정|\b[Ll]ove\b|愛情", " ".join(texts_of(told)))
        assert re.search(r"애정|\b[Ll]ove\b|愛情", " ".join(texts_of(match_faces(loving, loving, locale))))


@pytest.mark.parametrize(
    ("one", "other", "bond"),
    [
        ("wood", "wood", "same"),
        *((one, other, "feeding") for one, other in zip(ELEMENTS, (*ELEMENTS[1:], "wood"), strict=True)),
        *((one, other, "shaping") for one, other in zip(ELEMENTS, (*ELEMENTS[2:], "wood", "fire"), strict=True)),
    ],
)
def test_elements_feed_the_next_and_shape_the_one_after(one: str, other: str, bond: str) -> None:
    assert element_bond(one, other) == element_bond(other, one) == bond
    cycle = {
        "feeding": r"살립니다|기릅니다|데웁니다|품습니다|맺힙니다|살리는",
        "shaping": r"다듬|이기|달굽|마주|길을 잡|견주|된다고",
    }
    if bond != "same":
        first, second = sorted((one, other), key=ELEMENTS.index)
        for text in compatibility_text("ko")["elements"][first][second]:
            assert re.search(cycle[bond], text), text


def test_opposite_shapes_ask_for_opposite_sides_of_a_measure() -> None:
    rules = {part.key: {shape.id: shape for shape in part.classes} for part in load_taxonomy()}
    for part, pairs in opposite_shapes().items():
        for pair in pairs:
            one, other = (rules[part][shape] for shape in sorted(pair))
            assert any(
                _sides(one.rule, key) & {-side for side in _sides(other.rule, key)} for key in rule_measures(one)
            )


def _sides(rule: str, key: str) -> set[int]:
    """Return the sides of the middle that a rule asks a measure to lie on: -1 below, 1 above."""
    found = re.findall(rf"(?<![A-Z|]){key} (<|>)", rule)
    return {1 if sign == ">" else -1 for sign in found}


@pytest.mark.parametrize("locale", LOCALES)
def test_texts_of_parts_are_complete_and_do_not_contradict(locale: Locale) -> None:
    texts = compatibility_text(locale)
    assert set(texts["shared"]) == set(PARTS_ALIKE)
    assert set(texts["opposite"]) == set(opposite_shapes())
    for alike, opposed in product(texts["shared"].values(), texts["opposite"].values()):
        for pair in product(alike, opposed):
            assert list(contradictions(claims_of(pair, locale))) == []


def test_a_reading_without_callings_is_refused() -> None:
    with pytest.raises(ReadingOutdatedError):
        traits_of(replace(people()[0], archetypes=None))


def test_every_table_has_every_pair_once() -> None:
    for locale in LOCALES:
        texts = compatibility_text(locale)
        for keys, tables in (
            (ELEMENTS, (texts["meetings"], texts["elements"], texts["to_enjoy"])),
            (CALLINGS, (texts["callings"], texts["to_mind"])),
            (ENERGIES, (texts["energies"],)),
        ):
            for table in tables:
                pairs = [(one, other) for one, row in table.items() for other in row]
                assert pairs == list(combinations_with_replacement(keys, 2))
                assert {len(variants) for row in table.values() for variants in row.values()} == {2}
