"""Events are written with what they tell, delivered to real receivers, and tried again. On both databases, with a
clock that only the test moves."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from gwansang.container import Accounts
from gwansang.jobs.protocols import TaskReleased
from gwansang.services.tasks.kinds import FACE
from gwansang.services.webhooks.backoff import MAX_ATTEMPTS, delay_after
from gwansang.services.webhooks.delivery_executor import DeliveryExecutor
from gwansang.services.webhooks.outbox import WebhookOutbox
from tests.support.accounts import signed_up, stream
from tests.support.deliveries import cancelled_task, deliveries, subscribed
from tests.support.fakes import MovingClock
from tests.support.receivers import Receiver, deliver_due, delivery_executor, ids_of, verify

pytestmark = pytest.mark.anyio


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
