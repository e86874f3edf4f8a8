"""Texts that a database can't store are refused everywhere, on every database."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.people import Person, administrator
from tests.support.serving import application

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with application(database_url=database_url) as connected:
        yield connected


@pytest.fixture
async def admin(client: httpx.AsyncClient, database_url: str) -> Person:
    return await administrator(client, database_url)


@pytest.mark.parametrize("text", ["\\u0000", "a\\u0000b", "\\ud83d"], ids=["NUL", "NUL inside", "half a letter"])
async def test_a_text_that_can_not_be_stored_is_a_422(admin: Person, text: str) -> None:
    person = f'{{"name_ko": "홍", "name_en": "Hong", "category": "{text}", "note": "{text}"}}'.encode()
    key = f'{{"name": "{text}", "scopes": ["analyze"]}}'.encode()
    headers = {**admin.bearer, "Content-Type": "application/json"}
    for method, path, body in (
        ("POST", "/celebrity", person),
        ("POST", "/keys", key),
        ("PATCH", "/users/me", f'{{"display_name": "{text}", "name": "{text}"}}'.encode()),
    ):
        answer = await admin.client.request(method, f"/api/v1{path}", content=body, headers=headers)
        assert (path, answer.status_code) == (path, 422), answer.text


@pytest.mark.parametrize("path", ["/celebrity?category=%00", "/celebrity?category=a%00b&q=b"])
async def test_a_text_to_search_for_is_held_to_the_same(admin: Person, path: str) -> None:
    answer = await admin.call("GET", path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION_ERROR")
