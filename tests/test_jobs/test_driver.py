"""Of two runs of one task only the later one may write, whatever the engine thinks."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from gwansang.core.clock import utc_now
from gwansang.core.encryption import EncryptionKeyMissingError, MasterKeys, generate_key
from gwansang.repositories.unit_of_work import Transaction
from gwansang.services.protection.sealing import Sealer
from gwansang.services.tasks.executor import JobExecutor
from gwansang.services.tasks.job import JobResult, TaskContext
from tests.support.accounts import signed_up
from tests.test_jobs.counting import CountingJob, accounts_at, submitted

pytestmark = pytest.mark.anyio


class Keeping(CountingJob):
    """Notes how often its end was written."""

    written = 0

    async def finish(self, task: TaskContext) -> JobResult:
        async def write(_: Transaction) -> None:
            self.written += 1

        return JobResult({"steps": len(await task.outcomes())}, write)


async def test_a_run_that_was_taken_for_dead_writes_nothing_any_more(database_url: str, folder: Path) -> None:
    job = Keeping()
    async with accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        task = await submitted(accounts, me.id, 2, b"a photo")
        drivers = [JobExecutor({"count": job}, accounts.job_resources, keep=timedelta(hours=1)) for _ in range(2)]
        paused, successor = [await driver.begin(task.id) for driver in drivers]
        assert paused is not None
        assert successor is not None
        before = await accounts.tasks.get(me.id, task.id)
        await paused.step(0)
        assert await accounts.tasks.get(me.id, task.id) == before
        for index in range(2):
            await successor.step(index)
        await paused.finish()
        assert (await accounts.tasks.get(me.id, task.id)).status == "processing"
        await successor.finish()
        await paused.finish()
        told = await accounts.tasks.get(me.id, task.id)
    assert (told.status, told.result, job.written) == ("done", {"steps": 2}, 1)


async def test_what_was_prepared_for_an_end_that_does_not_come_is_dropped(database_url: str, folder: Path) -> None:
    async with accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        dropped = []

        class Cancelled(CountingJob):
            async def finish(self, task: TaskContext) -> JobResult:
                async def drop() -> None:
                    dropped.append(task.id)

                await accounts.tasks.cancel(me.id, task.id)
                return JobResult({}, drop=drop)

        task = await submitted(accounts, me.id, 1)
        course = await JobExecutor({"count": Cancelled()}, accounts.job_resources, keep=timedelta(hours=1)).begin(
            task.id
        )
        assert course is not None
        await course.finish()
    assert dropped == [task.id]


async def test_a_step_that_is_interrupted_because_the_worker_stops_is_no_try(database_url: str, folder: Path) -> None:
    slow, quick = CountingJob(pause_s=30), CountingJob()
    async with accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        task = await submitted(accounts, me.id, 2)
        for begun in range(1, 5):  # more often than a task may be tried
            driver = JobExecutor({"count": slow}, accounts.job_resources, keep=timedelta(hours=1))
            course = await driver.begin(task.id)
            assert course is not None
            step = asyncio.create_task(course.step(0))
            while len(slow.ran) < begun:  # noqa: ASYNC110 - a list
                await asyncio.sleep(0.01)
            driver.interrupt()
            with pytest.raises(asyncio.CancelledError):
                await step
            await course.leave()
        last = await JobExecutor({"count": quick}, accounts.job_resources, keep=timedelta(hours=1)).begin(task.id)
        assert last is not None
        await last.finish()
        assert (await accounts.tasks.get(me.id, task.id)).status == "done"


async def test_a_worker_that_lacks_a_master_key_says_which_and_leaves_the_task_to_others(
    database_url: str, folder: Path
) -> None:
    async with accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        task = await submitted(accounts, me.id, 1)
        other = Sealer(MasterKeys("new", {"new": generate_key()}), clock=utc_now, new_id=uuid4)
        places = replace(accounts.job_resources, sealer=other)
        with capture_logs() as events, pytest.raises(EncryptionKeyMissingError):
            await JobExecutor({"count": CountingJob()}, places, keep=timedelta(hours=1)).begin(task.id)
        assert (await accounts.tasks.get(me.id, task.id)).status == "queued"
    told = [(event["event"], event["code"]) for event in events if event["log_level"] == "error"]
    assert told == [("task.not_taken", "ENCRYPTION_KEY_MISSING")]
    assert "'tests'" in events[0]["reason"]
