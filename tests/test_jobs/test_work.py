"""What becomes of a task: done, failed, cancelled or erased, and what is left of it."""

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
from gwansang.vision.errors import FaceBlurredError
from tests.support.accounts import signed_up
from tests.test_jobs.counting import CountingJob, accounts_at, ended, submitted, worker_at
from tests.test_jobs.engine_tables import everything_kept, until_forgotten

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
    async with worker_at(database_url, folder, {"count": job}) as (accounts, _):
        yield Scene(accounts, await signed_up(accounts), job)


def raising(*errors: Exception) -> Callable[[TaskContext, int], None]:
    """Raises these one after the other, and then nothing."""
    coming = iter(errors)

    def before_step(_: TaskContext, __: int) -> None:
        for error in itertools.islice(coming, 1):
            raise error

    return before_step


async def test_a_task_is_done_and_its_inputs_are_gone(scene: Scene, folder: Path) -> None:
    task = await submitted(scene.accounts, scene.me.id, 3, b"a photo", b"another")
    told = await ended(scene.accounts, scene.me.id, task.id)
    assert (told.status, told.progress, told.result) == ("done", 1.0, {"steps": 3})
    assert told.expires_at is not None
    assert told.finished_at is not None
    assert told.expires_at - told.finished_at == timedelta(hours=24)
    assert scene.job.ran == [(task.id, index) for index in range(3)]
    assert list((folder / "storage" / "jobs").glob("*")) == []


async def test_an_error_of_the_input_ends_a_task_with_that_error_at_once(scene: Scene) -> None:
    scene.job.before_step = raising(FaceBlurredError("Too blurred.", sharpness=0.25))
    task = await submitted(scene.accounts, scene.me.id)
    told = await ended(scene.accounts, scene.me.id, task.id)
    assert told.status == "failed"
    assert told.error is not None
    assert (told.error.code, told.error.details) == (FaceBlurredError.code, {"sharpness": 0.25})
    assert len(scene.job.ran) == 1


async def test_an_unexpected_error_is_tried_again_three_times_in_all_and_others_go_on(scene: Scene) -> None:
    def fails_always(task: TaskContext, _: int) -> None:
        if task.inputs:
            raise ZeroDivisionError

    scene.job.before_step = fails_always
    failing = await submitted(scene.accounts, scene.me.id, 1, b"a photo")
    other = await submitted(scene.accounts, scene.me.id, 2)
    told = await ended(scene.accounts, scene.me.id, failing.id)
    assert told.error is not None
    assert (told.status, told.error.code) == ("failed", "JOB_FAILED")
    assert scene.job.ran.count((failing.id, 0)) == 3
    assert (await ended(scene.accounts, scene.me.id, other.id)).status == "done"


@pytest.mark.parametrize("errors", [[ZeroDivisionError()] * 2, [Unavailable("busy")] * 4])
async def test_what_passes_is_waited_for(scene: Scene, errors: list[Exception]) -> None:
    scene.job.before_step = raising(*errors)
    task = await submitted(scene.accounts, scene.me.id, 2)
    assert (await ended(scene.accounts, scene.me.id, task.id)).status == "done"
    assert len(scene.job.ran) == 2 + len(errors)


async def test_a_task_that_is_cancelled_stops(scene: Scene, folder: Path) -> None:
    scene.job.pause_s = 0.1
    task = await submitted(scene.accounts, scene.me.id, 50, b"a photo")
    async for told in scene.accounts.tasks.events(scene.me.id, task.id):
        if told.progress > 0:
            await scene.accounts.tasks.cancel(scene.me.id, task.id)
    assert told.status == "cancelled"
    begun = len(scene.job.ran)
    await asyncio.sleep(0.5)
    assert len(scene.job.ran) <= begun + 1 < 50
    assert list((folder / "storage" / "jobs").glob("*")) == []


async def test_nothing_is_left_of_a_user_who_is_erased_while_their_task_runs(
    scene: Scene, folder: Path, database_url: str
) -> None:
    scene.job.pause_s = 0.1
    task = await submitted(scene.accounts, scene.me.id, 50, b"a photo")
    async for told in scene.accounts.tasks.events(scene.me.id, task.id):
        if told.progress > 0:
            break
    await scene.accounts.users.delete(scene.me.id)
    with pytest.raises(TaskNotFoundError):
        await scene.accounts.tasks.get(scene.me.id, task.id)
    await until_forgotten(database_url, str(task.id))
    assert list((folder / "storage" / "jobs").glob("*")) == []
    assert len(scene.job.ran) < 20


async def test_the_engine_knows_ids_and_forgets_them(scene: Scene, database_url: str) -> None:
    scene.job.pause_s = 0.2
    task = await submitted(scene.accounts, scene.me.id, 5, b"a photo", key="a key of mine")
    async for told in scene.accounts.tasks.events(scene.me.id, task.id):
        if told.progress > 0:
            break
    kept = everything_kept(database_url)
    assert str(task.id) in kept
    for secret in ("a key of mine", "a photo", scene.me.email, 'steps":', "gASV"):  # the last begins a pickle
        assert secret not in kept
    await ended(scene.accounts, scene.me.id, task.id)
    await until_forgotten(database_url, str(task.id))


async def test_what_was_committed_before_any_worker_was_there_is_done(database_url: str, folder: Path) -> None:
    async with accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        task = await submitted(accounts, me.id, 2, b"a photo")  # and the process that took it ends here
    async with worker_at(database_url, folder, {"count": CountingJob()}, at_once=False) as (accounts, runner):
        assert (await ended(accounts, me.id, task.id)).status == "done"
        assert runner.name


async def test_a_service_that_has_no_long_work_never_loads_the_engine(folder: Path, database_url: str) -> None:
    async with worker_at(database_url, folder, {}, at_once=False) as (_, runner):
        await asyncio.sleep(0.3)
        assert runner.name == ""


async def test_what_else_belongs_to_the_end_happens_with_it_or_not_at_all(scene: Scene) -> None:
    calls = []

    class Writing(CountingJob):
        async def finish(self, task: TaskContext) -> JobResult:
            async def write(tx: object) -> None:
                calls.append(len(calls))
                if len(calls) == 1:
                    raise Unavailable("not now")

            return JobResult({"calls": len(calls)}, write)

    scene.job.__class__ = Writing
    task = await submitted(scene.accounts, scene.me.id, 1)
    told = await ended(scene.accounts, scene.me.id, task.id)
    assert (told.status, told.result, calls) == ("done", {"calls": 1}, [0, 1])
