"""Webhooks over HTTP: from their creation to a message at a real receiver, and the mail when one is disabled."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gwansang.core.clock import utc_now
from tests.support.people import code_of, mails_in
from tests.support.receivers import Receiver, verify
from tests.support.serving import application
from tests.test_api.test_metrics import scraped, value

pytestmark = pytest.mark.anyio
CALL = "/api/v1/webhooks"
PATIENCE_S = 60.0
UNKNOWN = "0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client that is signed in as a user with a proven address."""
    folder = tmp_path / "mail"
    changes = {"clock": utc_now, "webhook_local_targets": True, "mail_folder": folder, "worker_folder": tmp_path}
    async with application(**changes) as connected:
        person = {"email": "minji@example.com", "username": "민지 Kim", "password": "correct horse battery"}
        assert (await connected.post("/api/v1/users", json=person)).status_code == 201
        form = {"username": person["email"], "password": person["password"]}
        tokens = (await connected.post("/api/v1/auth/login", data=form)).json()
        connected.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        await until_mailed(folder, 1)
        await connected.post("/api/v1/auth/verify-email", json={"token": code_of(mails_in(folder)[0])})
        yield connected


async def until_mailed(folder: Path, count: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while len(mails_in(folder)) < count:  # noqa: ASYNC110 - a folder
            await asyncio.sleep(0.05)


async def ended(client: httpx.AsyncClient, call: str) -> dict[str, object]:
    """Return a delivery once it has an attempt."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            delivery: dict[str, object] = (await client.get(call)).json()
            if delivery["attempts"]:
                return delivery
            await asyncio.sleep(0.05)


async def test_a_test_event_reaches_the_receiver_and_is_listed_with_its_attempt(client: httpx.AsyncClient) -> None:
    with Receiver().listening() as receiver:
        created = (await client.post(CALL, json={"url": receiver.url})).json()
        assert created["events"] == ["task.done", "task.failed", "task.cancelled", "data.erased", "account.erased"]
        own = f"{CALL}/{created['id']}"
        assert "secret" not in (await client.get(own)).json()
        sent = await client.post(f"{own}/test")
        assert sent.status_code == 202
        delivery = await ended(client, f"{own}/deliveries/{sent.json()['id']}")
    (message,) = receiver.messages
    assert verify(created["secret"], message, time.time()) == sent.json()["id"] == message.content["id"]
    assert message.content["type"] == "webhook.test"
    assert delivery["status"] == "delivered"
    listed = (await client.get(f"{own}/deliveries")).json()
    assert [one["id"] for one in listed["items"]] == [message.id]
    samples = await scraped(client)
    assert value(samples, "gwansang_webhook_attempt_seconds_count", outcome="delivered") == 1
    assert value(samples, "gwansang_webhook_deliveries_waiting") == 0


async def test_an_owner_is_mailed_when_the_receiver_wants_no_more(client: httpx.AsyncClient, tmp_path: Path) -> None:
    with Receiver().listening() as receiver:
        receiver.statuses.append(410)
        created = (await client.post(f"{CALL}?locale=en", json={"url": receiver.url, "events": ["task.done"]})).json()
        own = f"{CALL}/{created['id']}"
        sent = (await client.post(f"{own}/test")).json()
        await ended(client, f"{own}/deliveries/{sent['id']}")
    await until_mailed(tmp_path / "mail", 2)
    assert any("Subject: A webhook was disabled" in mail.read_text() for mail in mails_in(tmp_path / "mail"))
    shown = (await client.get(own)).json()
    assert (shown["is_enabled"], shown["disabled_reason"]) == (False, "gone")
    refused = await client.post(f"{own}/deliveries/{sent['id']}/redeliver")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "WEBHOOK_DISABLED")
    assert (await client.patch(own, json={"is_enabled": True})).json()["disabled_reason"] is None


WRONG_CALLS = [
    ("POST", "", {"url": "http://hooks.example.com/"}, 422, "WEBHOOK_URL_INVALID"),
    ("POST", "", {"url": "https://10.0.0.1/"}, 422, "WEBHOOK_URL_INVALID"),
    ("POST", "", {"url": "https://hooks.example.com/", "events": ["all"]}, 422, "VALIDATION_ERROR"),
    ("POST", "", {"url": "https://hooks.example.com/", "events": []}, 422, "VALIDATION_ERROR"),
    ("POST", "", {"url": "https://hooks.example.com/", "secret": "mine"}, 422, "VALIDATION_ERROR"),
    ("GET", f"/{UNKNOWN}", None, 404, "WEBHOOK_NOT_FOUND"),
    ("PATCH", f"/{UNKNOWN}", {"is_enabled": False}, 404, "WEBHOOK_NOT_FOUND"),
    ("DELETE", f"/{UNKNOWN}", None, 404, "WEBHOOK_NOT_FOUND"),
    ("POST", f"/{UNKNOWN}/secret", None, 404, "WEBHOOK_NOT_FOUND"),
    ("POST", f"/{UNKNOWN}/test", None, 404, "WEBHOOK_NOT_FOUND"),
    ("GET", f"/{UNKNOWN}/deliveries", None, 404, "WEBHOOK_NOT_FOUND"),
]


async def test_wrong_calls_are_refused(client: httpx.AsyncClient) -> None:
    for method, path, body, status, code in WRONG_CALLS:
        answer = await client.request(method, CALL + path, **({} if body is None else {"json": body}))
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), (method, path, body)


async def test_a_key_cannot_manage_webhooks(client: httpx.AsyncClient) -> None:
    key = {"name": "kiosk", "scopes": ["analyze"], "current_password": "correct horse battery"}
    made = (await client.post("/api/v1/keys", json=key)).json()["key"]
    del client.headers["Authorization"]
    assert (await client.get(CALL, headers={"X-API-Key": made})).status_code == 403
    assert (await client.get(CALL)).status_code == 401
