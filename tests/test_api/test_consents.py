"""Consents over HTTP: to a text, for a purpose, and withdrawn at once."""

import hashlib
from collections.abc import AsyncIterator

import pytest

from gwansang.services.ml.face_analyzer import canonical_landmarks
from tests.support.people import Person, person
from tests.support.serving import application

pytestmark = pytest.mark.anyio
FACE = {"landmarks": canonical_landmarks().tolist()}


@pytest.fixture
async def minji(database_url: str) -> AsyncIterator[Person]:
    async with application(database_url=database_url) as client:
        yield await person(client, "minji")


async def state(someone: Person, purpose: str) -> dict[str, object]:
    page = (await someone.call("GET", "/consents")).json()
    return next(item for item in page["items"] if item["purpose"] == purpose)


async def test_every_purpose_is_shown_with_its_text_and_digest(minji: Person) -> None:
    page = (await minji.call("GET", "/consents")).json()
    assert [item["purpose"] for item in page["items"]] == ["reading", "history", "lookalike", "retain_photo", "improve"]
    assert (page["total"], page["page"], page["pages"]) == (5, 1, 1)
    for item in page["items"]:
        assert hashlib.sha256(item["text"].encode()).hexdigest() == item["text_sha256"]
        assert item["granted"] is (item["purpose"] == "reading")


async def test_agreeing_notes_version_language_digest_and_time(minji: Person) -> None:
    granted = await minji.call("PUT", "/consents/history", params={"locale": "en"}, json={"version": 2})
    assert granted.status_code == 200
    told = granted.json()
    assert (told["granted"], told["granted_version"], told["granted_locale"]) == (True, 2, "en")
    assert told["granted_text_sha256"] == told["text_sha256"]
    assert told["granted_at"] == "2026-11-23T03:00:00Z"
    assert (await state(minji, "history"))["granted"] is True


async def test_nobody_agrees_to_another_text_than_the_one_shown(minji: Person) -> None:
    answer = await minji.call("PUT", "/consents/history", json={"version": 99})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONSENT_VERSION_OUTDATED")
    assert (await state(minji, "history"))["granted"] is False


async def test_without_the_consent_to_readings_there_is_none_and_the_answer_says_what_is_missing(
    minji: Person,
) -> None:
    assert (await minji.call("DELETE", "/consents/reading")).json()["withdrawn_at"] == "2026-11-23T03:00:00Z"
    answer = await minji.call("POST", "/analysis/face", json=FACE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "CONSENT_REQUIRED")
    assert answer.json()["error"]["details"] == {"purpose": "reading", "version": 2}
    await minji.agree("reading")
    assert (await minji.call("POST", "/analysis/face", json=FACE)).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_there_are_no_other_purposes(method: str, minji: Person) -> None:
    assert (await minji.call(method, "/consents/everything")).status_code == 422


@pytest.mark.parametrize("body", [{"version": "1"}, {"version": 0}, {"granted": True}, [1], "yes"], ids=str)
async def test_an_odd_body_is_422(body: object, minji: Person) -> None:
    assert (await minji.call("PUT", "/consents/history", json=body)).status_code == 422
