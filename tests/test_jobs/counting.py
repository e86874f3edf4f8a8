"""A kind of work that counts, and what tests of long work share."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from pydantic import JsonValue

from gwansang.container import Accounts, job_policy, open_accounts
from gwansang.core.clock import utc_now
from gwansang.services.tasks.job import Job, JobResult, TaskContext
from gwansang.services.tasks.task_service import TaskInfo
from gwansang.services.tasks.worker import JobPolicy, PollIntervals, TaskWorker, open_worker
from tests.support.serving import settings_for_tests

BRISK = PollIntervals(poll_s=0.1, heartbeat_s=0.3, sweep_s=0.4, dead_after_s=1.5, shutdown_grace_s=5.0)


@dataclass
class CountingJob:
    """Its steps note that they ran; `before_step` may wait, raise or kill."""

    kind: str = "count"
    before_step: Callable[[TaskContext, int], object] = lambda _, __: None
    pause_s: float = 0.0
    log: Path | None = None
    ran: list[tuple[UUID, int]] = field(default_factory=list)

    async def plan(self, task: TaskContext) -> int:
        steps = task.params["steps"]
        assert isinstance(steps, int)
        return steps

    async def step(self, task: TaskContext, index: int) -> JsonValue:
        self.ran.append((task.id, index))
        if self.log is not None:
            with self.log.open("a") as log:
                log.write(json.dumps([os.getpid(), str(task.id), index]) + "\n")
        self.before_step(task, index)
        await asyncio.sleep(self.pause_s)
        return {"index": index, "input": len(await task.input(0)) if task.inputs else None}

    async def finish(self, task: TaskContext) -> JobResult:
        outcomes = await task.outcomes()
        assert sorted(outcomes) == list(range(len(outcomes)))
        return JobResult({"steps": len(outcomes)})


def kill_myself(_: TaskContext, __: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def rules_on(url: str, *, slots: Path, concurrency: int = 4, pace: PollIntervals = BRISK) -> JobPolicy:
    settings = settings_for_tests(database_url=url, worker_folder=slots, jobs_concurrency=concurrency)
    rules = job_policy(settings)
    return JobPolicy(rules.database_url, rules.slots, rules.concurrency, rules.keep, pace)


@asynccontextmanager
async def accounts_at(url: str, storage: Path, **changes: object) -> AsyncIterator[Accounts]:
    """The services on a database and a file store that several processes may share; real time."""
    settings = settings_for_tests(database_url=url, storage_folder=storage, **changes)
    async with open_accounts(settings, clock=utc_now) as accounts:
        yield accounts


@asynccontextmanager
async def worker_at(
    url: str,
    folder: Path,
    jobs: Mapping[str, Job],
    *,
    concurrency: int = 4,
    at_once: bool = True,
    pace: PollIntervals = BRISK,
) -> AsyncIterator[tuple[Accounts, TaskWorker]]:
    """A worker in this process."""
    async with accounts_at(url, folder / "storage") as accounts:
        rules = rules_on(url, slots=folder / "workers", concurrency=concurrency, pace=pace)
        async with open_worker(accounts.job_resources, jobs, rules, at_once=at_once) as runner:
            yield accounts, runner


async def submitted(
    accounts: Accounts, user_id: int, steps: int = 3, *inputs: bytes, key: str | None = None
) -> TaskInfo:
    return await accounts.tasks.submit(
        user_id, "count", {"steps": steps}, inputs, request_sha256="0" * 64, idempotency_key=key
    )


async def ended(accounts: Accounts, user_id: int, task_id: UUID, within_s: float = 20.0) -> TaskInfo:
    """The task at its end."""
    async with asyncio.timeout(within_s):
        async for told in accounts.tasks.events(user_id, task_id):
            last = told
    return last
