"""Everything a reading can say, in both languages, against the content policy."""

import re
from collections.abc import Iterator

import pytest

from gwansang.reading.archetypes import archetype_definitions, figure_definitions
from gwansang.reading.taxonomy import load_taxonomy
from gwansang.reading.texts import archetypes_text, elements_text, fortune_text, places_text, shapes_text
from gwansang.texts import LOCALES, Locale, load
from tests.support.content_policy import is_framed, violations
from tests.support.texts import leaves

FILES = ("shapes", "elements", "places", "fortune", "archetypes", "measures")
POLITE = re.compile(r"(?:니다|세요|습니다)$")


def texts_of(locale: Locale) -> Iterator[tuple[str, str]]:
    for name in FILES:
        yield from ((f"{name}{path}", text) for path, text in leaves(load(name, locale, dict[str, object])))


def readings(locale: Locale) -> Iterator[str]:
    """Every text that says what something means; names and suggestions are not among them."""
    for part in shapes_text(locale)["parts"].values():
        for shape in part["classes"].values():
            yield from shape["readings"]
    words, places = elements_text(locale), places_text(locale)
    yield from (element["meaning"] for element in words["elements"].values())
    yield from (words["pure"], words["feeding"], words["shaping"], *shapes_text(locale)["mixed"])
    for group in (*places["zones"].values(), *places["palaces"].values()):
        yield from (group["high"], group["middle"], group["low"])
    yield from (palace["only"] for palace in places["unmeasured"].values())
    yield from (age["text"] for age in places["ages"].values())
    for relation in fortune_text(locale)["relations"].values():
        yield from (relation["reason"], *relation["yang"], *relation["yin"])
    archetypes = archetypes_text(locale)
    yield archetypes["summary"]
    for archetype in archetypes["archetypes"].values():
        yield from (archetype["meaning"], *archetype["parts"].values())
    yield from (figure["text"] for figure in archetypes["figures"].values())


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_has_a_forbidden_word(locale: Locale) -> None:
    assert [(path, text, violations(text)) for path, text in texts_of(locale) if violations(text)] == []
    quotes = [shape.classic.quote for part in load_taxonomy() for shape in part.classes if shape.classic]
    assert [text for text in quotes if violations(text)] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_every_meaning_is_attributed_to_the_tradition(locale: Locale) -> None:
    assert [text for text in readings(locale) if not is_framed(text, locale)] == []


@pytest.mark.parametrize(
    "text",
    [
        "이 코는 질병을 조심해야 합니다.",
        "수명이 긴 인중입니다.",
        "당신은 머리가 똑똑합니다.",
        "올해 안에 반드시 이혼합니다.",
        "남자답게 잘생긴 턱입니다.",
        "로또 당첨으로 10억 원을 법니다.",
        "천한 상이라 흉합니다. 재앙이 옵니다.",
        "늙어 보이는 이마입니다.",
        "동양인의 눈입니다.",
        "범죄를 저지를 눈입니다.",
        "임신을 조심하는 날입니다.",
        "아내를 이기는 광대입니다.",
        "「賤而夭」",
        "剋妻之相",
        "You will be rich.",
        "You are ugly.",
        "This chin points to heart disease.",
        "A sign of high intelligence and IQ.",
        "She will divorce.",
        "Typical of Asian women.",
        "An accident or death is near.",
        "You win $1,000,000.",
        "The nose of a criminal.",
        "A lazy, vulgar face.",
    ],
)
def test_a_forbidden_sentence_is_detected(text: str) -> None:
    assert violations(text)


@pytest.mark.parametrize("text", ["당신은 지도자입니다.", "코가 커서 돈을 법니다.", "You lead others."])
def test_an_unattributed_judgement_is_detected(text: str) -> None:
    assert not is_framed(text, "ko")
    assert not is_framed(text, "en")


@pytest.mark.parametrize("locale", LOCALES)
def test_every_shape_has_texts(locale: Locale) -> None:
    parts = shapes_text(locale)["parts"]
    assert list(parts) == [part.key for part in load_taxonomy()]
    for part in load_taxonomy():
        shapes = parts[part.key]["classes"]
        assert list(shapes) == [shape.id for shape in part.classes]
        assert len({shape["name"] for shape in shapes.values()}) == len(shapes)
        for shape in shapes.values():
            assert len(set(shape["readings"])) == len(shape["readings"]) >= 2
            assert all(len(re.findall(r"\.(?: |$)", text)) >= 2 for text in shape["readings"])
            assert shape["tip"]


@pytest.mark.parametrize("locale", LOCALES)
def test_every_archetype_and_figure_has_texts(locale: Locale) -> None:
    words = archetypes_text(locale)
    assert list(words["archetypes"]) == [one.id for one in archetype_definitions()]
    for one in archetype_definitions():
        assert list(words["archetypes"][one.id]["parts"]) == list(one.shapes)
    assert list(words["figures"]) == [figure.id for figure in figure_definitions()]
    assert [text for figure in figure_definitions() for text in figure.records if violations(text)] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_no_sentence_is_repeated(locale: Locale) -> None:
    sentences = [text for path, text in texts_of(locale) if text.endswith(".") and not path.startswith("places/ages")]
    assert sorted({text for text in sentences if sentences.count(text) > 1}) == []


def test_korean_sentences_are_polite_and_english_texts_have_no_hangul() -> None:
    sentences = ((path, text) for path, text in texts_of("ko") if path != "places/age_shape")
    for path, text in sentences:
        for sentence in re.findall(r"[^.]+(?=\.(?: |$))", text):
            assert POLITE.search(sentence), (path, text)
    assert [text for _, text in texts_of("en") if re.search(r"[가-힣]", text)] == []


def test_no_korean_text_has_latin_letters() -> None:
    bare = [(path, re.sub(r"\{\w+\}", "", text)) for path, text in texts_of("ko")]
    assert [(path, text) for path, text in bare if re.search(r"[A-Za-z]", text)] == []
