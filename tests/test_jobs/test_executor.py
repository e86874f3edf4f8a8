"""Of two runs of one task only the later one can write, whatever the engine believes."""

import asyncio
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import JsonValue
from structlog.testing import capture_logs

from gwansang.container import Accounts
from gwansang.core.clock import utc_now
from gwansang.core.encryption import EncryptionKeyMissingError, MasterKeys, generate_key
from gwansang.jobs.protocols import TaskReleased
from gwansang.repositories.unit_of_work import Transaction
from gwansang.services.protection.sealing import Sealer
from gwansang.services.tasks.executor import JobExecutor
from gwansang.services.tasks.job import JobResult, TaskContext
from gwansang.storage.base import StorageUnavailableError
from tests.support.accounts import signed_up
from tests.test_jobs.counting import PATIENCE_S, CountingJob, open_accounts_at, submit

pytestmark = pytest.mark.anyio


def executor_of(accounts: Accounts, job: CountingJob) -> JobExecutor:
    return JobExecutor([job], accounts.job_resources)


@dataclass
class PausedJob(CountingJob):
    """Waits in its first step until it may proceed."""

    proceed: asyncio.Event = field(default_factory=asyncio.Event)

    async def step(self, task: TaskContext, index: int) -> JsonValue:
        outcome = await super().step(task, index)
        await self.proceed.wait()
        return outcome


async def start(executor: JobExecutor, job: CountingJob, task_id: UUID) -> asyncio.Task[None]:
    """Execute a task in the background; return once a step of it has started."""
    started = len(job.ran)
    execution = asyncio.create_task(executor.execute(task_id))
    await wait_for_a_step(job, after=started)
    return execution


async def wait_for_a_step(job: CountingJob, after: int = 0) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while len(job.ran) == after:  # noqa: ASYNC110 - a list
            await asyncio.sleep(0.01)


async def wait_until_claimed(accounts: Accounts, user_id: int, task_id: UUID) -> None:
    async with asyncio.timeout(PATIENCE_S):
        async for task in accounts.tasks.events(user_id, task_id):
            if task.status == "processing":
                return


async def set_tries(accounts: Accounts, task_id: UUID, tries: int) -> None:
    """Put a task back into the queue, as if that many processes had died while they worked on its present part."""
    async with accounts.uow.write() as tx:
        row = await tx.tasks.get_for_update(task_id)
        assert row is not None
        row.status, row.tries = "queued", tries
        await tx.tasks.save(row)


class WritingJob(CountingJob):
    """Counts how often its result was written."""

    written = 0

    async def finish(self, task: TaskContext) -> JobResult:
        async def write(_: Transaction) -> None:
            self.written += 1

        return JobResult({"steps": len(await task.outcomes())}, write)


async def test_a_run_that_was_taken_for_dead_writes_nothing_more(database_url: str, folder: Path) -> None:
    paused, job, last = PausedJob(), PausedJob(), WritingJob()
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        task = await submit(accounts, me.id, 2, b"a photo")
        first = await start(executor_of(accounts, paused), paused, task.id)
        second = await start(executor_of(accounts, job), job, task.id)
        before = await accounts.tasks.get(me.id, task.id)
        paused.proceed.set()
        with pytest.raises(TaskReleased):  # to the run that has it
            await first
        assert await accounts.tasks.get(me.id, task.id) == before
        await executor_of(accounts, last).execute(task.id)
        after = await accounts.tasks.get(me.id, task.id)
        job.proceed.set()
        await second  # the task has ended
        assert await accounts.tasks.get(me.id, task.id) == after
    assert (after.status, after.result, last.written) == ("done", {"steps": 2}, 1)


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
        await executor_of(accounts, CancelledJob()).execute(task.id)
    assert dropped == [task.id]


async def test_a_step_that_is_cancelled_because_the_worker_stops_is_not_a_try(database_url: str, folder: Path) -> None:
    slow, quick = CountingJob(pause_s=30), CountingJob()
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        task = await submit(accounts, me.id, 2)
        for _ in range(4):  # more often than a task is tried
            executor = executor_of(accounts, slow)
            execution = await start(executor, slow, task.id)
            executor.cancel()
            with pytest.raises(TaskReleased):
                await execution
        await executor_of(accounts, quick).execute(task.id)
        assert (await accounts.tasks.get(me.id, task.id)).status == "done"


async def test_a_task_planned_at_its_last_try_survives_a_death_between_plan_and_first_step(
    database_url: str, folder: Path
) -> None:
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        task = await submit(accounts, me.id, 1)
        await set_tries(accounts, task.id, 2)  # as after two deaths while it was planned
        job = PausedJob()
        dead = await start(executor_of(accounts, job), job, task.id)
        await executor_of(accounts, CountingJob()).execute(task.id)
        assert (await accounts.tasks.get(me.id, task.id)).status == "done"
        dead.cancel()
        await dead


class ResumedJob(PausedJob):
    """Waits before it accepts an outcome until it may resume, too."""

    def __init__(self) -> None:
        super().__init__()
        self.resuming, self.may_resume = threading.Event(), threading.Event()

    def accepts(self, outcome: JsonValue) -> bool:
        self.resuming.set()
        return self.may_resume.wait(PATIENCE_S) and super().accepts(outcome)


async def interrupt_in_second_step(accounts: Accounts, task_id: UUID) -> None:
    executor = executor_of(accounts, CountingJob(before_step=lambda _, __: executor.stop()))
    with pytest.raises(TaskReleased):
        await executor.execute(task_id)


async def interrupt_in_first_step(accounts: Accounts, task_id: UUID) -> None:
    job = CountingJob(pause_s=30)
    executor = executor_of(accounts, job)
    execution = await start(executor, job, task_id)
    executor.cancel()
    with pytest.raises(TaskReleased):
        await execution


async def test_a_task_that_waits_for_another_between_its_resumption_and_its_step_does_not_fail_with_it(
    database_url: str, folder: Path
) -> None:
    job = ResumedJob()
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        task, deadly = await submit(accounts, me.id, 2), await submit(accounts, me.id, 1)
        await interrupt_in_second_step(accounts, task.id)
        await interrupt_in_first_step(accounts, deadly.id)
        for each in (task, deadly):
            await set_tries(accounts, each.id, 2)
        executor = executor_of(accounts, job)
        executions = [asyncio.create_task(executor.execute(task.id))]
        await asyncio.to_thread(job.resuming.wait, PATIENCE_S)
        executions.append(asyncio.create_task(executor.execute(deadly.id)))
        await wait_until_claimed(accounts, me.id, deadly.id)
        job.may_resume.set()
        await wait_for_a_step(job)
        assert job.ran == [(deadly.id, 0)]
        await executor_of(accounts, CountingJob()).execute(task.id)  # as if the process had died in that step
        assert (await accounts.tasks.get(me.id, task.id)).status == "done"
        executor.cancel()
        await asyncio.gather(*executions, return_exceptions=True)


class CutOffJob(CountingJob):
    """Lacks a service."""

    async def plan(self, task: TaskContext) -> int:
        self.ran.append((task.id, -1))
        raise StorageUnavailableError("The storage can't be reached.")


async def test_waiting_for_a_service_is_not_a_try(database_url: str, folder: Path) -> None:
    job = CutOffJob()
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        task = await submit(accounts, me.id, 1)
        await set_tries(accounts, task.id, 2)
        executor = executor_of(accounts, job)
        execution = await start(executor, job, task.id)
        tries = None
        async with asyncio.timeout(PATIENCE_S):
            while tries != 2:  # three, while it is tried
                async with accounts.uow.read() as tx:
                    [tries] = [row.tries for row in await tx.tasks.list_for_user(me.id)]
        executor.stop()
        with pytest.raises(TaskReleased):
            await execution


async def test_a_worker_that_lacks_a_master_key_logs_which_and_leaves_the_task_queued(
    database_url: str, folder: Path
) -> None:
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        task = await submit(accounts, me.id, 1)
        other = Sealer(MasterKeys("new", {"new": generate_key()}), clock=utc_now, new_id=uuid4)
        resources = replace(accounts.job_resources, sealer=other)
        with capture_logs() as events, pytest.raises(EncryptionKeyMissingError):
            await JobExecutor([CountingJob()], resources).execute(task.id)
        assert (await accounts.tasks.get(me.id, task.id)).status == "queued"
    errors = [(event["event"], event["code"]) for event in events if event["log_level"] == "error"]
    assert errors == [("task.claim_failed", "ENCRYPTION_KEY_MISSING")]
    assert "'tests'" in events[0]["reason"]
