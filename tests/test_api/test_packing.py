"""Packed answers, and answers that a client has already."""

import asyncio
import json

import pytest

from gwansang.api.openapi import DocumentedApp
from gwansang.texts import LOCALES
from tests.support.photos import drawn_portrait
from tests.support.serving import application, send_request

PUBLIC = (
    "/api/v1/openapi.json",
    "/docs/assets/swagger-ui.css",
    "/api/v1/privacy/notice",
    "/api/v1/privacy/retention",
    "/api/v1/celebrity",
)
PLAIN = {"Accept-Encoding": "identity"}


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_answer_that_the_client_has_is_not_sent_again(path: str) -> None:
    first = send_request("GET", path, headers=PLAIN)
    assert (first.status_code, first.headers["cache-control"]) == (200, "public, no-cache")
    again = send_request("GET", path, headers={**PLAIN, "If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = send_request("GET", path, headers={**PLAIN, "If-None-Match": 'W/"another"'})
    assert (other.status_code, other.content) == (200, first.content)


def test_each_language_has_an_etag_of_its_own() -> None:
    tags = [
        send_request("GET", "/api/v1/privacy/notice", headers={"Accept-Language": language}).headers["etag"]
        for language in LOCALES
    ]
    assert len(set(tags)) == len(LOCALES)


@pytest.mark.parametrize("path", PUBLIC[:3])
def test_a_large_text_is_packed_for_clients_that_take_it(path: str) -> None:
    plain = send_request("GET", path, headers=PLAIN)
    packed = send_request("GET", path, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < 0.6 * len(plain.content)
    assert packed.content == plain.content
    assert "Accept-Encoding" in packed.headers["vary"]
    assert packed.headers["etag"] == plain.headers["etag"]


def test_a_reading_leaves_packed_and_as_it_would_plain() -> None:
    async def run() -> None:
        async with application() as client:
            files = {"file": ("photo.jpg", drawn_portrait(), "image/jpeg")}
            plain = await client.post("/api/v1/analysis/face/upload", files=files, headers=PLAIN)
            packed = await client.post("/api/v1/analysis/face/upload", files=files, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < 0.4 * len(plain.content)
        assert packed.headers["cache-control"] == plain.headers["cache-control"] == "private, no-store"
        first, second = (json.loads(answer.content) for answer in (plain, packed))
        for reading in (first, second):
            del reading["analysis_id"], reading["created_at"]
        assert first == second

    asyncio.run(run())


def test_a_refusal_is_small_and_not_packed() -> None:
    answer = send_request("GET", "/nowhere", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers
    assert answer.json()["error"]["code"] == "NOT_FOUND"


def test_the_first_calls_at_once_of_a_large_document_derive_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    derived: list[str] = []
    derive = DocumentedApp.openapi

    def counted(app: DocumentedApp) -> dict[str, object]:
        derived.append(app.title)
        return derive(app)

    monkeypatch.setattr(DocumentedApp, "openapi", counted)

    async def run() -> None:
        async with application(project_name="Asked by many") as client:
            answers = await asyncio.gather(*(client.get(PUBLIC[0]) for _ in range(20)))
        assert len({answer.content for answer in answers}) == 1
        assert {answer.status_code for answer in answers} == {200}

    asyncio.run(run())
    assert len(derived) == 1
