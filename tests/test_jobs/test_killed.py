"""A task ends exactly once, whatever kills its workers, and whenever."""

import asyncio
import random
from pathlib import Path
from uuid import UUID

import pytest

from gwansang.container import Accounts
from gwansang.services.tasks.task_service import TaskInfo
from tests.support.accounts import signed_up
from tests.test_jobs.counting import (
    DEADLY,
    PATIENCE_S,
    open_accounts_at,
    submit,
    wait_until_ended,
    wait_until_inputs_deleted,
)
from tests.test_jobs.processes import WorkerProcess, count_starts, read_steps, run_workers

pytestmark = pytest.mark.anyio
STEPS = 60
KILLS = 3


async def watch(accounts: Accounts, user_id: int, task_id: UUID) -> tuple[TaskInfo, list[float]]:
    """Return the ended task, and every progress that its owner saw."""
    progress = []
    async with asyncio.timeout(2 * PATIENCE_S):
        async for task in accounts.tasks.events(user_id, task_id):
            progress.append(task.progress)
    return task, progress


async def find_active_worker(running: list[WorkerProcess], folder: Path, after_step: int) -> WorkerProcess:
    """Return the living worker of the latest step, once that is a later step: one that is killed in three tries of one
    step fails the task."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            latest = [pid for pid, _, index in read_steps(folder)[-1:] if index > after_step]
            for worker in running:
                if worker.pid in latest and not worker.killed:
                    return worker
            await asyncio.sleep(0.02)


async def test_a_task_whose_workers_are_killed_at_random_ends_once_and_its_progress_never_decreases(
    database_url: str, folder: Path
) -> None:
    chance = random.Random(7)  # noqa: S311 - moments, not secrets
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        with run_workers(KILLS + 1, database_url, folder, pause_s=0.03) as running:
            task = await submit(accounts, me.id, STEPS, b"a photo")
            watching = asyncio.create_task(watch(accounts, me.id, task.id))
            last_step = -1
            for _ in range(KILLS):
                worker = await find_active_worker(running, folder, last_step)
                await asyncio.sleep(chance.uniform(0.0, 0.4))
                worker.kill()
                last_step = read_steps(folder)[-1][2]
            ended, progress = await watching
            await wait_until_inputs_deleted(folder)
    assert (ended.status, ended.result) == ("done", {"steps": STEPS})
    assert progress == sorted(progress)
    starts = count_starts(folder)
    assert set(starts) == {(str(task.id), index) for index in range(STEPS)}
    assert starts.total() <= STEPS + KILLS  # a kill repeats one step at most


async def test_a_task_that_kills_its_worker_each_time_fails_after_three_tries_and_the_queue_continues(
    database_url: str, folder: Path
) -> None:
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        deadly = await submit(accounts, me.id, 3, kind=DEADLY)
        others = [await submit(accounts, me.id, 3) for _ in range(3)]
        with run_workers(4, database_url, folder) as running:
            async with asyncio.timeout(PATIENCE_S):
                while sum(worker.killed for worker in running) < 3:  # noqa: ASYNC110 - other processes
                    await asyncio.sleep(0.05)
            failed = await wait_until_ended(accounts, me.id, deadly.id)
            ended = [await wait_until_ended(accounts, me.id, task.id) for task in others]
    assert failed.status == "failed"
    assert failed.error is not None
    assert failed.error.code == "JOB_INTERRUPTED"  # and not that the photo is at fault
    assert failed.error.details == {"tries": 3}
    assert [task.status for task in ended] == ["done"] * 3
