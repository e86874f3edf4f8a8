"""Cards with title and story: in every format and language, with hostile texts, and as PNG."""

import asyncio
import os
import re
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as ET

import psutil
import pytest

from gwansang.drawing.png_process import render_png
from gwansang.drawing.png_renderer import DrawingUnavailableError, PngRenderer
from gwansang.drawing.story_card import SIZES, CardFormat, story_card
from gwansang.drawing.text_width import text_width
from gwansang.reading.composer import compose
from gwansang.reading.elements import ELEMENTS
from gwansang.reading.model import ENERGIES, Reading
from gwansang.reading.variety import split_sentences
from gwansang.texts import LOCALES, Locale, load
from tests.support.content_policy import violations
from tests.support.factories import IDEAL, measures_at
from tests.test_reading.days import A_DAY

SVG = "{http://www.w3.org/2000/svg}"
FORMATS = get_args(CardFormat)
FACES = [{"MC": 1.5, "BE": 1.5}, {"LF": -3.0, "U": 3.0}, {"JW": 3.0, "JA": -3.0}]
HOSTILE = '<script>alert("1")</script> & \' " ]]> \u202e\x00 <image href="file:///etc/passwd"/>'


def a_reading(locale: Locale = "ko", **z: float) -> Reading:
    return compose(measures_at(**z), IDEAL, A_DAY, locale, 1990)


def parsed(card: str) -> ET.Element:
    return ET.fromstring(card)  # noqa: S314 - our own


def lines_of(card: ET.Element) -> list[str]:
    return ["".join(line.itertext()) for line in card.iter(f"{SVG}text")]


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("card_format", FORMATS)
@pytest.mark.parametrize("z", FACES)
def test_a_card_shows_title_story_element_energies_and_notice(
    z: dict[str, float], card_format: CardFormat, locale: Locale
) -> None:
    reading = a_reading(locale, **z)
    card, texts = parsed(story_card(reading, card_format)), load("reading_card", locale, dict[str, str])
    shown = " ".join(lines_of(card)).replace(" ", "")
    assert reading.title.replace(" ", "") in shown
    assert split_sentences(reading.story)[0].replace(" ", "") in shown
    if card_format != "og":
        assert reading.story.replace(" ", "") in shown
    assert texts["notice"].replace(" ", "") in shown
    assert reading.element.name.replace(" ", "") in shown
    assert {texts[energy] for energy in ENERGIES} <= set(lines_of(card))


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("card_format", FORMATS)
@pytest.mark.parametrize("z", FACES)
def test_no_line_leaves_the_frame_or_lies_on_another(
    z: dict[str, float], card_format: CardFormat, locale: Locale
) -> None:
    width, height = SIZES[card_format]
    boxes = []
    for line in parsed(story_card(a_reading(locale, **z), card_format)).iter(f"{SVG}text"):
        size, x, y = (float(line.attrib[name]) for name in ("font-size", "x", "y"))
        length = text_width("".join(line.itertext())) * size
        left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[line.attrib["text-anchor"]] * length
        boxes.append((left, y - 0.8 * size, left + length, y + 0.1 * size))
    assert all(left >= 44 and right <= width - 44 for left, _, right, _ in boxes)
    assert all(top >= 44 and bottom <= height - 44 for _, top, _, bottom in boxes)
    overlapping = [
        (a, b)
        for index, a in enumerate(boxes)
        for b in boxes[index + 1 :]
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ]
    assert overlapping == []


@pytest.mark.parametrize("card_format", FORMATS)
def test_hostile_texts_stay_texts(card_format: CardFormat) -> None:
    reading = replace(a_reading(), title=HOSTILE, story=HOSTILE)
    card = story_card(reading, card_format)
    assert {node.tag.removeprefix(SVG) for node in parsed(card).iter()} <= {
        *("svg", "title", "desc", "g", "rect", "circle", "path", "text")
    }
    assert "alert" in " ".join(lines_of(parsed(card)))
    assert not re.search("[\u202e\x00]", card)
    assert size_of(render_png(card)) == SIZES[card_format]


@pytest.mark.parametrize("card_format", FORMATS)
def test_an_endless_title_and_story_are_cut(card_format: CardFormat) -> None:
    reading = replace(a_reading(), title="끝없는 이야기 " * 60, story="끝없는 이야기 " * 300)
    assert sum("…" in line for line in lines_of(parsed(story_card(reading, card_format)))) == 2


@pytest.mark.parametrize("card_format", FORMATS)
def test_a_reading_from_before_titles_existed_has_a_card(card_format: CardFormat) -> None:
    reading = replace(a_reading(), title="", story="")
    assert reading.archetypes is not None
    assert reading.archetypes.callings[0].name in lines_of(parsed(story_card(reading, card_format)))
    bare = replace(reading, archetypes=None)
    assert reading.element.name in lines_of(parsed(story_card(bare, card_format)))


@pytest.mark.parametrize("element", ELEMENTS)
def test_every_element_has_its_character_and_colour(element: str) -> None:
    reading = a_reading()
    card = parsed(story_card(replace(reading, element=replace(reading.element, primary=element)), "og"))
    (letter,) = [line for line in card.iter(f"{SVG}text") if line.text in tuple("木火土金水")]
    assert letter.attrib["fill"] != "#2B2723"


@pytest.mark.parametrize("locale", LOCALES)
def test_the_texts_of_a_card_keep_to_the_content_policy(locale: Locale) -> None:
    texts = load("reading_card", locale, dict[str, str])
    assert [text for key, text in texts.items() if key != "font" and violations(text)] == []


@pytest.mark.parametrize("card_format", FORMATS)
def test_a_png_has_the_size_of_its_format_and_shows_letters(card_format: CardFormat) -> None:
    card = story_card(a_reading(), card_format)
    png = render_png(card)
    assert size_of(png) == SIZES[card_format]
    assert len(png) > 2 * len(render_png(re.sub("<text.*?</text>", "", card)))


@pytest.mark.anyio
async def test_pictures_are_rendered_in_a_process_that_ends_with_the_renderer() -> None:
    renderer, card = PngRenderer(), story_card(a_reading(), "og")
    try:
        pngs = await asyncio.gather(*(renderer.render(card) for _ in range(3)))
        (child,) = [process for process in psutil.Process().children() if "png_process" in " ".join(process.cmdline())]
        with pytest.raises(ValueError, match="SVG"):
            await renderer.render("<html/>")
        assert await renderer.render(card) == pngs[0] == pngs[1] == pngs[2] == render_png(card)
    finally:
        await renderer.close()
    assert not child.is_running()


@pytest.mark.anyio
async def test_a_killed_process_fails_one_picture_and_is_replaced() -> None:
    renderer, card = PngRenderer(), story_card(a_reading(), "og")
    try:
        await renderer.render(card)
        (child,) = [process for process in psutil.Process().children() if "png_process" in " ".join(process.cmdline())]
        child.kill()
        child.wait()
        with pytest.raises(DrawingUnavailableError):
            await renderer.render(card)
        assert size_of(await renderer.render(card)) == SIZES["og"]
    finally:
        await renderer.close()


@pytest.mark.anyio
async def test_a_cancelled_picture_leaves_the_renderer_in_step() -> None:
    renderer, card = PngRenderer(), story_card(a_reading(), "story")
    other = story_card(a_reading("en"), "og")
    try:
        await renderer.render(other)
        task = asyncio.create_task(renderer.render(card))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert size_of(await renderer.render(other)) == SIZES["og"]
    finally:
        await renderer.close()


@pytest.mark.anyio
async def test_a_picture_cancelled_while_its_answer_arrives_leaves_the_renderer_usable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flooding = tmp_path / "flooding"
    flooding.write_text("#!/bin/sh\nprintf '\\377\\377\\377\\377'\n: > \"$0.began\"\nexec cat /dev/zero\n")
    flooding.chmod(0o700)
    began = tmp_path / "flooding.began"
    os.mkfifo(began)
    renderer, card = PngRenderer(), story_card(a_reading(), "og")
    try:
        async with asyncio.timeout(60):
            with monkeypatch.context() as patched:
                patched.setattr("gwansang.drawing.png_renderer.sys.executable", str(flooding))
                task = asyncio.create_task(renderer.render(card))
                await asyncio.to_thread(began.read_text)
                await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert size_of(await renderer.render(card)) == SIZES["og"]
    finally:
        await renderer.close()


@pytest.mark.anyio
async def test_pictures_beyond_the_queue_are_refused() -> None:
    renderer, card = PngRenderer(), story_card(a_reading(), "og")
    try:
        outcomes = await asyncio.gather(*(renderer.render(card) for _ in range(36)), return_exceptions=True)
    finally:
        await renderer.close()
    refused = [outcome for outcome in outcomes if isinstance(outcome, DrawingUnavailableError)]
    assert len(refused) == 4
    assert refused[0].context["retry_after_s"] > 0


def test_the_process_ends_with_its_input() -> None:
    done = subprocess.run([sys.executable, "-m", "gwansang.drawing.png_process"], input=b"", timeout=30, check=True)
    assert done.returncode == 0
