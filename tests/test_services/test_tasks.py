"""Tasks as their owners see them, before a worker executes them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy.exc import InvalidRequestError

from gwansang.container import Accounts
from gwansang.core.paging import PageRequest
from gwansang.services.accounts.user_service import UserNotFoundError
from gwansang.services.tasks import task_service
from gwansang.services.tasks.kinds import FACE, IMPORT
from gwansang.services.tasks.task_service import (
    IdempotencyKeyReusedError,
    TaskInfo,
    TaskNotFoundError,
    TooManyTasksError,
)
from tests.support.accounts import accounts_on, signed_up, stream
from tests.support.fakes import NOON, MovingClock

pytestmark = pytest.mark.anyio
PHOTO = b"every pixel of a face"


@pytest.fixture
async def accounts(database_url: str, clock: MovingClock, tmp_path: Path) -> AsyncIterator[Accounts]:
    async with accounts_on(database_url, clock, storage_folder=tmp_path, max_unfinished_tasks=3) as opened:
        yield opened


async def submit(accounts: Accounts, user_id: int, key: str | None = None, photo: bytes = PHOTO) -> TaskInfo:
    return await accounts.tasks.submit(user_id, FACE, stream(photo), key)


def read_files(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


async def test_a_submitted_task_is_queued_and_its_input_is_stored_sealed(accounts: Accounts, tmp_path: Path) -> None:
    me = await signed_up(accounts)
    task = await submit(accounts, me.id)
    assert await accounts.tasks.get(me.id, task.id) == task
    assert (task.status, task.progress, task.result, task.error) == ("queued", 0.0, None, None)
    (stored,) = read_files(tmp_path)
    assert PHOTO not in stored


async def test_the_task_of_another_user_does_not_exist(accounts: Accounts) -> None:
    me, other = await signed_up(accounts), await signed_up(accounts, "other@example.com")
    task = await submit(accounts, me.id)
    for call in (accounts.tasks.get, accounts.tasks.cancel):
        with pytest.raises(TaskNotFoundError):
            await call(other.id, task.id)
        with pytest.raises(TaskNotFoundError):
            await call(me.id, uuid4())
    with pytest.raises(TaskNotFoundError):
        await anext(accounts.tasks.events(other.id, task.id))
    assert (await accounts.tasks.get(me.id, task.id)).status == "queued"


async def test_racing_submissions_keep_the_limit_of_unfinished_tasks(accounts: Accounts, tmp_path: Path) -> None:
    me, other = await signed_up(accounts), await signed_up(accounts, "other@example.com")
    results = await asyncio.gather(*(submit(accounts, me.id) for _ in range(10)), return_exceptions=True)
    tasks = [result for result in results if isinstance(result, TaskInfo)]
    assert len(tasks) == 3
    assert all(isinstance(result, TaskInfo | TooManyTasksError) for result in results)
    assert len(read_files(tmp_path)) == 3
    await submit(accounts, other.id)
    await accounts.tasks.cancel(me.id, tasks[0].id)
    await submit(accounts, me.id)


async def test_twenty_racing_submissions_with_one_key_create_one_task(accounts: Accounts, tmp_path: Path) -> None:
    me = await signed_up(accounts)
    tasks = await asyncio.gather(*(submit(accounts, me.id, "key") for _ in range(20)))
    assert len({task.id for task in tasks}) == 1
    assert len(read_files(tmp_path)) == 1


async def test_an_idempotency_key_identifies_one_request_of_one_user(accounts: Accounts) -> None:
    me, other = await signed_up(accounts), await signed_up(accounts, "other@example.com")
    mine = await submit(accounts, me.id, "key")
    with pytest.raises(IdempotencyKeyReusedError):
        await submit(accounts, me.id, "key", b"another photo")
    assert (await submit(accounts, other.id, "key")).id != mine.id
    await accounts.tasks.cancel(me.id, mine.id)
    assert (await submit(accounts, me.id, "key")).status == "cancelled"  # the task of the same request


async def test_a_cancelled_task_stays_cancelled_and_its_input_is_deleted(
    accounts: Accounts, clock: MovingClock, tmp_path: Path
) -> None:
    me = await signed_up(accounts)
    task = await submit(accounts, me.id)
    for _ in range(2):
        await accounts.tasks.cancel(me.id, task.id)
        cancelled = await accounts.tasks.get(me.id, task.id)
        assert (cancelled.status, cancelled.finished_at, cancelled.expires_at) == (
            "cancelled",
            clock.now,
            clock.now + timedelta(hours=24),
        )
    assert cancelled.version == task.version + 1
    assert read_files(tmp_path) == []


async def test_a_watcher_is_woken_at_every_change_up_to_the_end_and_can_resume(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_service, "_POLL_S", 3600.0)
    me = await signed_up(accounts)
    task = await submit(accounts, me.id)
    watching = accounts.tasks.events(me.id, task.id)
    assert await anext(watching) == task
    next_event = asyncio.ensure_future(anext(watching))
    await asyncio.sleep(0.05)
    await accounts.tasks.cancel(me.id, task.id)
    cancelled = await asyncio.wait_for(next_event, 60)
    assert cancelled.status == "cancelled"
    with pytest.raises(StopAsyncIteration):
        await anext(watching)
    events = accounts.tasks.events(me.id, task.id, after_version=cancelled.version)
    assert [event async for event in events] == [cancelled]


async def test_a_watcher_of_a_task_that_is_erased_gets_an_error(accounts: Accounts, tmp_path: Path) -> None:
    me = await signed_up(accounts)
    task = await submit(accounts, me.id)
    watching = accounts.tasks.events(me.id, task.id, after_version=task.version)
    next_event = asyncio.ensure_future(anext(watching))
    await asyncio.sleep(0.05)
    await accounts.users.delete(me.id)
    with pytest.raises(TaskNotFoundError):
        await next_event
    assert read_files(tmp_path) == []


async def test_listing_tasks_does_not_load_their_results(accounts: Accounts) -> None:
    me = await signed_up(accounts)
    await submit(accounts, me.id)
    async with accounts.uow.read() as tx:
        (row,) = (await tx.tasks.page(me.id, PageRequest(1, 20), NOON)).items
        with pytest.raises(InvalidRequestError):  # twenty of them can be a hundred megabytes
            _ = row.result


async def test_a_submission_of_a_missing_user_stores_nothing(accounts: Accounts, tmp_path: Path) -> None:
    with pytest.raises(UserNotFoundError):
        await accounts.tasks.submit(12345, IMPORT, stream(PHOTO))
    assert read_files(tmp_path) == []


async def test_queries_accept_more_ids_than_a_statement_has_parameters(accounts: Accounts) -> None:
    me = await signed_up(accounts)
    task = await submit(accounts, me.id)
    task_ids = (*(uuid4() for _ in range(40_000)), task.id)
    async with accounts.uow.write() as tx:
        assert await tx.tasks.list_statuses(task_ids) == {task.id: "queued"}
        await tx.tasks.mark_enqueued(task_ids, accounts.job_resources.clock())
        assert await tx.tasks.list_not_enqueued(10) == ()


async def test_an_expired_task_is_hidden_before_it_is_deleted_and_its_key_is_free(
    accounts: Accounts, clock: MovingClock
) -> None:
    me = await signed_up(accounts)
    first = await submit(accounts, me.id, "my key")
    await accounts.tasks.cancel(me.id, first.id)
    clock.advance(hours=24)
    for call in (accounts.tasks.get, accounts.tasks.cancel):
        with pytest.raises(TaskNotFoundError):
            await call(me.id, first.id)
    assert (await accounts.tasks.page(me.id)).items == ()
    second = await submit(accounts, me.id, "my key", b"another photo")
    assert second.id != first.id


async def test_expired_tasks_are_deleted_without_an_engine(accounts: Accounts, clock: MovingClock) -> None:
    me = await signed_up(accounts)
    ended, waiting = await submit(accounts, me.id), await submit(accounts, me.id)
    await accounts.tasks.cancel(me.id, ended.id)
    assert await accounts.tasks.delete_expired() == 0
    clock.advance(days=2)
    assert await accounts.tasks.delete_expired() == 1
    assert (await accounts.tasks.get(me.id, waiting.id)).status == "queued"
