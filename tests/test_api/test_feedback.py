"""Answers to parts of a kept reading over HTTP, and what `gwansang evaluate feedback` prints of them."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gwansang.cli.evaluate_feedback import wilson_interval
from gwansang.services.ml.face_analyzer import canonical_landmarks
from tests.support.people import Person, person
from tests.support.serving import application
from tests.test_cli.running import gwansang

FACE = {"landmarks": canonical_landmarks().tolist()}


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with application(database_url=database_url) as connected:
        yield connected


async def kept_reading(client: httpx.AsyncClient) -> tuple[Person, str]:
    """Return a user with a kept reading, and the path of its feedback."""
    someone = await person(client, "minji")
    await someone.agree("history")
    reading = (await someone.call("POST", "/analysis/face", json=FACE)).json()
    return someone, f"/analysis/{reading['analysis_id']}/feedback"


@pytest.mark.anyio
async def test_answers_need_the_consent_and_can_be_changed(client: httpx.AsyncClient) -> None:
    minji, path = await kept_reading(client)
    refused = await minji.call("PUT", path, json={"answers": {"eyes": "fits"}})
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "CONSENT_REQUIRED"
    assert refused.json()["error"]["details"] == {"purpose": "improve", "version": 2}
    await minji.agree("improve")
    answered = await minji.call("PUT", path, json={"answers": {"eyes": "fits", "nose": "not"}})
    assert answered.json() == {"answers": {"eyes": "fits", "nose": "not"}}
    changed = await minji.call("PUT", path, json={"answers": {"eyes": "not", "nose": None}})
    assert changed.json() == {"answers": {"eyes": "not"}} == (await minji.call("GET", path)).json()


@pytest.mark.anyio
@pytest.mark.parametrize(
    "answers", [{}, {"eyes": "yes"}, {"eyes": True}, {"eyes": 1}, [], None, {"ear": "fits"}, {"e" * 41: "fits"}]
)
async def test_an_invalid_answer_is_refused(answers: object, client: httpx.AsyncClient) -> None:
    minji, path = await kept_reading(client)
    await minji.agree("improve")
    refused = await minji.call("PUT", path, json={"answers": answers})
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] in ("VALIDATION_ERROR", "PART_NOT_TOLD")
    assert (await minji.call("GET", path)).json() == {"answers": {}}


@pytest.mark.anyio
async def test_the_command_prints_the_counts(client: httpx.AsyncClient, database_url: str, tmp_path: Path) -> None:
    empty = gwansang("evaluate", "feedback", DATABASE_URL=database_url, folder=tmp_path)
    assert empty.returncode == 1
    assert "no answers yet" in empty.stderr
    for answer in ("fits", "fits", "not"):
        someone, path = await kept_reading(client)
        await someone.agree("improve")
        assert (await someone.call("PUT", path, json={"answers": {"eyes": answer}})).status_code == 200
    printed = gwansang("evaluate", "feedback", DATABASE_URL=database_url, folder=tmp_path, COLUMNS="200")
    assert re.search(r"eyes +\w+ +[\d.]+ +2 +3 +67% +21%–94%", printed.stdout), printed.stdout + printed.stderr


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(2, 3, 0.2077, 0.9385), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962)],
)
def test_intervals_are_wilsons(hits: int, total: int, low: float, high: float) -> None:
    assert wilson_interval(hits, total) == pytest.approx((low, high), abs=5e-4)
