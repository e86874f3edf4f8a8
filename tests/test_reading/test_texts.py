"""Everything a reading can say, in all languages, against the content policy."""

import re
from collections.abc import Iterator
from itertools import permutations, product
from pathlib import Path

import pytest

import gwansang
from gwansang.reading.archetypes import archetype_definitions, figure_definitions
from gwansang.reading.elements import ELEMENTS
from gwansang.reading.taxonomy import load_taxonomy
from gwansang.reading.texts import (
    ages_text,
    archetypes_text,
    compatibility_text,
    elements_text,
    fortune_text,
    places_text,
    shapes_text,
    story_text,
    topics_text,
    translate_classic,
)
from gwansang.reading.topics import PARTS_OF_TOPIC
from gwansang.texts import LOCALES, Locale, load
from tests.support.content_policy import is_framed, violations
from tests.support.texts import leaves

FILES = (
    "shapes",
    "topics",
    "story",
    "elements",
    "places",
    "ages",
    "fortune",
    "archetypes",
    "measures",
    "classics",
    "compatibility",
)
POLITE = re.compile(r"(?:니다|요)$")


def texts_of(locale: Locale) -> Iterator[tuple[str, str]]:
    for name in FILES:
        yield from ((f"{name}{path}", text) for path, text in leaves(load(name, locale, dict[str, object])))


def readings(locale: Locale) -> Iterator[str]:
    """Every text that says what something means; names, suggestions and second sentences are not among them."""
    for part in shapes_text(locale)["parts"].values():
        for shape in part["classes"].values():
            yield from shape["meanings"]
    for topic in topics_text(locale).values():
        yield from (told["text"] for told in topic["main"].values())
    for group in (story_text(locale)["element"], story_text(locale)["calling"]):
        yield from (text for told in group.values() for text in told.values())
    words, places = elements_text(locale), places_text(locale)
    yield from (element["meaning"] for element in words["elements"].values())
    for place in (*places["zones"].values(), *places["palaces"].values()):
        yield from (*place["high"], *place["middle"], *place["low"])
    yield from (year["text"] for year in ages_text(locale)["years"].values())
    yield from (relation["reason"] for relation in fortune_text(locale)["relations"].values())
    pairs = compatibility_text(locale)
    for table in (pairs["elements"], pairs["callings"], pairs["energies"]):
        yield from (text for row in table.values() for variants in row.values() for text in variants)
    yield from (text for part in (*pairs["shared"].values(), *pairs["opposite"].values()) for text in part)
    archetypes = archetypes_text(locale)
    for archetype in archetypes["archetypes"].values():
        yield archetype["meaning"]
        yield from (text for shapes in archetype["parts"].values() for text in shapes.values())
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
        "この鼻は病気に気をつけましょう。",
        "長寿の人中です。",
        "あなたは頭がいい人です。",
        "今年のうちに必ず離婚します。",
        "男らしいあごです。",
        "妻にまさる頬骨です。",
        "宝くじに当選して十億円をもうけます。",
        "貧しい相で、不幸が来ます。",
        "老けて見える額です。",
        "西洋人の目です。",
        "犯罪に近い目です。",
        "美人の眉です。",
    ],
)
def test_a_forbidden_sentence_is_detected(text: str) -> None:
    assert violations(text)


@pytest.mark.parametrize(
    "text", ["당신은 지도자입니다.", "코가 커서 돈을 법니다.", "You lead others.", "鼻が大きく、お金をもうけます。"]
)
def test_an_unattributed_judgement_is_detected(text: str) -> None:
    assert [locale for locale in LOCALES if is_framed(text, locale)] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_every_shape_has_texts(locale: Locale) -> None:
    parts = shapes_text(locale)["parts"]
    assert list(parts) == [part.key for part in load_taxonomy()]
    for part in load_taxonomy():
        shapes = parts[part.key]["classes"]
        assert list(shapes) == [shape.id for shape in part.classes]
        assert len({shape["name"] for shape in shapes.values()}) == len(shapes)
        for shape in shapes.values():
            assert len(set(shape["meanings"])) == len(shape["meanings"])
            assert len(shape["meanings"]) in (2, 4, 8)
            assert all(len(re.findall(r"[.,”] |\.$|[。、]", text)) >= 2 for text in shape["meanings"])
            assert shape["short"]
            assert bool(shape["story"]) == (part.key != "samjeong")


@pytest.mark.parametrize("locale", LOCALES)
def test_every_topic_has_texts_for_every_shape_of_its_parts_and_every_element(locale: Locale) -> None:
    classes = {part.key: [shape.id for shape in part.classes] for part in load_taxonomy()}
    texts = topics_text(locale)
    assert list(texts) == list(PARTS_OF_TOPIC)
    for topic, (main, second) in PARTS_OF_TOPIC.items():
        assert list(texts[topic]["main"]) == classes[main]
        assert list(texts[topic]["second"]) == classes[second]
        assert list(texts[topic]["today"]) == list(ELEMENTS)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_pair_of_elements_and_of_callings_has_a_sentence_of_the_story(locale: Locale) -> None:
    texts, callings = story_text(locale), [one.id for one in archetype_definitions()]
    assert {(a, b) for a, told in texts["manner"].items() for b in told} == set(product(ELEMENTS, callings))
    assert {(a, b) for a, told in texts["element"].items() for b in told} == {
        *permutations(ELEMENTS, 2),
        *((element, "alone") for element in ELEMENTS),
    }
    assert {(a, b) for a, told in texts["calling"].items() for b in told} == set(permutations(callings, 2))


@pytest.mark.parametrize("locale", LOCALES)
def test_every_year_of_life_has_a_text_of_its_own(locale: Locale) -> None:
    years = ages_text(locale)["years"]
    assert list(years) == [str(age) for age in range(1, 100)]
    assert len({year["text"] for year in years.values()}) == 99


@pytest.mark.parametrize("locale", LOCALES)
def test_every_quotation_has_its_sound_its_meaning_and_its_book(locale: Locale) -> None:
    quotations = {shape.classic for part in load_taxonomy() for shape in part.classes if shape.classic}
    told = [translate_classic(quotation, locale) for quotation in quotations]
    assert all(one is not None and one.sound and one.meaning and one.book for one in told)
    assert sum(bool(one and one.chapter) for one in told) >= 18  # the others were not found in a text with chapters


@pytest.mark.parametrize("locale", LOCALES)
def test_every_archetype_and_figure_has_texts(locale: Locale) -> None:
    words = archetypes_text(locale)
    assert list(words["archetypes"]) == [one.id for one in archetype_definitions()]
    for one in archetype_definitions():
        parts = words["archetypes"][one.id]["parts"]
        assert {part: set(shapes) for part, shapes in parts.items()} == {
            part: set(shapes) for part, shapes in one.shapes.items()
        }
    assert list(words["figures"]) == [figure.id for figure in figure_definitions()]
    assert [text for figure in figure_definitions() for text in figure.records if violations(text)] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_no_sentence_is_repeated(locale: Locale) -> None:
    sentences = [text for _, text in texts_of(locale) if text.endswith((".", "。"))]
    assert sorted({text for text in sentences if sentences.count(text) > 1}) == []


def test_korean_sentences_are_polite_and_english_texts_have_no_hangul() -> None:
    for path, text in texts_of("ko"):
        for sentence in re.findall(r"[^.]+(?=\.(?: |$))", text):
            assert POLITE.search(sentence), (path, text)
    assert [text for locale in ("en", "ja") for _, text in texts_of(locale) if re.search(r"[가-힣]", text)] == []


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in (Path(gwansang.__file__).parent / "texts/ja").glob("*.json"))
)
def test_japanese_texts_have_full_width_marks_and_no_spaces_between_sentences(name: str) -> None:
    texts = [text for _, text in leaves(load(name, "ja", dict[str, object]))]
    kana = "[ぁ-んァ-ヶー一-鿿々]"
    wrong = re.compile(rf"{kana}[.,:;!?()]|[。、] |{kana} {kana}|[‘’“”]|[가-힣]")
    assert [text for text in texts if wrong.search(re.sub(r"\.json|\n", "", text))] == []


def test_no_korean_text_has_latin_letters() -> None:
    bare = [(path, re.sub(r"\{\w+\}", "", text)) for path, text in texts_of("ko")]
    assert [(path, text) for path, text in bare if re.search(r"[A-Za-z]", text)] == []
