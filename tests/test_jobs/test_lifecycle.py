"""The ends of a task: done, failed, cancelled or erased, and the data that remains."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from gwansang.container import Accounts
from gwansang.core.exceptions import Unavailable
from gwansang.services.accounts.user_service import UserInfo
from gwansang.services.tasks.job import JobResult, TaskContext
from gwansang.services.tasks.task_service import TaskNotFoundError
from gwansang.services.tasks.worker import PollIntervals
from gwansang.vision.errors import FaceBlurredError
from tests.support.accounts import signed_up
from tests.test_jobs.counting import (
    PATIENCE_S,
    CountingJob,
    open_accounts_at,
    open_worker_at,
    submit,
    wait_until_advanced,
    wait_until_ended,
    wait_until_inputs_deleted,
)
from tests.test_jobs.engine_tables import dump_engine_tables, wait_until_deleted

pytestmark = pytest.mark.anyio


@dataclass
class Scene:
    """A worker in this process, a user, and the job."""

    accounts: Accounts
    me: UserInfo
    job: CountingJob


@pytest.fixture
async def scene(database_url: str, folder: Path) -> AsyncIterator[Scene]:
    job = CountingJob()
    async with open_worker_at(database_url, folder, job) as (accounts, _):
        yield Scene(accounts, await signed_up(accounts), job)


def raising(*errors: Exception) -> Callable[[TaskContext, int], None]:
    """Return a hook that raises these one after the other, and then nothing."""
    remaining = iter(errors)

    def before_step(_: TaskContext, __: int) -> None:
        for error in itertools.islice(remaining, 1):
            raise error

    return before_step


async def test_a_task_is_done_and_its_inputs_are_gone(scene: Scene, folder: Path) -> None:
    task = await submit(scene.accounts, scene.me.id, 3, b"a photo", b"another")
    ended = await wait_until_ended(scene.accounts, scene.me.id, task.id)
    assert (ended.status, ended.progress, ended.result) == ("done", 1.0, {"steps": 3})
    assert ended.expires_at is not None
    assert ended.finished_at is not None
    assert ended.expires_at - ended.finished_at == timedelta(hours=24)
    assert scene.job.ran == [(task.id, index) for index in range(3)]
    await wait_until_inputs_deleted(folder)


async def test_an_error_of_the_input_fails_a_task_without_a_retry(scene: Scene) -> None:
    scene.job.before_step = raising(FaceBlurredError("Too blurred.", sharpness=0.25))
    task = await submit(scene.accounts, scene.me.id)
    ended = await wait_until_ended(scene.accounts, scene.me.id, task.id)
    assert ended.status == "failed"
    assert ended.error is not None
    assert (ended.error.code, ended.error.details) == (FaceBlurredError.code, {"sharpness": 0.25})
    assert len(scene.job.ran) == 1


async def test_an_unexpected_error_is_retried_up_to_three_tries_and_other_tasks_continue(scene: Scene) -> None:
    def fails_always(task: TaskContext, _: int) -> None:
        if task.inputs > 1:
            raise ZeroDivisionError

    scene.job.before_step = fails_always
    failing = await submit(scene.accounts, scene.me.id, 1, b"a photo")
    other = await submit(scene.accounts, scene.me.id, 2)
    ended = await wait_until_ended(scene.accounts, scene.me.id, failing.id)
    assert ended.error is not None
    assert (ended.status, ended.error.code) == ("failed", "JOB_FAILED")
    assert scene.job.ran.count((failing.id, 0)) == 3
    assert (await wait_until_ended(scene.accounts, scene.me.id, other.id)).status == "done"


@pytest.mark.parametrize("errors", [[ZeroDivisionError()] * 2, [Unavailable("busy")] * 4])
async def test_a_temporary_error_is_retried_until_it_passes(scene: Scene, errors: list[Exception]) -> None:
    scene.job.before_step = raising(*errors)
    task = await submit(scene.accounts, scene.me.id, 2)
    assert (await wait_until_ended(scene.accounts, scene.me.id, task.id)).status == "done"
    assert len(scene.job.ran) == 2 + len(errors)


async def test_a_cancelled_task_stops(scene: Scene, folder: Path) -> None:
    scene.job.pause_s = 0.1
    task = await submit(scene.accounts, scene.me.id, 50, b"a photo")
    await wait_until_advanced(scene.accounts, scene.me.id, task.id)
    await scene.accounts.tasks.cancel(scene.me.id, task.id)
    assert (await scene.accounts.tasks.get(scene.me.id, task.id)).status == "cancelled"
    started = len(scene.job.ran)
    await asyncio.sleep(0.5)
    assert len(scene.job.ran) <= started + 1 < 50
    await wait_until_inputs_deleted(folder)


async def test_nothing_is_left_of_a_user_who_is_erased_while_their_task_runs(
    scene: Scene, folder: Path, database_url: str
) -> None:
    scene.job.pause_s = 0.1
    task = await submit(scene.accounts, scene.me.id, 50, b"a photo")
    await wait_until_advanced(scene.accounts, scene.me.id, task.id)
    await scene.accounts.users.delete(scene.me.id)
    with pytest.raises(TaskNotFoundError):
        await scene.accounts.tasks.get(scene.me.id, task.id)
    await wait_until_deleted(database_url, str(task.id))
    await wait_until_inputs_deleted(folder)
    assert len(scene.job.ran) < 20


@pytest.mark.parametrize("end", ["erased", "cancelled"])
async def test_a_step_of_a_task_that_is_gone_is_cancelled_before_its_rows_are_deleted(
    scene: Scene, database_url: str, end: str
) -> None:
    scene.job.pause_s = 3600
    task = await submit(scene.accounts, scene.me.id, 2, b"a photo")
    async with asyncio.timeout(PATIENCE_S):
        while not scene.job.ran:  # noqa: ASYNC110 - a list
            await asyncio.sleep(0.02)
    if end == "erased":
        await scene.accounts.users.delete(scene.me.id)
    else:
        await scene.accounts.tasks.cancel(scene.me.id, task.id)
    await wait_until_deleted(database_url, str(task.id))
    assert scene.job.cancelled == [task.id]


async def test_the_engine_stores_only_ids_and_they_are_deleted_at_the_end(scene: Scene, database_url: str) -> None:
    scene.job.pause_s = 0.2
    task = await submit(scene.accounts, scene.me.id, 5, b"a photo", key="a key of mine")
    await wait_until_advanced(scene.accounts, scene.me.id, task.id)
    rows = dump_engine_tables(database_url)
    assert str(task.id) in rows
    for secret in ("a key of mine", "a photo", scene.me.email, 'steps":', "gASV"):  # the last begins a pickle
        assert secret not in rows
    await wait_until_ended(scene.accounts, scene.me.id, task.id)
    await wait_until_deleted(database_url, str(task.id))


async def test_a_task_submitted_before_any_worker_ran_is_done(database_url: str, folder: Path) -> None:
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        task = await submit(accounts, me.id, 2, b"a photo")  # and the process that accepted it ends here
    async with open_worker_at(database_url, folder, CountingJob(), eager=False) as (accounts, worker):
        assert (await wait_until_ended(accounts, me.id, task.id)).status == "done"
        assert worker.name


async def test_a_service_without_tasks_never_opens_the_engine(folder: Path, database_url: str) -> None:
    intervals = PollIntervals(poll_s=0.01)
    async with open_worker_at(database_url, folder, eager=False, intervals=intervals) as (_, worker):
        await asyncio.sleep(0.3)  # several polls
        assert worker.name == ""


async def test_the_writes_of_a_job_commit_with_the_end_of_its_task_or_not_at_all(scene: Scene) -> None:
    calls = []

    class Writing(CountingJob):
        async def finish(self, task: TaskContext) -> JobResult:
            async def write(tx: object) -> None:
                calls.append(len(calls))
                if len(calls) == 1:
                    raise Unavailable("not now")

            return JobResult({"calls": len(calls)}, write)

    scene.job.__class__ = Writing
    task = await submit(scene.accounts, scene.me.id, 1)
    ended = await wait_until_ended(scene.accounts, scene.me.id, task.id)
    assert (ended.status, ended.result, calls) == ("done", {"calls": 1}, [0, 1])
