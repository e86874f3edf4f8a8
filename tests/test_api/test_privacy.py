"""Notice, retention schedule, minimum age, exports and audit log as callers see them."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.people import PASSWORD, person
from tests.support.serving import application
from tests.test_services.test_sealing import query

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with application(database_url=database_url) as connected:
        yield connected


@pytest.mark.parametrize(("locale", "word"), [("ko", "생성형"), ("en", "generative"), ("ja", "生成AI")])
async def test_privacy_notice_and_retention_schedule_are_public(
    client: httpx.AsyncClient, locale: str, word: str
) -> None:
    notice = (await client.get(f"/api/v1/privacy/notice?locale={locale}")).json()
    assert (notice["ai_generated"], notice["min_age"], notice["locale"]) == (False, 14, locale)
    assert word in next(item["text"] for item in notice["items"] if item["id"] == "ai")
    schedule = (await client.get(f"/api/v1/privacy/retention?locale={locale}")).json()
    assert {item["id"] for item in schedule["items"]} >= {"photo", "history", "task", "audit", "consent", "lookalike"}


@pytest.mark.parametrize(
    ("locale", "network", "waiting"),
    [
        ("ko", "닮은꼴", "오래 걸리는 작업"),
        ("en", "look-alike", "long work"),
        ("ja", "似た人探し", "時間のかかる作業"),
    ],
)
async def test_notice_and_consent_mention_the_look_alike_network_and_stored_inputs(
    client: httpx.AsyncClient, locale: str, network: str, waiting: str
) -> None:
    items = (await client.get(f"/api/v1/privacy/notice?locale={locale}")).json()["items"]
    texts = {item["id"]: item["text"] for item in items}
    assert network in texts["ai"]
    assert waiting in texts["kept"].lower()
    someone = await person(client)
    consents = (await someone.call("GET", "/consents", params={"locale": locale})).json()["items"]
    assert waiting in next(item["text"] for item in consents if item["purpose"] == "reading")


@pytest.mark.parametrize(("year", "status", "code"), [(2012, 422, "TOO_YOUNG"), (2011, 201, None), (None, 201, None)])
async def test_children_under_fourteen_cannot_sign_up(
    client: httpx.AsyncClient, year: int | None, status: int, code: str | None
) -> None:
    asked = {"email": "a@example.com", "username": "김아무", "password": PASSWORD}
    answer = await client.post("/api/v1/users/", json=asked if year is None else asked | {"birth_year": year})
    assert answer.status_code == status
    assert answer.json().get("error", {}).get("code") == code


@pytest.mark.parametrize("how", [{"params": {"format": "zip"}}, {"headers": {"Accept": "application/zip"}}])
async def test_a_zip_export_is_requested_by_parameter_or_header(
    client: httpx.AsyncClient, how: dict[str, object]
) -> None:
    someone = await person(client)
    how = {**how, "headers": {**someone.bearer, **how.get("headers", {})}}
    answer = await client.get("/api/v1/users/me/export", **how)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.content.startswith(b"PK")


async def test_the_eleventh_export_of_a_day_is_rate_limited(client: httpx.AsyncClient) -> None:
    someone = await person(client)
    statuses = [(await someone.call("GET", "/users/me/export")).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]


async def test_an_export_has_no_data_of_other_users(client: httpx.AsyncClient) -> None:
    someone, other = await person(client, "someone"), await person(client, "other")
    exported = (await someone.call("GET", "/users/me/export")).text
    assert someone.email in exported
    assert other.email not in exported


async def test_administrators_viewing_or_changing_an_account_are_recorded(
    client: httpx.AsyncClient, database_url: str
) -> None:
    someone, boss = await person(client, "someone"), await person(client, "boss")
    await query(database_url, "UPDATE users SET is_admin = TRUE WHERE id = :id", id=boss.id)
    await boss.login()
    assert (await boss.call("GET", f"/users/{someone.id}")).status_code == 200
    assert (await boss.call("GET", f"/users/{someone.id}/usage")).status_code == 200
    assert (await boss.call("PATCH", f"/users/{someone.id}", json={"is_active": True})).status_code == 200
    audit = (await someone.call("GET", "/users/me/export")).json()["audit"]
    accesses = [one for one in audit if one["event"] in ("admin_viewed", "admin_changed")]
    assert [one["event"] for one in accesses] == ["admin_viewed", "admin_viewed", "admin_changed"]
    assert all(one["request_id"] and one["actor"] not in ("self", str(boss.id)) for one in accesses)


async def test_erasing_the_last_administrator_is_a_conflict(client: httpx.AsyncClient, database_url: str) -> None:
    boss = await person(client, "boss")
    await query(database_url, "UPDATE users SET is_admin = TRUE WHERE id = :id", id=boss.id)
    await boss.login()
    answer = await boss.call("DELETE", "/users/me")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "LAST_ADMIN")
    assert (await boss.call("GET", "/users/me")).status_code == 200


async def test_a_missing_master_key_is_503(database_url: str) -> None:
    old, new = (f"{name}:{name[0] * 43}=" for name in ("old", "new"))
    async with application(database_url=database_url, encryption_keys=old) as client:
        someone = await person(client)
    async with application(database_url=database_url, encryption_keys=new) as client:
        someone.client = client
        await someone.login()
        answer = await someone.call("GET", "/users/me/export")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "ENCRYPTION_KEY_MISSING")
