"""Webhooks as their owners manage them: limited, sealed, with secrets that can be replaced, and theirs alone."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from gwansang.container import Accounts
from gwansang.services.accounts.user_service import EmailUnverifiedError
from gwansang.services.accounts.webhook_service import NewWebhookSecret, WebhookLimitError
from gwansang.services.webhooks.delivery_service import WebhookDeliveryNotFoundError, WebhookNotFoundError
from gwansang.services.webhooks.events import EVENTS
from gwansang.services.webhooks.signatures import sign
from gwansang.services.webhooks.targets import InvalidTargetError
from tests.support.accounts import accounts_on, signed_up
from tests.support.fakes import NOON, MovingClock
from tests.support.receivers import Receiver, deliver_due, delivery_executor, verify
from tests.test_services.test_sealing import query

pytestmark = pytest.mark.anyio
URL = "https://hooks.example.com/path/that/nobody/else/knows"


def test_the_signature_is_that_of_the_specification() -> None:
    """HMAC-SHA256 over `id.timestamp.body`, by the decoded key, computed here in the plainest way."""
    message_id, key = uuid4(), bytes(range(32))
    signed = hmac.new(key, f'{message_id}.1614265330.{{"test": 1}}'.encode(), hashlib.sha256).digest()
    secret = "whsec_" + base64.b64encode(key).decode()
    assert sign(secret, message_id, 1614265330, b'{"test": 1}') == "v1," + base64.b64encode(signed).decode()


async def test_url_and_secret_are_sealed_at_rest_and_the_secret_is_shown_once(
    accounts: Accounts, database_url: str
) -> None:
    me = await signed_up(accounts)
    created = await accounts.webhooks.create(me.id, URL, ["task.failed", "task.done", "task.done"], "ko")
    assert created.info.events == ("task.done", "task.failed")
    assert len(base64.b64decode(created.secret.removeprefix("whsec_"))) == 32
    assert await accounts.webhooks.get(me.id, created.info.id) == created.info
    rows = str(await query(database_url, "SELECT * FROM webhooks"))
    assert "nobody/else" not in rows
    assert created.secret.removeprefix("whsec_") not in rows
    exported = await accounts.exports.export(me.id)
    assert json.dumps(exported["webhooks"]).count(URL) == 1
    assert created.secret not in json.dumps(exported)
    assert {entry["event"] for entry in exported["audit"]} >= {"webhook_created"}  # type: ignore[union-attr, index]  # JSON


async def test_racing_requests_keep_the_limit_of_a_user(database_url: str) -> None:
    async with accounts_on(database_url, max_webhooks_per_user=3) as accounts:
        me = await signed_up(accounts)
        made = await asyncio.gather(
            *(accounts.webhooks.create(me.id, URL, EVENTS, "ko") for _ in range(6)), return_exceptions=True
        )
        assert sum(isinstance(one, NewWebhookSecret) for one in made) == 3
        assert sum(isinstance(one, WebhookLimitError) for one in made) == 3


async def test_an_unproven_user_and_a_hostile_url_make_no_webhook(accounts: Accounts) -> None:
    stranger = await signed_up(accounts, "stranger@example.com", proven=False)
    with pytest.raises(EmailUnverifiedError):
        await accounts.webhooks.create(stranger.id, URL, EVENTS, "ko")
    me = await signed_up(accounts)
    with pytest.raises(InvalidTargetError):
        await accounts.webhooks.create(me.id, "https://169.254.169.254/", EVENTS, "ko")
    webhook = await accounts.webhooks.create(me.id, URL, EVENTS, "ko")
    with pytest.raises(InvalidTargetError):
        await accounts.webhooks.change(me.id, webhook.info.id, url="http://hooks.example.com/")
    assert [one.url for one in await accounts.webhooks.list(me.id)] == [URL]


async def test_during_a_rotation_two_signatures_are_sent_and_then_one(
    accounts: Accounts, clock: MovingClock, receiver: Receiver
) -> None:
    me, executor = await signed_up(accounts), delivery_executor(accounts, clock)
    first = await accounts.webhooks.create(me.id, receiver.url, EVENTS, "ko")
    second = await accounts.webhooks.rotate_secret(me.id, first.info.id)
    assert second.secret != first.secret
    clock.advance(hours=23, minutes=59)
    await accounts.webhook_deliveries.send_test(me.id, first.info.id)
    await deliver_due(executor)
    for secret in (first.secret, second.secret):
        verify(secret, receiver.messages[0], clock.now.timestamp())
    clock.advance(minutes=1)
    await accounts.webhook_deliveries.send_test(me.id, first.info.id)
    await deliver_due(executor)
    verify(second.secret, receiver.messages[1], clock.now.timestamp())
    with pytest.raises(ValueError, match="signature"):
        verify(first.secret, receiver.messages[1], clock.now.timestamp())


async def test_a_recorded_or_changed_message_is_refused_by_the_receiver_of_the_documentation(
    accounts: Accounts, clock: MovingClock, receiver: Receiver
) -> None:
    me = await signed_up(accounts)
    webhook = await accounts.webhooks.create(me.id, receiver.url, EVENTS, "ko")
    await accounts.webhook_deliveries.send_test(me.id, webhook.info.id)
    await deliver_due(delivery_executor(accounts, clock))
    (message,) = receiver.messages
    now = NOON.timestamp()
    assert verify(webhook.secret, message, now + 299) == message.id
    for late in (-301, 301):
        with pytest.raises(ValueError, match="old"):
            verify(webhook.secret, message, now + late)
    message.headers["webhook-id"] = str(uuid4())
    with pytest.raises(ValueError, match="signature"):
        verify(webhook.secret, message, now)


async def test_the_webhooks_and_deliveries_of_others_do_not_exist(accounts: Accounts, receiver: Receiver) -> None:
    me, other = await signed_up(accounts), await signed_up(accounts, "other@example.com")
    webhook_id = (await accounts.webhooks.create(me.id, receiver.url, EVENTS, "ko")).info.id
    theirs = (await accounts.webhooks.create(other.id, receiver.url, EVENTS, "ko")).info.id
    delivery = await accounts.webhook_deliveries.send_test(me.id, webhook_id)
    webhooks, deliveries = accounts.webhooks, accounts.webhook_deliveries
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: webhooks.get(other.id, webhook_id),
        lambda: webhooks.change(other.id, webhook_id, enabled=False),
        lambda: webhooks.rotate_secret(other.id, webhook_id),
        lambda: webhooks.delete(other.id, webhook_id),
        lambda: deliveries.send_test(other.id, webhook_id),
        lambda: deliveries.page(other.id, webhook_id),
        lambda: deliveries.get(other.id, webhook_id, delivery.id),
        lambda: deliveries.redeliver(other.id, webhook_id, delivery.id),
    ]
    for call in calls:
        with pytest.raises(WebhookNotFoundError):
            await call()
    for deliver in (deliveries.get, deliveries.redeliver):
        with pytest.raises(WebhookDeliveryNotFoundError):
            await deliver(other.id, theirs, delivery.id)
    assert [one.id for one in await webhooks.list(me.id)] == [webhook_id]


async def test_a_deleted_webhook_takes_its_deliveries_with_it(accounts: Accounts, database_url: str) -> None:
    me = await signed_up(accounts)
    webhook = await accounts.webhooks.create(me.id, URL, EVENTS, "ko")
    await accounts.webhook_deliveries.send_test(me.id, webhook.info.id)
    await accounts.webhooks.delete(me.id, webhook.info.id)
    assert await query(database_url, "SELECT count(*) FROM webhook_deliveries") == [(0,)]
