"""Events are delivered by workers through the job engine, whichever of them is killed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from gwansang.container import Accounts
from gwansang.services.webhooks.delivery_service import DeliveryDetails
from gwansang.services.webhooks.events import EVENTS
from tests.support.accounts import signed_up
from tests.support.receivers import Receiver, ids_of
from tests.test_jobs.counting import PATIENCE_S, open_accounts_at, open_worker_at, submit
from tests.test_jobs.engine_tables import wait_until_deleted
from tests.test_jobs.processes import run_workers
from tests.test_services.test_sealing import query

pytestmark = pytest.mark.anyio


class Subscriber:
    """A user with a webhook to a receiver."""

    def __init__(self, accounts: Accounts, user_id: int, webhook_id: UUID) -> None:
        self._accounts = accounts
        self._user_id = user_id
        self._webhook_id = webhook_id

    async def cancel_a_task(self) -> None:
        """Cause an event."""
        task = await submit(self._accounts, self._user_id)
        await self._accounts.tasks.cancel(self._user_id, task.id)

    async def deliveries(self) -> list[DeliveryDetails]:
        """Return every delivery with its attempts."""
        deliveries = self._accounts.webhook_deliveries
        page = await deliveries.page(self._user_id, self._webhook_id)
        return [await deliveries.get(self._user_id, self._webhook_id, item.id) for item in page.items]

    async def delivered(self) -> list[DeliveryDetails]:
        """Return every delivery once all have been received."""
        while True:
            deliveries = await self.deliveries()
            if deliveries and all(one.info.status == "delivered" for one in deliveries):
                return deliveries
            await asyncio.sleep(0.05)


@asynccontextmanager
async def subscriber_on(url: str, folder: Path, receiver: Receiver) -> AsyncIterator[Subscriber]:
    async with open_accounts_at(url, folder / "storage", webhook_local_targets=True) as accounts:
        me = await signed_up(accounts)
        webhook = await accounts.webhooks.create(me.id, receiver.url, EVENTS, "ko")
        yield Subscriber(accounts, me.id, webhook.info.id)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(0.02)


async def test_events_of_a_process_that_died_after_the_commit_are_delivered_by_the_next_worker(
    database_url: str, folder: Path
) -> None:
    with Receiver().listening() as receiver:
        async with subscriber_on(database_url, folder, receiver) as subscriber:
            for _ in range(5):
                await subscriber.cancel_a_task()
            async with open_worker_at(database_url, folder, eager=False), asyncio.timeout(PATIENCE_S):
                done = await subscriber.delivered()
                for (attempt_id,) in await query(database_url, "SELECT id FROM webhook_attempts"):
                    await wait_until_deleted(database_url, str(UUID(str(attempt_id))))  # nothing is left in the engine
    assert [len(one.attempts) for one in done] == [1] * 5
    assert ids_of(receiver.messages) == {one.info.id for one in done}
    assert len(receiver.messages) == 5


async def test_a_worker_that_stops_lets_the_attempts_end_that_are_under_way(
    database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gwansang.services.tasks.worker._CANCEL_GRACE_S", 0.0)
    with Receiver().listening() as receiver:
        async with subscriber_on(database_url, folder, receiver) as subscriber:
            await subscriber.cancel_a_task()
            receiver.answers.clear()
            async with open_worker_at(database_url, folder):
                await until(lambda: bool(receiver.messages))
                asyncio.get_running_loop().call_later(0.3, receiver.answers.set)  # the worker stops meanwhile
            (done,) = await subscriber.deliveries()
    assert [attempt.status_code for attempt in done.attempts] == [204]


async def test_a_worker_that_is_killed_while_it_sends_is_followed_by_another_with_the_same_message(
    database_url: str, folder: Path
) -> None:
    with Receiver().listening() as receiver:
        receiver.answers.clear()
        async with subscriber_on(database_url, folder, receiver) as subscriber:
            await subscriber.cancel_a_task()
            with run_workers(1, database_url, folder) as (first,):
                await until(lambda: len(receiver.messages) == 1)
                with run_workers(1, database_url, folder):
                    first.kill()
                    receiver.answers.set()
                    async with asyncio.timeout(PATIENCE_S):
                        (delivery,) = await subscriber.delivered()
    assert len(receiver.messages) == 2
    assert ids_of(receiver.messages) == {delivery.info.id}
    assert len({message.body for message in receiver.messages}) == 1
    assert [attempt.status_code for attempt in delivery.attempts] == [204]


async def test_a_worker_that_stops_lets_its_attempt_end(database_url: str, folder: Path) -> None:
    with Receiver().listening() as receiver:
        receiver.answers.clear()
        async with subscriber_on(database_url, folder, receiver) as subscriber:
            await subscriber.cancel_a_task()
            async with open_worker_at(database_url, folder):
                await until(lambda: len(receiver.messages) == 1)
                asyncio.get_running_loop().call_later(0.2, receiver.answers.set)
            async with asyncio.timeout(PATIENCE_S):
                (delivery,) = await subscriber.delivered()
    assert len(receiver.messages) == 1
    assert [attempt.status_code for attempt in delivery.attempts] == [204]
