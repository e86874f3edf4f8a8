"""The card of a kept reading: in the reading's language, and of one's own only."""

import base64
import re
from collections.abc import AsyncIterator
from uuid import uuid4
from xml.etree import ElementTree

import httpx
import pytest

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


@pytest.mark.parametrize("locale", ["ko", "en"])
async def test_a_card_says_what_the_reading_says_in_its_language(locale: str, client: httpx.AsyncClient) -> None:
    minji = await person(client, "minji")
    await minji.agree("history")
    body = {"image": base64.b64encode(drawn_portrait()).decode(), "locale": locale}
    told = (await minji.call("POST", "/analysis/face", json=body)).json()
    answer = await card(minji, told["analysis_id"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    shown = lines(answer.text)
    callings = told["archetypes"]["callings"]
    assert {callings[0]["name"], *(f"{one['share']}%" for one in callings)} <= set(shown)
    assert str(told["overall_score"]) in " ".join(shown)
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
