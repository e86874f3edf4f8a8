"""A job that counts its steps, and helpers shared by tests and benchmarks of long work."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

from pydantic import JsonValue

from gwansang.container import Accounts, job_policy, open_accounts
from gwansang.core.clock import utc_now
from gwansang.services.tasks.job import Job, JobResult, TaskContext
from gwansang.services.tasks.kinds import JOB_KINDS, JobKind, JobKinds, ResultType
from gwansang.services.tasks.task_service import TaskInfo
from gwansang.services.tasks.worker import JobPolicy, PollIntervals, TaskWorker, open_worker
from tests.support.accounts import stream
from tests.support.receivers import delivery_executor
from tests.support.serving import settings_for_tests

FAST = PollIntervals(poll_s=0.1, heartbeat_s=0.3, sweep_s=0.4, dead_after_s=1.5, shutdown_grace_s=5.0)
PATIENCE_S = 60.0  # until a test gives up; long, because the machine can be busy


COUNT = JobKind("count", None, ResultType.READING, 1, "max_upload_bytes", "max_json_bytes")
DEADLY = replace(COUNT, name="deadly")


@dataclass
class CountingJob:
    """Executes as many steps as its last input says. Records every step; `before_step` can wait, raise or kill
    the process. With `processes`, no step ends before that many processes have started one."""

    kind: JobKind = COUNT
    before_step: Callable[[TaskContext, int], object] = lambda _, __: None
    pause_s: float = 0.0
    log: Path | None = None
    processes: int = 1
    ran: list[tuple[UUID, int]] = field(default_factory=list)
    cancelled: list[UUID] = field(default_factory=list)

    async def plan(self, task: TaskContext) -> int:
        return int(await task.input(task.inputs - 1))

    async def step(self, task: TaskContext, index: int) -> JsonValue:
        self.ran.append((task.id, index))
        if self.log is not None:
            with self.log.open("a") as log:
                log.write(json.dumps([os.getpid(), str(task.id), index]) + "\n")
        self.before_step(task, index)
        try:
            await asyncio.sleep(self.pause_s)
        except asyncio.CancelledError:
            self.cancelled.append(task.id)
            raise
        while self.log is not None and self.processes > len({pid for pid, *_ in read_log(self.log)}):  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.02)
        return {"index": index, "input": len(await task.input(0)) if task.inputs > 1 else None}

    def accepts(self, outcome: JsonValue) -> bool:
        return isinstance(outcome, dict) and "index" in outcome

    async def finish(self, task: TaskContext) -> JobResult:
        outcomes = await task.outcomes()
        assert sorted(outcomes) == list(range(len(outcomes)))
        return JobResult({"steps": len(outcomes)})


def read_log(log: Path) -> list[tuple[int, str, int]]:
    """Return every step that was started, in order: process id, task id, index of the step."""
    lines = log.read_text().splitlines() if log.exists() else []
    return [(pid, task, index) for pid, task, index in map(json.loads, lines)]


def kill_this_process(_: TaskContext, __: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@asynccontextmanager
async def open_accounts_at(url: str, storage: Path, **changes: object) -> AsyncIterator[Accounts]:
    """Open the services on a database and a folder that several processes share; in real time."""
    settings = settings_for_tests(database_url=url, storage_folder=storage, **changes)
    kinds = JobKinds(*JOB_KINDS.by_name.values(), COUNT, DEADLY)
    async with open_accounts(settings, clock=utc_now, kinds=kinds) as accounts:
        yield accounts


@asynccontextmanager
async def open_worker_at(
    url: str,
    folder: Path,
    *jobs: Job,
    concurrency: int = 4,
    eager: bool = True,
    intervals: PollIntervals = FAST,
) -> AsyncIterator[tuple[Accounts, TaskWorker]]:
    """Run a worker in this process."""
    settings = settings_for_tests(database_url=url, worker_folder=folder / "workers", jobs_concurrency=concurrency)
    usual = job_policy(settings)
    policy = JobPolicy(usual.database_url, usual.slot_folder, usual.concurrency, intervals)
    async with (
        open_accounts_at(url, folder / "storage") as accounts,
        open_worker(
            accounts.job_resources, jobs, policy, eager=eager, deliveries=delivery_executor(accounts)
        ) as worker,
    ):
        yield accounts, worker


async def submit(
    accounts: Accounts, user_id: int, steps: int = 3, *inputs: bytes, kind: JobKind = COUNT, key: str | None = None
) -> TaskInfo:
    return await accounts.tasks.submit(user_id, kind, stream(*inputs, str(steps).encode()), key)


async def wait_until_ended(accounts: Accounts, user_id: int, task_id: UUID, timeout_s: float = PATIENCE_S) -> TaskInfo:
    async with asyncio.timeout(timeout_s):
        async for task in accounts.tasks.events(user_id, task_id):
            last = task
    return last


async def wait_until_advanced(accounts: Accounts, user_id: int, task_id: UUID) -> None:
    """Return once the first step of a task is done."""
    async with asyncio.timeout(PATIENCE_S):
        async for task in accounts.tasks.events(user_id, task_id):
            if task.progress > 0:
                return


async def wait_until_inputs_deleted(folder: Path) -> None:
    """Return once no task has inputs; they are deleted just after the end of a task is visible."""
    async with asyncio.timeout(PATIENCE_S):
        while list((folder / "storage" / "jobs").glob("*")):  # noqa: ASYNC110 - a folder
            await asyncio.sleep(0.02)
