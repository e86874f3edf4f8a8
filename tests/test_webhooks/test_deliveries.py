"""Events are written with what they tell, delivered to real receivers, and tried again; nothing of them stays too
long. On both databases, with a clock that only the test moves."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from gwansang.container import Accounts
from gwansang.jobs.protocols import TaskReleased
from gwansang.services.accounts.webhook_service import NewWebhookSecret
from gwansang.services.tasks.kinds import FACE
from gwansang.services.tasks.task_service import TaskInfo
from gwansang.services.webhooks.backoff import DISABLED_AFTER, MAX_ATTEMPTS, delay_after
from gwansang.services.webhooks.delivery_executor import DeliveryExecutor, DisabledWebhook
from gwansang.services.webhooks.delivery_service import DeliveryInfo, WebhookDisabledError
from gwansang.services.webhooks.events import EVENTS
from gwansang.services.webhooks.outbox import WebhookOutbox
from tests.support.accounts import PASSWORD, accounts_on, signed_up, stream
from tests.support.fakes import MovingClock
from tests.support.receivers import Receiver, deliver_due, delivery_executor, ids_of, verify

pytestmark = pytest.mark.anyio


async def subscribed(accounts: Accounts, user_id: int, receiver: Receiver) -> NewWebhookSecret:
    return await accounts.webhooks.create(user_id, receiver.url, EVENTS, "en")


async def cancelled_task(accounts: Accounts, user_id: int) -> TaskInfo:
    """Submit a task and end it."""
    task = await accounts.tasks.submit(user_id, FACE, stream(b"a photo"))
    await accounts.tasks.cancel(user_id, task.id)
    return task


async def deliveries(accounts: Accounts, user_id: int, webhook_id: UUID) -> tuple[DeliveryInfo, ...]:
    return (await accounts.webhook_deliveries.page(user_id, webhook_id)).items


async def test_an_ended_task_is_told_to_every_webhook_that_subscribes_to_it(
    accounts: Accounts, clock: MovingClock, receiver: Receiver
) -> None:
    me, other = await signed_up(accounts), await signed_up(accounts, "other@example.com")
    mine = await subscribed(accounts, me.id, receiver)
    await accounts.webhooks.create(me.id, receiver.url, ["task.done"], "ko")
    await subscribed(accounts, other.id, receiver)
    task = await cancelled_task(accounts, me.id)
    assert await deliver_due(delivery_executor(accounts, clock)) == 1
    (message,) = receiver.messages
    assert verify(mine.secret, message, clock.now.timestamp()) == message.id
    assert message.content == {
        "id": message.id,
        "type": "task.cancelled",
        "version": "1",
        "timestamp": "2026-11-23T03:00:00.000Z",
        "data": {"task_id": str(task.id), "kind": "face"},
    }
    (delivery,) = await deliveries(accounts, me.id, mine.info.id)
    assert (str(delivery.id), delivery.status, delivery.due_at) == (message.id, "delivered", None)


async def test_an_event_is_stored_only_together_with_what_it_tells(
    accounts: Accounts, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = await signed_up(accounts)
    webhook = await subscribed(accounts, me.id, receiver)
    task = await accounts.tasks.submit(me.id, FACE, stream(b"a photo"))
    add = WebhookOutbox.add

    async def add_and_die(*arguments: object, **data: object) -> None:
        await add(*arguments, **data)  # type: ignore[arg-type]  # as they came
        raise RuntimeError("the process died")

    with monkeypatch.context() as patched:
        patched.setattr(WebhookOutbox, "add", add_and_die)
        with pytest.raises(RuntimeError, match="the process died"):
            await accounts.tasks.cancel(me.id, task.id)
    assert (await accounts.tasks.get(me.id, task.id)).status == "queued"
    assert await deliveries(accounts, me.id, webhook.info.id) == ()
    await accounts.tasks.cancel(me.id, task.id)
    assert [one.event for one in await deliveries(accounts, me.id, webhook.info.id)] == ["task.cancelled"]


async def during(clock: MovingClock, executor: DeliveryExecutor, minutes: int) -> None:
    """Let that time pass while a worker runs."""
    for _ in range(minutes // 2):
        await deliver_due(executor)
        clock.advance(minutes=2)


async def test_a_receiver_that_is_down_for_an_hour_gets_every_event_recognisable_as_the_same(
    accounts: Accounts, clock: MovingClock
) -> None:
    receiver, executor = Receiver(), delivery_executor(accounts, clock)
    with receiver.listening():
        pass  # it has a port, and does not listen on it any more
    me = await signed_up(accounts)
    webhook_id = (await subscribed(accounts, me.id, receiver)).info.id
    tasks = set()
    for _ in range(6):
        tasks.add(str((await cancelled_task(accounts, me.id)).id))
        await during(clock, executor, minutes=10)
    written = await deliveries(accounts, me.id, webhook_id)
    assert {delivery.status for delivery in written} == {"waiting"}
    receiver.statuses.extend([503, 500])  # it comes up slowly
    with receiver.listening():
        await during(clock, executor, minutes=180)
        for _ in range(2):  # answers got lost: the same message comes again
            await accounts.webhook_deliveries.redeliver(me.id, webhook_id, written[-1].id)
            await deliver_due(executor)
    assert {message.content["data"]["task_id"] for message in receiver.messages} == tasks
    assert ids_of(receiver.messages) == {delivery.id for delivery in written}
    assert len(receiver.messages) == 6 + 2 + 2
    same = {message.body for message in receiver.messages if UUID(message.id) == written[-1].id}
    assert len(same) == 1
    attempts = (await accounts.webhook_deliveries.get(me.id, webhook_id, written[-1].id)).attempts
    assert len(attempts) >= 6
    assert (attempts[0].error, attempts[-1].status_code) == ("unreachable", 204)


def test_attempts_go_on_for_more_than_a_day_at_growing_distances() -> None:
    delays = [delay_after(number, UUID(int=0)) for number in range(1, MAX_ATTEMPTS + 1)]
    assert delays[-1] is None
    waits = [delay for delay in delays if delay is not None]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=10)
    assert timedelta(hours=24) < sum(waits, timedelta()) < timedelta(hours=30)
    later = delay_after(3, uuid4())
    assert later is not None
    assert waits[2] <= later < waits[2] * 1.1


async def test_after_the_last_attempt_a_delivery_has_failed_and_can_be_sent_again(
    accounts: Accounts, clock: MovingClock, receiver: Receiver
) -> None:
    me, executor = await signed_up(accounts), delivery_executor(accounts, clock)
    webhook = await subscribed(accounts, me.id, receiver)
    await cancelled_task(accounts, me.id)
    receiver.statuses.extend([500] * MAX_ATTEMPTS)
    for _ in range(MAX_ATTEMPTS):
        assert await deliver_due(executor) == 1
        assert await deliver_due(executor) == 0  # not before its time
        clock.advance(hours=7)
    (failed,) = await deliveries(accounts, me.id, webhook.info.id)
    assert (failed.status, failed.due_at) == ("failed", None)
    assert await deliver_due(executor) == 0
    await accounts.webhook_deliveries.redeliver(me.id, webhook.info.id, failed.id)
    await deliver_due(executor)
    assert len(receiver.messages) == MAX_ATTEMPTS + 1
    (delivered,) = await deliveries(accounts, me.id, webhook.info.id)
    assert (delivered.id, delivered.status) == (failed.id, "delivered")


async def test_two_workers_with_one_attempt_note_it_once(
    accounts: Accounts, clock: MovingClock, receiver: Receiver
) -> None:
    """The first was taken for dead after it had sent the message, and comes back."""
    me, executor = await signed_up(accounts), delivery_executor(accounts, clock)
    webhook = await subscribed(accounts, me.id, receiver)
    await cancelled_task(accounts, me.id)
    (attempt_id,) = await executor.list_due(10)
    slow = delivery_executor(accounts, clock)
    request = await slow._load(attempt_id)
    assert request is not None
    receiver.statuses.append(503)
    outcome = await slow._send(request)
    await executor.execute(attempt_id)
    await slow._record(attempt_id, outcome)
    await executor.execute(attempt_id)  # nothing is left to do
    (delivery,) = await deliveries(accounts, me.id, webhook.info.id)
    details = await accounts.webhook_deliveries.get(me.id, webhook.info.id, delivery.id)
    assert (delivery.status, len(details.attempts)) == ("delivered", 1)
    assert len(receiver.messages) == 2
    assert len(ids_of(receiver.messages)) == 1


async def test_a_slow_webhook_leaves_room_for_the_others(accounts: Accounts, clock: MovingClock) -> None:
    me, other = await signed_up(accounts), await signed_up(accounts, "other@example.com")
    receiver, executor = Receiver(port=9), delivery_executor(accounts, clock)
    await subscribed(accounts, me.id, receiver)
    for _ in range(5):
        await cancelled_task(accounts, me.id)
    clock.advance(seconds=1)
    await subscribed(accounts, other.id, receiver)
    await cancelled_task(accounts, other.id)
    due = await executor.list_due(50)
    assert len(due) == 3
    await executor.mark_enqueued(due)
    assert await executor.list_due(50) == ()


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


async def test_withdrawn_consents_are_told_with_their_purpose(
    accounts: Accounts, clock: MovingClock, receiver: Receiver
) -> None:
    me = await signed_up(accounts)
    await subscribed(accounts, me.id, receiver)
    await accounts.consents.grant(me.id, "history")
    for _ in range(2):
        await accounts.consents.withdraw(me.id, "history")
    await deliver_due(delivery_executor(accounts, clock))
    (message,) = receiver.messages
    assert message.content["type"] == "data.erased"
    assert message.content["data"] == {"account_id": me.id, "reason": "consent", "purpose": "history"}


async def erased(accounts: Accounts, receiver: Receiver) -> tuple[int, NewWebhookSecret]:
    """Erase an account with a webhook and an event that waits; return its number and the webhook."""
    me = await signed_up(accounts)
    webhook = await subscribed(accounts, me.id, receiver)
    await accounts.webhooks.rotate_secret(me.id, webhook.info.id)
    await cancelled_task(accounts, me.id)
    await accounts.users.delete(me.id)
    return me.id, webhook


async def count_rows(accounts: Accounts) -> int:
    async with accounts.uow.read() as tx:
        return await tx.webhooks.deliveries._count()


async def test_the_erasure_of_its_owner_is_told_afterwards_and_then_nothing_is_left(
    accounts: Accounts, clock: MovingClock, receiver: Receiver
) -> None:
    user_id, webhook = await erased(accounts, receiver)
    async with accounts.uow.read() as tx:
        (row,) = await tx.webhooks.deliveries.list_not_sealed_by("", 10)
        assert (row.webhook_id, row.data) == (None, None)
        assert row.sealed is not None
        assert b"localhost" not in row.sealed
    receiver.statuses.append(503)
    executor = delivery_executor(accounts, clock)
    await deliver_due(executor)
    assert await count_rows(accounts) == 1
    clock.advance(seconds=30)
    await deliver_due(executor)
    assert [message.content["type"] for message in receiver.messages] == ["account.erased"] * 2
    assert len(ids_of(receiver.messages)) == 1
    assert receiver.messages[1].content["data"] == {"account_id": user_id, "webhook_id": str(webhook.info.id)}
    verify(webhook.secret, receiver.messages[1], clock.now.timestamp())  # by the secret before, which is still valid
    assert await count_rows(accounts) == 0


async def test_the_event_of_an_erasure_that_nobody_takes_is_deleted(accounts: Accounts, clock: MovingClock) -> None:
    executor = delivery_executor(accounts, clock)
    await erased(accounts, Receiver(port=9))
    for _ in range(MAX_ATTEMPTS):
        assert await count_rows(accounts) == 1
        await deliver_due(executor)
        clock.advance(hours=7)
    assert await count_rows(accounts) == 0
    await erased(accounts, Receiver(port=9))
    clock.advance(days=3, seconds=1)
    assert (await accounts.retention.run())["events"] == 1


async def test_the_event_of_an_erasure_survives_a_rotation_of_the_master_key(
    database_url: str, clock: MovingClock, receiver: Receiver
) -> None:
    old, new = (f"{name}:{char * 43}=" for name, char in (("old", "Q"), ("new", "A")))
    async with accounts_on(database_url, clock, webhook_local_targets=True, encryption_keys=old) as accounts:
        await erased(accounts, receiver)
    async with accounts_on(database_url, clock, encryption_keys=f"{new},{old}") as accounts:
        await accounts.key_rotation.run()
    async with accounts_on(database_url, clock, encryption_keys=new) as accounts:
        await deliver_due(delivery_executor(accounts, clock))
    assert [message.content["type"] for message in receiver.messages] == ["account.erased"]


async def test_a_missing_master_key_keeps_nobody_from_leaving(
    database_url: str, clock: MovingClock, receiver: Receiver
) -> None:
    async with accounts_on(database_url, clock, webhook_local_targets=True) as accounts:
        me = await signed_up(accounts)
        await subscribed(accounts, me.id, receiver)
    async with accounts_on(database_url, clock, encryption_keys=f"other:{'A' * 43}=") as accounts:
        await accounts.users.delete(me.id)
        assert await count_rows(accounts) == 0


async def test_deliveries_are_deleted_after_a_week(accounts: Accounts, clock: MovingClock, receiver: Receiver) -> None:
    me = await signed_up(accounts)
    webhook = await subscribed(accounts, me.id, receiver)
    await cancelled_task(accounts, me.id)
    await deliver_due(delivery_executor(accounts, clock))
    clock.advance(days=7)
    assert (await accounts.retention.run())["events"] == 0
    assert len(await deliveries(accounts, me.id, webhook.info.id)) == 1
    clock.advance(seconds=1)
    assert (await accounts.retention.run())["events"] == 1
    assert await deliveries(accounts, me.id, webhook.info.id) == ()


async def test_a_worker_that_stops_begins_no_attempt(accounts: Accounts, clock: MovingClock) -> None:
    executor = delivery_executor(accounts, clock)
    executor.stop()
    with pytest.raises(TaskReleased):
        await executor.execute(uuid4())
