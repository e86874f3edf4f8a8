"""Webhooks that are disabled, and users who are: what is sent meanwhile and afterwards."""

import pytest

from gwansang.container import Accounts
from gwansang.services.webhooks.backoff import DISABLED_AFTER
from gwansang.services.webhooks.delivery_executor import DisabledWebhook
from gwansang.services.webhooks.delivery_service import WebhookDisabledError
from tests.support.accounts import PASSWORD, signed_up
from tests.support.deliveries import cancelled_task, subscribed
from tests.support.fakes import MovingClock
from tests.support.receivers import Receiver, deliver_due, delivery_executor

pytestmark = pytest.mark.anyio


async def test_a_webhook_that_only_fails_is_disabled_after_days_and_its_owner_is_told(
    accounts: Accounts, clock: MovingClock, receiver: Receiver
) -> None:
    told: list[DisabledWebhook] = []

    async def notify(disabled: DisabledWebhook) -> None:
        told.append(disabled)

    me, executor = await signed_up(accounts), delivery_executor(accounts, clock, notify=notify)
    webhook = await subscribed(accounts, me.id, receiver)
    receiver.statuses.extend([500] * 100)
    for _ in range(DISABLED_AFTER.days):
        await cancelled_task(accounts, me.id)
        await deliver_due(executor)
        assert (await accounts.webhooks.get(me.id, webhook.info.id)).is_enabled
        clock.advance(days=1)
    await deliver_due(executor)
    disabled = await accounts.webhooks.get(me.id, webhook.info.id)
    assert (disabled.is_enabled, disabled.disabled_reason) == (False, "failing")
    assert told == [DisabledWebhook(me.id, "failing", "en")]
    with pytest.raises(WebhookDisabledError):
        await accounts.webhook_deliveries.send_test(me.id, webhook.info.id)
    receiver.statuses.clear()
    before = len(receiver.messages)
    assert await deliver_due(executor) == 0
    await accounts.webhooks.change(me.id, webhook.info.id, enabled=True)
    await deliver_due(executor)
    assert len(receiver.messages) > before  # what waited meanwhile
    assert (await accounts.webhooks.get(me.id, webhook.info.id)).failing_since is None


async def test_a_receiver_that_answers_gone_is_disabled_at_once(
    accounts: Accounts, clock: MovingClock, receiver: Receiver
) -> None:
    me = await signed_up(accounts)
    webhook = await subscribed(accounts, me.id, receiver)
    receiver.statuses.append(410)
    await accounts.webhook_deliveries.send_test(me.id, webhook.info.id)
    await deliver_due(delivery_executor(accounts, clock))
    assert (await accounts.webhooks.get(me.id, webhook.info.id)).disabled_reason == "gone"


async def test_a_deactivated_user_gets_no_messages(accounts: Accounts, clock: MovingClock, receiver: Receiver) -> None:
    me = await signed_up(accounts)
    await accounts.users.register("admin@example.com", "admin", PASSWORD, is_admin=True)
    await subscribed(accounts, me.id, receiver)
    await cancelled_task(accounts, me.id)
    await accounts.users.update(me.id, is_active=False)
    executor = delivery_executor(accounts, clock)
    assert await deliver_due(executor) == 0
    await accounts.users.update(me.id, is_active=True)
    assert await deliver_due(executor) == 1
