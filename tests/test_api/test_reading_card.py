"""The card of a reading: its content, in all languages."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from gwansang.api.v1.cards.reading_card import reading_card
from gwansang.drawing import svg
from gwansang.drawing.text_width import text_width
from gwansang.reading.composer import compose
from gwansang.reading.model import ENERGIES, Reading
from gwansang.texts import LOCALES, Locale, load
from tests.support.content_policy import violations
from tests.support.factories import IDEAL, measures_at
from tests.test_reading.days import A_DAY

SVG = "{http://www.w3.org/2000/svg}"
TEXTS = {locale: load("reading_card", locale, dict[str, str]) for locale in LOCALES}


def a_reading(locale: Locale = "ko", **z: float) -> Reading:
    return compose(measures_at(**z), IDEAL, A_DAY, locale, 1990)


def drawn(reading: Reading) -> ET.Element:
    return ET.fromstring(reading_card(reading))  # noqa: S314 - our own


def lines(card: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in card.iter(f"{SVG}text")]


@pytest.mark.parametrize("locale", LOCALES)
def test_a_card_shows_archetypes_element_energies_and_figures(locale: Locale) -> None:
    reading = a_reading(locale, MC=1.5, BE=1.5, BG=1.5)
    assert reading.archetypes is not None
    texts, text = lines(drawn(reading)), " ".join(lines(drawn(reading)))
    assert reading.archetypes.callings[0].name in texts
    assert reading.archetypes.callings[0].meaning.replace(" ", "") in text.replace(" ", "")
    assert {f"{calling.share}%" for calling in reading.archetypes.callings} <= set(texts)
    assert {figure.name for figure in reading.archetypes.figures} <= set(texts)
    assert {f"{figure.hanja} · {figure.years}" for figure in reading.archetypes.figures} <= set(texts)
    assert text.count("%") == len(reading.archetypes.callings)  # none on the figures, for whom nothing is measured
    assert str(reading.overall_score) in text
    assert reading.element.name in text
    filled = [
        element
        for element in drawn(reading).iter(f"{SVG}circle")
        if element.get("fill") == svg.RED and element.get("r") == "11"
    ]
    assert len(filled) == sum(reading.energy_scores[energy] for energy in ENERGIES)


def test_a_card_has_nothing_that_identifies_a_person() -> None:
    reading = a_reading(FL=1.2345)
    text = reading_card(reading)
    assert "1990" not in text
    for part in reading.parts:
        for reason in part.reasons:
            assert f"{reason.value:.4f}" not in text
    assert {element.tag.removeprefix(SVG) for element in drawn(reading).iter()} <= {
        *("svg", "title", "desc", "g", "rect", "circle", "path", "text")
    }


@pytest.mark.parametrize("locale", LOCALES)
def test_a_reading_without_archetypes_has_a_card_of_its_elements(locale: Locale) -> None:
    reading = replace(a_reading(locale), archetypes=None)
    texts = lines(drawn(reading))
    assert reading.element.name in texts
    assert {f"{round(100 * share)}%" for share in reading.element.shares.values()} <= set(texts)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("z", [{"MC": 3.0}, {"LF": -3.0, "U": 3.0}, {"JW": 3.0, "JA": -3.0}, {"NA": 3.0}, {"CW": -3.0}])
def test_every_line_stays_inside_the_frame(locale: Locale, z: dict[str, float]) -> None:
    for text in drawn(a_reading(locale, **z)).iter(f"{SVG}text"):
        width = text_width("".join(text.itertext())) * float(text.attrib["font-size"])
        left = float(text.attrib["x"]) - {"start": 0.0, "middle": 0.5, "end": 1.0}[text.attrib["text-anchor"]] * width
        assert left >= 44
        assert left + width <= 1080 - 44


def test_the_texts_of_a_card_keep_to_the_content_policy() -> None:
    assert [text for texts in TEXTS.values() for text in texts.values() if violations(text)] == []
