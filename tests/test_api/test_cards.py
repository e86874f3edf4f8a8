"""Cards of kept readings, in the language of the reading and for its owner only."""

import base64
import re
from collections.abc import AsyncIterator
from uuid import uuid4
from xml.etree import ElementTree

import httpx
import pytest

from gwansang.texts import LOCALES
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


async def card(someone: Person, analysis_id: object) -> httpx.Response:
    return await someone.call("GET", f"/analysis/{analysis_id}/card.svg")


@pytest.mark.parametrize("locale", LOCALES)
async def test_a_card_has_the_language_and_the_texts_of_its_reading(locale: str, client: httpx.AsyncClient) -> None:
    minji = await person(client, "minji")
    await minji.agree("history")
    body = {"image": base64.b64encode(drawn_portrait()).decode(), "locale": locale}
    reading = (await minji.call("POST", "/analysis/face", json=body)).json()
    answer = await card(minji, reading["analysis_id"])
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
