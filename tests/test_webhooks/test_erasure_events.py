"""The event of an erased account: delivered after its webhook is gone, and then deleted."""

import pytest

from gwansang.container import Accounts
from gwansang.services.webhooks.backoff import MAX_ATTEMPTS
from tests.support.accounts import accounts_on, signed_up
from tests.support.deliveries import count_rows, erased, subscribed
from tests.support.fakes import MovingClock
from tests.support.receivers import Receiver, deliver_due, delivery_executor, ids_of, verify

pytestmark = pytest.mark.anyio


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
