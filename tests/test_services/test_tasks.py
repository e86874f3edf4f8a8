"""Tasks as their owners see them, before anybody works on them."""

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
from gwansang.services.tasks.task_service import (
    IdempotencyKeyReusedError,
    TaskInfo,
    TaskNotFoundError,
    TooManyTasksError,
)
from tests.support.accounts import accounts_on, signed_up
from tests.support.fakes import NOON, MovingClock

pytestmark = pytest.mark.anyio
PHOTO = b"every pixel of a face"
SHA = "a" * 64


@pytest.fixture
async def accounts(database_url: str, clock: MovingClock, tmp_path: Path) -> AsyncIterator[Accounts]:
    async with accounts_on(database_url, clock, storage_folder=tmp_path, max_unfinished_tasks=3) as opened:
        yield opened


async def submit(accounts: Accounts, user_id: int, key: str | None = None, sha256: str = SHA) -> TaskInfo:
    return await accounts.tasks.submit(
        user_id, "face", {"locale": "ko"}, [PHOTO], request_sha256=sha256, idempotency_key=key
    )


def files(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


async def test_a_submitted_task_waits_and_its_input_lies_sealed(accounts: Accounts, tmp_path: Path) -> None:
    me = await signed_up(accounts)
    task = await submit(accounts, me.id)
    assert await accounts.tasks.get(me.id, task.id) == task
    assert (task.status, task.progress, task.result, task.error) == ("queued", 0.0, None, None)
    (kept,) = files(tmp_path)
    assert PHOTO not in kept


async def test_a_task_of_somebody_else_does_not_exist(accounts: Accounts) -> None:
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


async def test_a_user_has_so_many_unfinished_tasks_and_not_more_even_when_they_race(
    accounts: Accounts, tmp_path: Path
) -> None:
    me, other = await signed_up(accounts), await signed_up(accounts, "other@example.com")
    told = await asyncio.gather(*(submit(accounts, me.id) for _ in range(10)), return_exceptions=True)
    tasks = [one for one in told if isinstance(one, TaskInfo)]
    assert len(tasks) == 3
    assert all(isinstance(one, TaskInfo | TooManyTasksError) for one in told)
    assert len(files(tmp_path)) == 3
    await submit(accounts, other.id)
    await accounts.tasks.cancel(me.id, tasks[0].id)
    await submit(accounts, me.id)


async def test_of_twenty_racing_submissions_with_one_key_there_is_one_task(accounts: Accounts, tmp_path: Path) -> None:
    me = await signed_up(accounts)
    told = await asyncio.gather(*(submit(accounts, me.id, "key") for _ in range(20)))
    assert len({one.id for one in told}) == 1
    assert len(files(tmp_path)) == 1


async def test_a_key_means_one_request_of_one_user(accounts: Accounts) -> None:
    me, other = await signed_up(accounts), await signed_up(accounts, "other@example.com")
    mine = await submit(accounts, me.id, "key")
    with pytest.raises(IdempotencyKeyReusedError):
        await submit(accounts, me.id, "key", "b" * 64)
    assert (await submit(accounts, other.id, "key")).id != mine.id
    await accounts.tasks.cancel(me.id, mine.id)
    assert (await submit(accounts, me.id, "key")).status == "cancelled"  # the same request, and what became of it


async def test_a_cancelled_task_stays_cancelled_and_its_input_is_gone(
    accounts: Accounts, clock: MovingClock, tmp_path: Path
) -> None:
    me = await signed_up(accounts)
    task = await submit(accounts, me.id)
    for _ in range(2):
        await accounts.tasks.cancel(me.id, task.id)
        told = await accounts.tasks.get(me.id, task.id)
        assert (told.status, told.finished_at, told.expires_at) == (
            "cancelled",
            clock.now,
            clock.now + timedelta(hours=24),
        )
    assert told.version == task.version + 1
    assert files(tmp_path) == []


async def test_whoever_watches_sees_each_change_up_to_the_end_and_can_come_back(accounts: Accounts) -> None:
    me = await signed_up(accounts)
    task = await submit(accounts, me.id)
    watching = accounts.tasks.events(me.id, task.id)
    assert await anext(watching) == task
    coming = asyncio.ensure_future(anext(watching))
    await asyncio.sleep(0.05)
    await accounts.tasks.cancel(me.id, task.id)
    told = await asyncio.wait_for(coming, 0.4)  # woken: sooner than it would have looked
    assert told.status == "cancelled"
    with pytest.raises(StopAsyncIteration):
        await anext(watching)
    assert [one async for one in accounts.tasks.events(me.id, task.id, after_version=told.version)] == [told]


async def test_whoever_watches_learns_that_a_task_was_erased(accounts: Accounts, tmp_path: Path) -> None:
    me = await signed_up(accounts)
    task = await submit(accounts, me.id)
    watching = accounts.tasks.events(me.id, task.id, after_version=task.version)
    coming = asyncio.ensure_future(anext(watching))
    await asyncio.sleep(0.05)
    await accounts.users.delete(me.id)
    with pytest.raises(TaskNotFoundError):
        await coming
    assert files(tmp_path) == []


async def test_a_list_leaves_results_where_they_are(accounts: Accounts) -> None:
    me = await signed_up(accounts)
    await submit(accounts, me.id)
    async with accounts.uow.read() as tx:
        (row,) = (await tx.tasks.page(me.id, PageRequest(1, 20), NOON)).items
        with pytest.raises(InvalidRequestError):  # twenty of them may be a hundred megabytes
            _ = row.result


async def test_nothing_is_kept_for_somebody_who_is_gone(accounts: Accounts, tmp_path: Path) -> None:
    with pytest.raises(UserNotFoundError):
        await submit(accounts, 12345)
    assert files(tmp_path) == []


async def test_any_number_of_tasks_may_wait_while_no_worker_is_there(accounts: Accounts) -> None:
    me = await signed_up(accounts)
    task = await submit(accounts, me.id)
    asked = (*(uuid4() for _ in range(40_000)), task.id)  # more than a statement can have parameters
    async with accounts.uow.write() as tx:
        assert await tx.tasks.unfinished_among(asked) == {task.id}
        await tx.tasks.mark_enqueued(asked, accounts.job_resources.clock())
        assert await tx.tasks.not_enqueued(10) == ()


async def test_an_expired_task_is_gone_before_it_is_swept_and_its_key_is_free(
    accounts: Accounts, clock: MovingClock
) -> None:
    me = await signed_up(accounts)
    first = await submit(accounts, me.id, "my key")
    await accounts.tasks.cancel(me.id, first.id)
    clock.pass_by(hours=24)
    for call in (accounts.tasks.get, accounts.tasks.cancel):
        with pytest.raises(TaskNotFoundError):
            await call(me.id, first.id)
    assert (await accounts.tasks.page(me.id)).items == ()
    second = await submit(accounts, me.id, "my key", "b" * 64)
    assert second.id != first.id


async def test_expired_tasks_are_swept_where_no_engine_runs(accounts: Accounts, clock: MovingClock) -> None:
    me = await signed_up(accounts)
    ended, waiting = await submit(accounts, me.id), await submit(accounts, me.id)
    await accounts.tasks.cancel(me.id, ended.id)
    assert await accounts.tasks.delete_expired() == 0
    clock.pass_by(days=2)
    assert await accounts.tasks.delete_expired() == 1
    assert (await accounts.tasks.get(me.id, waiting.id)).status == "queued"
