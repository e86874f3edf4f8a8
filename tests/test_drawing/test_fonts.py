"""The fonts of the pictures: every character of every text has a glyph and a width."""

import json
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from tools.font_subset import DRAWN_BESIDE_TEXTS, FONTS, PACKAGE, characters_of

from gwansang.drawing.text_width import text_width
from gwansang.texts import LOCALES, Locale, load
from tests.support.photos import REPOSITORY

FAMILIES = {TTFont(path)["name"].getDebugName(1): path for path in sorted(FONTS.glob("*.otf"))}
MAX_BYTES = 2_500_000


def characters_in(path: Path) -> set[str]:
    return {chr(code) for code in TTFont(path).getBestCmap()}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_character_of_a_language_has_a_glyph_in_its_font_or_the_other(locale: Locale) -> None:
    family = load("reading_card", locale, dict[str, str])["font"]
    own, anywhere = characters_in(FAMILIES[family]), set[str]().union(*map(characters_in, FAMILIES.values()))
    wanted = characters_of([PACKAGE / "texts" / locale])
    assert sorted(wanted - anywhere) == []
    assert {letter for letter in wanted - own if not "가" <= letter <= "힣"} == set()


def test_what_a_card_draws_beside_texts_has_glyphs() -> None:
    assert sorted(characters_of(DRAWN_BESIDE_TEXTS) - set().union(*map(characters_in, FAMILIES.values()))) == []


def test_the_korean_font_has_all_syllables_that_are_in_use() -> None:
    codes = [bytes((row, cell)).decode("euc_kr") for row in range(0xB0, 0xC9) for cell in range(0xA1, 0xFF)]
    assert len(codes) == 2350
    assert set(codes) <= characters_in(FAMILIES["Noto Serif CJK KR"])


@pytest.mark.parametrize("family", FAMILIES)
def test_widths_are_those_of_the_font(family: str) -> None:
    font = TTFont(FAMILIES[family])
    unlike = {
        chr(code)
        for code, glyph in font.getBestCmap().items()
        if abs(text_width(chr(code)) * font["head"].unitsPerEm - font["hmtx"][glyph][0]) > 0.5
    }
    assert unlike == set()


def test_the_fonts_come_with_their_licence_and_are_small() -> None:
    licence = (FONTS / "OFL.txt").read_text()
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert all(TTFont(path)["name"].getDebugName(0) in licence.replace("Copyright", "©") for path in FAMILIES.values())
    assert sum(path.stat().st_size for path in FONTS.iterdir()) < MAX_BYTES
    assert "NotoSerifKR-subset.otf" in (REPOSITORY / "NOTICE").read_text()
    assert json.loads((FONTS / "widths.json").read_text())["가"] == 966
