"""The card of a match to share: its texts, and markup that can't get into it."""

import re
from xml.etree import ElementTree as ET

import pytest

from gwansang.api.v1.cards.match_card import Lookalike, match_card
from gwansang.drawing import svg
from gwansang.drawing.line_breaking import wrap_text
from gwansang.drawing.text_width import text_width
from gwansang.reading.lookalike import REGIONS, Region
from gwansang.texts import LOCALES, Locale, load
from tests.support.content_policy import violations

TEXTS = {locale: load("match_card", locale, dict[str, str]) for locale in LOCALES}
SVG = "{http://www.w3.org/2000/svg}"
MATCHES = [
    Lookalike(name, 97 - 3 * rank, f"100명 중 {3 + 3 * rank}명쯤")
    for rank, name in enumerate(("한지우", "서도윤", "이하늘", "정새벽", "문가람"))
]
NEAREST: dict[Region, Lookalike] = {
    region: Lookalike(name, 90) for region, name in zip(REGIONS, ("가을", "나래", "다온", "라온", "마루"), strict=True)
}


RARITY = "이만큼 닮은 사람은 다른 100명 가운데 3명쯤이에요."


def drawn(
    matches: list[Lookalike] | None = None, nearest: dict[Region, Lookalike] | None = None, locale: Locale = "ko"
) -> ET.Element:
    people, regions = (MATCHES if matches is None else matches), (NEAREST if nearest is None else nearest)
    card = match_card(people, regions, RARITY, "12", locale)
    return ET.fromstring(card)  # noqa: S314 - our own


def lines(card: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in card.iter(f"{SVG}text")]


@pytest.mark.parametrize("locale", LOCALES)
def test_a_card_shows_names_rarities_and_the_gallery_version(locale: Locale) -> None:
    found = lines(drawn(locale=locale))
    assert {match.name for match in MATCHES} | {match.name for match in NEAREST.values()} <= set(found)
    assert {TEXTS[locale][region] for region in REGIONS} <= set(found)
    assert {RARITY, *(match.rarity for match in MATCHES[1:])} <= set(found)
    assert [line for line in found if line.isdigit() or "%" in line] == []  # no number without what it counts
    assert any(line.endswith(" 12") for line in found)
    assert drawn(locale=locale).findtext(f"{SVG}title") == TEXTS[locale]["title"]
    assert "한지우" in (drawn(locale=locale).findtext(f"{SVG}desc") or "")


@pytest.mark.parametrize(
    "name",
    [
        '<img src=x onerror="alert(1)">',
        "</text><script>alert(1)</script>",
        '" onload="alert(1)',
        "]]><a href='javascript:alert(1)'>&amp;",
        "&xxe; <!ENTITY xxe SYSTEM 'file:///etc/passwd'>",
        "{name.__class__}",
    ],
)
def test_markup_in_a_name_stays_text(name: str) -> None:
    card = drawn([Lookalike(name, 90)], {"eyes": Lookalike(name, 90)})
    plain = drawn([Lookalike("x", 90)], {"eyes": Lookalike("x", 90)})
    assert [node.tag for node in card.iter()] == [node.tag for node in plain.iter()]
    assert {key for node in card.iter() for key in node.attrib} == {key for node in plain.iter() for key in node.attrib}
    assert name in (card.findtext(f"{SVG}desc") or "")


def test_bidi_and_control_characters_are_removed() -> None:
    name = "한\u202e지\x00우\ud800 \u2066\n\t김\u200b"
    found = lines(drawn([Lookalike(name, 90)], {}))
    assert "한지우 김" in found
    assert not re.search("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\x00-\x08]", "".join(found))


def test_a_card_has_no_photo_no_script_and_no_external_reference() -> None:
    card = drawn()
    assert {node.tag.removeprefix(SVG) for node in card.iter()} <= {
        *("svg", "title", "desc", "g", "rect", "circle", "path", "text")
    }
    attributes = [(key, value) for node in card.iter() for key, value in node.attrib.items()]
    assert [key for key, _ in attributes if "href" in key or key.startswith("on") or key == "style"] == []
    assert [value for _, value in attributes if "url(" in value or "data:" in value] == []


@pytest.mark.parametrize("name", ["Maximiliana Alexandra von Hohenstein-Wittgenstein", "가나다라마바사" * 8, "W" * 300])
def test_a_long_name_stays_within_the_margins(name: str) -> None:
    for text in drawn([Lookalike(name, 90)] * 5, dict.fromkeys(REGIONS, Lookalike(name, 90))).iter(f"{SVG}text"):
        width = text_width("".join(text.itertext())) * float(text.attrib["font-size"])
        x, anchor = float(text.attrib["x"]), text.attrib["text-anchor"]
        left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * width
        assert left >= 44
        assert left + width <= 1080 - 44


def test_long_names_are_shrunk_then_shortened() -> None:
    assert svg.fit_text("한지우", 40, 200) == (40, "한지우")
    size, text = svg.fit_text("한지우한지우", 40, 200)
    assert text == "한지우한지우"
    assert 24 <= size < 40
    assert svg.fit_text("한지우한지우한지우", 40, 200)[1].endswith("…")


def test_an_empty_gallery_has_a_card_too() -> None:
    assert TEXTS["ko"]["nobody"] in lines(drawn([], {}))


def test_the_same_match_has_the_same_card() -> None:
    assert match_card(MATCHES, NEAREST, RARITY, "12", "ko") == match_card(MATCHES, NEAREST, RARITY, "12", "ko")


def test_card_texts_follow_the_content_policy() -> None:
    assert [text for texts in TEXTS.values() for text in texts.values() if violations(text)] == []


def test_japanese_text_wraps_without_spaces_and_not_before_a_closing_mark() -> None:
    text = "大きく包んで軸をつくる顔を、「王の相」（おうのそう）、と呼びます。広く聞き、言葉で人をまとめるといいます。"
    for width in range(140, 400, 20):
        found = wrap_text(text, 20, width, 30)
        assert "".join(found) == text
        assert all(svg.text_width(line) * 20 <= width for line in found)
        assert not [line for line in found if line[0] in "、。）」" or line[-1] in "（「"]
    assert len(wrap_text(text, 20, 200, 3)) == 3


def test_wrapped_text_keeps_every_word_that_fits() -> None:
    text = "넓게 듣고 말로 사람을 모아 함께 가는 길을 내는 기운으로 봅니다."
    found = wrap_text(text, 20, 200, 9)
    assert " ".join(found) == text
    assert all(text_width(line) * 20 <= 200 for line in found)
    cut = wrap_text(text, 20, 200, 2)
    assert len(cut) == 2
    assert cut[-1].endswith("…")
