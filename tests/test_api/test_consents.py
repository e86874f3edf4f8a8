"""The API for consents."""

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


async def test_granting_stores_version_language_digest_and_time(minji: Person) -> None:
    granted = await minji.call("PUT", "/consents/history", params={"locale": "en"}, json={"version": 2})
    assert granted.status_code == 200
    state_ = granted.json()
    assert (state_["granted"], state_["granted_version"], state_["granted_locale"]) == (True, 2, "en")
    assert state_["granted_text_sha256"] == state_["text_sha256"]
    assert state_["granted_at"] == "2026-11-23T03:00:00Z"
    assert (await state(minji, "history"))["granted"] is True


async def test_granting_an_outdated_version_is_a_conflict(minji: Person) -> None:
    answer = await minji.call("PUT", "/consents/history", json={"version": 99})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONSENT_VERSION_OUTDATED")
    assert (await state(minji, "history"))["granted"] is False


async def test_a_reading_without_its_consent_is_403_with_the_missing_purpose(
    minji: Person,
) -> None:
    assert (await minji.call("DELETE", "/consents/reading")).json()["withdrawn_at"] == "2026-11-23T03:00:00Z"
    answer = await minji.call("POST", "/analysis/face", json=FACE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "CONSENT_REQUIRED")
    assert answer.json()["error"]["details"] == {"purpose": "reading", "version": 2}
    await minji.agree("reading")
    assert (await minji.call("POST", "/analysis/face", json=FACE)).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_an_unknown_purpose_is_422(method: str, minji: Person) -> None:
    assert (await minji.call(method, "/consents/everything")).status_code == 422


@pytest.mark.parametrize("body", [{"version": "1"}, {"version": 0}, {"granted": True}, [1], "yes"], ids=str)
async def test_an_invalid_body_is_422(body: object, minji: Person) -> None:
    assert (await minji.call("PUT", "/consents/history", json=body)).status_code == 422
