"""The API for keys."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from gwansang.services.ml.face_analyzer import canonical_landmarks
from tests.support.people import Person, person
from tests.support.serving import JSON_CALL, application

pytestmark = pytest.mark.anyio
FACE = {"landmarks": canonical_landmarks().tolist()}


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with application(database_url=database_url, allow_guests=False) as connected:
        yield connected


@pytest.fixture
async def minji(client: httpx.AsyncClient) -> Person:
    return await person(client, "minji")


async def test_a_key_is_shown_once_and_later_only_its_prefix(minji: Person) -> None:
    asked = {"name": "kiosk", "scopes": ["analyze"], "expires_in_days": 30}
    made = await minji.call("POST", "/keys", json=asked)
    assert made.status_code == 201
    key = made.json()["key"]
    assert re.fullmatch(r"gsk_[0-9a-f]{16}_[\w-]{43}", key)
    assert made.json()["expires_at"] == "2026-12-23T03:00:00Z"
    listed = await minji.call("GET", "/keys")
    assert key not in listed.text
    (item,) = listed.json()["items"]
    assert key.startswith(item["prefix"])
    assert (item["name"], item["scopes"], item["last_used_at"]) == ("kiosk", ["analyze"], None)
    assert "key" not in item


async def test_a_key_can_read_faces_and_its_last_use_is_stored(minji: Person, client: httpx.AsyncClient) -> None:
    key = await minji.key("analyze")
    assert (await client.post(JSON_CALL, json=FACE, headers=key)).status_code == 200
    (item,) = (await minji.call("GET", "/keys")).json()["items"]
    assert item["last_used_at"] == "2026-11-23T03:00:00Z"


async def test_a_key_without_the_scope_is_403_and_names_it(minji: Person, client: httpx.AsyncClient) -> None:
    key = await minji.key("history:read")
    answer = await client.post(JSON_CALL, json=FACE, headers=key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "SCOPE_MISSING")
    assert answer.json()["error"]["details"] == {"scope": "analyze"}


async def test_no_key_can_use_account_routes_or_create_keys(minji: Person, client: httpx.AsyncClient) -> None:
    key = await minji.key("analyze", "history:read", "history:write", "match")
    for method, path in (
        ("GET", "/users/me"),
        ("PATCH", "/users/me"),
        ("DELETE", "/users/me"),
        ("GET", "/users/me/export"),
        ("GET", "/keys"),
        ("POST", "/keys"),
        ("GET", "/consents"),
        ("PUT", "/consents/history"),
        ("POST", "/auth/logout"),
    ):
        body = {"json": {"name": "x", "scopes": ["analyze"]}} if (method, path) == ("POST", "/keys") else {}
        body = {"json": {}} if method in ("PATCH", "PUT") else body
        assert (await client.request(method, f"/api/v1{path}", headers=key, **body)).status_code == 403, path


async def test_a_deleted_key_is_rejected_at_once(minji: Person, client: httpx.AsyncClient) -> None:
    key = await minji.key("analyze")
    (item,) = (await minji.call("GET", "/keys")).json()["items"]
    assert (await minji.call("DELETE", f"/keys/{item['id']}")).status_code == 204
    answer = await client.post(JSON_CALL, json=FACE, headers=key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "KEY_INVALID")
    assert (await minji.call("DELETE", f"/keys/{item['id']}")).status_code == 404


async def test_almost_correct_keys_are_401(minji: Person, client: httpx.AsyncClient) -> None:
    right = (await minji.key("analyze"))["X-API-Key"]
    other = (await minji.key("analyze"))["X-API-Key"]
    head, tail = right[:20], right[20:]
    for key in (
        f"{head}{other[20:]}",
        right[:-1],
        right + "a",
        right.upper(),
        "gsk_",
        "",
        " ",
        "x" * 9000,
        head + tail[::-1],
    ):
        assert (await client.post(JSON_CALL, json=FACE, headers={"X-API-Key": key})).status_code == 401, key[:40]


async def test_the_key_of_an_erased_account_is_rejected(minji: Person, client: httpx.AsyncClient) -> None:
    key = await minji.key("analyze")
    await minji.call("DELETE", "/users/me")
    assert (await client.post(JSON_CALL, json=FACE, headers=key)).status_code == 401


INVALID_REQUESTS: tuple[dict[str, object], ...] = (
    {"name": "", "scopes": ["analyze"]},
    {"name": " ", "scopes": ["analyze"]},
    {"name": "x" * 51, "scopes": ["analyze"]},
    {"name": "a\x00b", "scopes": ["analyze"]},
    {"name": "x", "scopes": []},
    {"name": "x", "scopes": ["admin"]},
    {"name": "x", "scopes": ["account"]},
    {"name": "x", "scopes": "analyze"},
    {"name": "x", "scopes": ["analyze"], "expires_in_days": 0},
    {"name": "x", "scopes": ["analyze"], "expires_in_days": 10**6},
    {"name": "x", "scopes": ["analyze"], "user_id": 1},
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_invalid_key_request_is_422(minji: Person) -> None:
    for request in INVALID_REQUESTS:
        assert (await minji.call("POST", "/keys", json=request)).status_code == 422, request
    assert (await minji.call("GET", "/keys")).json()["total"] == 0


async def test_the_number_of_keys_is_limited(minji: Person) -> None:
    for _ in range(20):
        await minji.key("analyze")
    answer = await minji.call("POST", "/keys", json={"name": "one more", "scopes": ["analyze"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "KEY_LIMIT")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_key_in_the_query_is_accepted_only_if_configured(database_url: str) -> None:
    for allowed, status in ((False, 401), (True, 200)):
        async with application(database_url=database_url, api_key_in_query=allowed) as client:
            someone = await person(client)
            key = (await someone.key("history:read"))["X-API-Key"]
            answer = await client.get("/api/v1/analysis", params={"api_key": key})
            assert answer.status_code == status
            both = await client.get("/api/v1/analysis", params={"api_key": key}, headers={"X-API-Key": key})
            assert both.status_code == 401
