"""Of two runs of one task only the later one can write, whatever the engine believes."""

import asyncio
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from gwansang.container import Accounts
from gwansang.core.clock import utc_now
from gwansang.core.encryption import EncryptionKeyMissingError, MasterKeys, generate_key
from gwansang.repositories.unit_of_work import Transaction
from gwansang.services.protection.sealing import Sealer
from gwansang.services.tasks.executor import JobExecutor
from gwansang.services.tasks.job import JobResult, TaskContext
from tests.support.accounts import signed_up
from tests.test_jobs.counting import PATIENCE_S, CountingJob, open_accounts_at, submit

pytestmark = pytest.mark.anyio


def executor_of(accounts: Accounts, job: CountingJob) -> JobExecutor:
    return JobExecutor([job], accounts.job_resources)


class WritingJob(CountingJob):
    """Counts how often its result was written."""

    written = 0

    async def finish(self, task: TaskContext) -> JobResult:
        async def write(_: Transaction) -> None:
            self.written += 1

        return JobResult({"steps": len(await task.outcomes())}, write)


async def test_a_run_that_was_taken_for_dead_writes_nothing_more(database_url: str, folder: Path) -> None:
    job = WritingJob()
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        task = await submit(accounts, me.id, 2, b"a photo")
        paused, successor = [await executor_of(accounts, job).begin(task.id) for _ in range(2)]
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
        after = await accounts.tasks.get(me.id, task.id)
    assert (after.status, after.result, job.written) == ("done", {"steps": 2}, 1)


async def test_the_prepared_result_of_a_task_that_is_cancelled_is_dropped(database_url: str, folder: Path) -> None:
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        dropped = []

        class CancelledJob(CountingJob):
            async def finish(self, task: TaskContext) -> JobResult:
                async def drop() -> None:
                    dropped.append(task.id)

                await accounts.tasks.cancel(me.id, task.id)
                return JobResult({}, drop=drop)

        task = await submit(accounts, me.id, 1)
        execution = await executor_of(accounts, CancelledJob()).begin(task.id)
        assert execution is not None
        await execution.finish()
    assert dropped == [task.id]


async def test_a_step_that_is_cancelled_because_the_worker_stops_is_not_a_try(database_url: str, folder: Path) -> None:
    slow, quick = CountingJob(pause_s=30), CountingJob()
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        task = await submit(accounts, me.id, 2)
        for started in range(1, 5):  # more often than a task is tried
            executor = executor_of(accounts, slow)
            execution = await executor.begin(task.id)
            assert execution is not None
            step = asyncio.create_task(execution.step(0))
            async with asyncio.timeout(PATIENCE_S):
                while len(slow.ran) < started:  # noqa: ASYNC110 - a list
                    await asyncio.sleep(0.01)
            executor.cancel_steps()
            with pytest.raises(asyncio.CancelledError):
                await step
            await execution.release()
        last = await executor_of(accounts, quick).begin(task.id)
        assert last is not None
        await last.finish()
        assert (await accounts.tasks.get(me.id, task.id)).status == "done"


async def test_a_task_planned_at_its_last_try_survives_a_death_between_plan_and_first_step(
    database_url: str, folder: Path
) -> None:
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        task = await submit(accounts, me.id, 1)
        async with accounts.uow.write() as tx:
            row = await tx.tasks.get_for_update(task.id)
            assert row is not None
            row.tries = 2  # as after two deaths while it was planned
            await tx.tasks.save(row)
        assert await executor_of(accounts, CountingJob()).begin(task.id) is not None  # and this process dies
        successor = await executor_of(accounts, CountingJob()).begin(task.id)
        assert successor is not None
        await successor.finish()
        assert (await accounts.tasks.get(me.id, task.id)).status == "done"


async def test_a_worker_that_lacks_a_master_key_logs_which_and_leaves_the_task_queued(
    database_url: str, folder: Path
) -> None:
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        task = await submit(accounts, me.id, 1)
        other = Sealer(MasterKeys("new", {"new": generate_key()}), clock=utc_now, new_id=uuid4)
        resources = replace(accounts.job_resources, sealer=other)
        with capture_logs() as events, pytest.raises(EncryptionKeyMissingError):
            await JobExecutor([CountingJob()], resources).begin(task.id)
        assert (await accounts.tasks.get(me.id, task.id)).status == "queued"
    errors = [(event["event"], event["code"]) for event in events if event["log_level"] == "error"]
    assert errors == [("task.claim_failed", "ENCRYPTION_KEY_MISSING")]
    assert "'tests'" in events[0]["reason"]
