"""Deliveries whose webhook is deleted meanwhile, whose secrets can't be opened, or of which too many wait."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from gwansang.container import Accounts
from gwansang.services.accounts.webhook_service import NewWebhookSecret
from gwansang.services.webhooks.delivery_service import MAX_WAITING, DeliveryDetails, WebhookBacklogError
from gwansang.services.webhooks.outbox import WebhookOutbox
from tests.support.accounts import accounts_on, signed_up
from tests.support.deliveries import cancelled_task, count_rows, erased, subscribed
from tests.support.fakes import MovingClock
from tests.support.receivers import Receiver, deliver_due, delivery_executor

pytestmark = pytest.mark.anyio
KEYS = "old:" + "Q" * 43 + "="
OTHER_KEYS = "other:" + "A" * 43 + "="


async def anyone_waits(accounts: Accounts) -> bool:
    """Return whether a transaction waits for the lock of another one."""
    async with accounts.uow.read() as tx:
        waiting = await tx.webhooks._session.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        return bool(waiting.scalar_one())


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writing transaction at a time
async def test_a_webhook_that_is_deleted_while_its_event_is_written_does_not_undo_what_happened(
    accounts: Accounts, clock: MovingClock, receiver: Receiver
) -> None:
    me = await signed_up(accounts)
    webhook_id = (await subscribed(accounts, me.id, receiver)).info.id
    async with accounts.uow.write() as tx:
        (webhook,) = await tx.webhooks.list_enabled(me.id)
        deletion = asyncio.create_task(accounts.webhooks.delete(me.id, webhook_id))
        async with asyncio.timeout(20):
            while not await anyone_waits(accounts):
                if deletion.done():
                    break
                await asyncio.sleep(0.01)
        outbox = WebhookOutbox(accounts.sealer, clock=clock, new_id=lambda: UUID(int=1))
        await tx.webhooks.deliveries.add(outbox.new_delivery(webhook.id, "task.done", {}))
    await deletion
    assert await count_rows(accounts) == 0


async def only_delivery(accounts: Accounts, user_id: int, webhook: NewWebhookSecret) -> DeliveryDetails:
    """Return the one delivery to a webhook, with its attempts."""
    (delivery,) = (await accounts.webhook_deliveries.page(user_id, webhook.info.id)).items
    return await accounts.webhook_deliveries.get(user_id, webhook.info.id, delivery.id)


async def test_a_delivery_whose_secret_cannot_be_opened_fails_and_is_tried_again_later(
    database_url: str, clock: MovingClock, receiver: Receiver
) -> None:
    async with accounts_on(database_url, clock, webhook_local_targets=True, encryption_keys=KEYS) as accounts:
        me = await signed_up(accounts)
        webhook = await subscribed(accounts, me.id, receiver)
        await cancelled_task(accounts, me.id)
    async with accounts_on(database_url, clock, encryption_keys=OTHER_KEYS) as accounts:
        executor = delivery_executor(accounts, clock)
        assert await deliver_due(executor) == 1
        assert await deliver_due(executor) == 0  # not before its time
        details = await only_delivery(accounts, me.id, webhook)
        assert [attempt.error for attempt in details.attempts] == ["unreadable"]
        assert details.info.due_at is not None
        assert details.info.due_at >= clock.now + timedelta(seconds=10)
        clock.advance(minutes=1)
        await deliver_due(executor)
    async with accounts_on(database_url, clock, webhook_local_targets=True, encryption_keys=KEYS) as accounts:
        assert (await accounts.webhooks.get(me.id, webhook.info.id)).failing_since is None  # its receiver did not fail
        clock.advance(minutes=10)
        await deliver_due(delivery_executor(accounts, clock))
        details = await only_delivery(accounts, me.id, webhook)
    assert [attempt.error for attempt in details.attempts] == ["unreadable", "unreadable", None]
    assert len(receiver.messages) == 1


async def test_a_user_without_a_key_has_failed_attempts(
    accounts: Accounts, clock: MovingClock, receiver: Receiver
) -> None:
    me = await signed_up(accounts)
    webhook = await subscribed(accounts, me.id, receiver)
    await cancelled_task(accounts, me.id)
    async with accounts.uow.write() as tx:
        await tx.user_keys._session.execute(text("DELETE FROM user_keys"))
    await deliver_due(delivery_executor(accounts, clock))
    details = await only_delivery(accounts, me.id, webhook)
    assert [attempt.error for attempt in details.attempts] == ["unreadable"]


async def test_the_event_of_an_erasure_that_cannot_be_opened_waits_for_the_master_key(
    database_url: str, clock: MovingClock, receiver: Receiver
) -> None:
    async with accounts_on(database_url, clock, webhook_local_targets=True, encryption_keys=KEYS) as accounts:
        await erased(accounts, receiver)
    async with accounts_on(database_url, clock, encryption_keys=OTHER_KEYS) as accounts:
        assert await deliver_due(delivery_executor(accounts, clock)) == 1
        assert await count_rows(accounts) == 1
        clock.advance(minutes=1)
    async with accounts_on(database_url, clock, encryption_keys=KEYS) as accounts:
        await deliver_due(delivery_executor(accounts, clock))
        assert await count_rows(accounts) == 0
    assert len(receiver.messages) == 1


async def test_no_more_than_two_attempts_of_a_webhook_are_under_way(
    accounts: Accounts, clock: MovingClock, receiver: Receiver
) -> None:
    me, executor = await signed_up(accounts), delivery_executor(accounts, clock)
    await subscribed(accounts, me.id, receiver)
    await cancelled_task(accounts, me.id)
    first = await executor.list_due(50)
    await executor.mark_enqueued(first)
    for _ in range(3):
        await cancelled_task(accounts, me.id)
    second = await executor.list_due(50)
    assert (len(first), len(second)) == (1, 1)
    await executor.mark_enqueued(second)
    assert await executor.list_due(50) == ()


async def test_a_new_url_has_not_failed_yet(accounts: Accounts, clock: MovingClock, receiver: Receiver) -> None:
    me = await signed_up(accounts)
    webhook_id = (await subscribed(accounts, me.id, receiver)).info.id
    receiver.statuses.append(500)
    await cancelled_task(accounts, me.id)
    await deliver_due(delivery_executor(accounts, clock))
    for url, failing in ((receiver.url, True), (f"{receiver.url}/new", False)):
        changed = await accounts.webhooks.change(me.id, webhook_id, url=url)
        assert (changed.failing_since is not None) == failing


async def test_no_more_than_twenty_deliveries_are_added_while_none_is_received(
    accounts: Accounts, clock: MovingClock, receiver: Receiver
) -> None:
    me, deliveries = await signed_up(accounts), accounts.webhook_deliveries
    webhook_id = (await subscribed(accounts, me.id, receiver)).info.id
    received = await deliveries.send_test(me.id, webhook_id)
    await deliver_due(delivery_executor(accounts, clock))
    waiting = [await deliveries.send_test(me.id, webhook_id) for _ in range(MAX_WAITING)]
    with pytest.raises(WebhookBacklogError) as refused:
        await deliveries.send_test(me.id, webhook_id)
    assert refused.value.context == {"limit": MAX_WAITING, "retry_after_s": 30}
    with pytest.raises(WebhookBacklogError):
        await deliveries.redeliver(me.id, webhook_id, received.id)
    await deliveries.redeliver(me.id, webhook_id, waiting[0].id)  # adds nothing
    other = (await subscribed(accounts, me.id, receiver)).info.id
    await deliveries.send_test(me.id, other)
    await deliver_due(delivery_executor(accounts, clock))
    assert (await deliveries.redeliver(me.id, webhook_id, received.id)).status == "waiting"


async def test_an_export_reads_the_deliveries_in_pages_and_has_each_once(
    accounts: Accounts, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gwansang.services.takeout.export_service._DELIVERIES_PAGE", 2)
    me = await signed_up(accounts)
    webhook_id = (await subscribed(accounts, me.id, receiver)).info.id
    added = {str((await accounts.webhook_deliveries.send_test(me.id, webhook_id)).id) for _ in range(5)}
    exported = (await accounts.exports.collect(me.id)).export.webhook_deliveries
    assert len(exported) == 5
    assert {str(one.id) for one in exported} == added


async def test_a_rotation_leaves_events_that_cannot_be_opened_and_seals_the_others(
    database_url: str, clock: MovingClock, receiver: Receiver
) -> None:
    for keys in (KEYS, OTHER_KEYS):
        async with accounts_on(database_url, clock, webhook_local_targets=True, encryption_keys=keys) as accounts:
            await erased(accounts, receiver)
    new = "new:" + "U" * 43 + "="
    async with accounts_on(database_url, clock, encryption_keys=f"{new},{KEYS}") as accounts:
        usage = await accounts.key_rotation.usage()
        assert (dict(usage.events), usage.missing) == ({"old": 1, "other": 1}, ("other",))
        await accounts.key_rotation.run()
        assert dict((await accounts.key_rotation.usage()).events) == {"new": 1, "other": 1}
    async with accounts_on(database_url, clock, encryption_keys=new) as accounts:
        await deliver_due(delivery_executor(accounts, clock))
    assert len(receiver.messages) == 1
