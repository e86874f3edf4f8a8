"""The card of a kept reading: well-formed, in the reading's language, of one's own only, and without a face."""

import base64
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from uuid import uuid4
from xml.etree import ElementTree

import httpx
import pytest

from gwansang.api.v1.card import TEXTS, best_parts, card_svg
from gwansang.reading.composer import compose
from gwansang.reading.model import Capture, Reading
from tests.factories import measures_at
from tests.people import Person, person
from tests.photos import drawn_portrait
from tests.serving import application

pytestmark = pytest.mark.anyio
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with application() as connected:
        yield connected


def reading(locale: str = "ko", **z: float) -> Reading:
    return compose(measures_at(Capture(), **z), Capture(), date(2026, 11, 23), locale, 1990)


def lines(svg: str) -> list[str]:
    return [line.text for line in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - it is our own


async def card(someone: Person, analysis_id: object) -> httpx.Response:
    return await someone.call("GET", f"/analysis/{analysis_id}/card.svg")


@pytest.mark.parametrize("locale", ["ko", "en"])
async def test_a_card_says_what_the_reading_says_in_its_language(locale: str, client: httpx.AsyncClient) -> None:
    minji = await person(client, "minji")
    await minji.agree("history")
    body = {"image": base64.b64encode(drawn_portrait()).decode(), "locale": locale}
    told = (await minji.call("POST", "/analysis/face", json=body)).json()
    answer = await card(minji, told["analysis_id"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    shown = lines(answer.text)
    best = max(told["parts_analysis"].values(), key=lambda part: part["score"])
    assert {str(told["overall_score"]), told["element"]["name"], str(best["score"])} <= set(shown)
    assert told["fortune"]["lucky"]["color_hex"] in answer.text
    assert {text[locale] for name, text in TEXTS.items() if name != "color"} - set(shown) == set()
    assert bool(re.search("[가-힣]", " ".join(shown))) == (locale == "ko")


async def test_a_card_of_somebody_else_does_not_exist(client: httpx.AsyncClient) -> None:
    minji, thief = await person(client, "minji"), await person(client, "thief")
    await minji.agree("history")
    told = (
        await minji.call("POST", "/analysis/face", json={"image": base64.b64encode(drawn_portrait()).decode()})
    ).json()
    theirs, nobodys = await card(thief, told["analysis_id"]), await card(thief, uuid4())
    assert (theirs.status_code, theirs.json()["error"]) == (404, nobodys.json()["error"])
    assert (await client.get(f"/api/v1/analysis/{told['analysis_id']}/card.svg")).status_code == 401
    refused = await client.get(f"/api/v1/analysis/{told['analysis_id']}/card.svg", headers=await minji.key("analyze"))
    assert refused.status_code == 403


async def test_whatever_a_text_holds_it_stays_a_text() -> None:
    told = reading()
    parts = tuple(replace(part, shape="<script>\"&'</script>", name="<img onerror=x>") for part in told.parts)
    svg = card_svg(replace(told, parts=parts))
    assert not [one for one in ElementTree.fromstring(svg).iter() if "script" in one.tag or "img" in one.tag]  # noqa: S314
    assert "<script>\"&'</script>" in lines(svg)


async def test_no_line_is_wider_than_the_card() -> None:
    for locale in ("ko", "en"):
        for z in (-2.0, 0.0, 2.0):
            for line in ElementTree.fromstring(card_svg(reading(locale, FL=z, EL=z))).iter(f"{SVG}text"):  # noqa: S314
                ems = sum(1.0 if ord(letter) > 0x2E80 else 0.58 for letter in line.text)
                assert ems * float(line.get("font-size")) <= 900


async def test_a_card_draws_the_best_parts_and_no_photo_and_no_points() -> None:
    told = reading()
    best = best_parts(told.parts)
    assert [part.score for part in best] == sorted((part.score for part in told.parts), reverse=True)[:2]
    kinds = {one.tag.removeprefix(SVG) for one in ElementTree.fromstring(card_svg(told)).iter()}  # noqa: S314
    assert kinds == {"svg", "title", "defs", "linearGradient", "stop", "rect", "circle", "text"}
