"""Cards of kept readings, in the language of the reading and for its owner only."""

import base64
import re
import struct
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import httpx
import pytest

from gwansang.texts import LOCALES, load
from tests.support.people import Person, person
from tests.support.photos import drawn_portrait
from tests.support.serving import application

pytestmark = pytest.mark.anyio
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with application() as connected:
        yield connected


def lines(svg: str) -> list[str]:
    return [line.text for line in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - it is our own


async def card(someone: Person, analysis_id: object, kind: str = "svg", **params: str) -> httpx.Response:
    return await someone.call("GET", f"/analysis/{analysis_id}/card.{kind}", params=params)


async def a_reading(someone: Person, locale: str = "ko") -> dict[str, Any]:
    await someone.agree("history")
    body = {"image": base64.b64encode(drawn_portrait()).decode(), "locale": locale}
    reading: dict[str, Any] = (await someone.call("POST", "/analysis/face", json=body)).json()
    return reading


@pytest.mark.parametrize("locale", LOCALES)
async def test_a_card_has_title_and_story_of_its_reading_and_the_notice(locale: str, client: httpx.AsyncClient) -> None:
    minji = await person(client, "minji")
    reading = await a_reading(minji, locale)
    for card_format in ("story", "square"):
        shown = "".join(lines((await card(minji, reading["analysis_id"], format=card_format)).text)).replace(" ", "")
        assert reading["title"].replace(" ", "") in shown
        assert reading["story"].replace(" ", "") in shown
        assert load("reading_card", locale, dict[str, str])["notice"].replace(" ", "") in shown


async def test_cards_are_pngs_of_three_formats_for_their_owner_only(client: httpx.AsyncClient) -> None:
    minji, stranger = await person(client, "minji"), await person(client, "stranger")
    reading_id = (await a_reading(minji))["analysis_id"]
    sizes = {}
    for card_format in ("story", "square", "og", "portrait"):
        answer = await card(minji, reading_id, "png", format=card_format)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert answer.headers["cache-control"] == "private, no-store"
        sizes[card_format] = struct.unpack(">II", answer.content[16:24])
    assert sizes == {"story": (1080, 1920), "square": (1080, 1080), "og": (1200, 630), "portrait": (1080, 1350)}
    assert (await card(minji, reading_id, "png", format="poster")).status_code == 422
    others, unknown = await card(stranger, reading_id, "png"), await card(stranger, uuid4(), "png")
    assert (others.status_code, others.json()["error"]) == (404, unknown.json()["error"])


@pytest.mark.parametrize("locale", LOCALES)
async def test_a_portrait_card_has_language_and_texts_of_its_reading(locale: str, client: httpx.AsyncClient) -> None:
    minji = await person(client, "minji")
    await minji.agree("history")
    body = {"image": base64.b64encode(drawn_portrait()).decode(), "locale": locale}
    reading = (await minji.call("POST", "/analysis/face", json=body)).json()
    answer = await card(minji, reading["analysis_id"], format="portrait")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    texts = lines(answer.text)
    callings = reading["archetypes"]["callings"]
    assert {callings[0]["name"], *(f"{calling['share']}%" for calling in callings)} <= set(texts)
    assert str(reading["overall_score"]) in " ".join(texts)
    assert bool(re.search("[가-힣]", " ".join(texts))) == (locale == "ko")


async def test_a_card_of_another_user_is_not_found(client: httpx.AsyncClient) -> None:
    minji, stranger = await person(client, "minji"), await person(client, "stranger")
    await minji.agree("history")
    reading = (
        await minji.call("POST", "/analysis/face", json={"image": base64.b64encode(drawn_portrait()).decode()})
    ).json()
    others, unknown = await card(stranger, reading["analysis_id"]), await card(stranger, uuid4())
    assert (others.status_code, others.json()["error"]) == (404, unknown.json()["error"])
    assert (await client.get(f"/api/v1/analysis/{reading['analysis_id']}/card.svg")).status_code == 401
    refused = await client.get(
        f"/api/v1/analysis/{reading['analysis_id']}/card.svg", headers=await minji.key("analyze")
    )
    assert refused.status_code == 403
