"""Whatever kills a worker, and whenever: what was begun ends, once."""

import asyncio
import random
from pathlib import Path
from uuid import UUID

import pytest

from gwansang.container import Accounts
from gwansang.services.tasks.task_service import TaskInfo
from tests.support.accounts import signed_up
from tests.test_jobs.counting import accounts_at, ended, submitted
from tests.test_jobs.processes import WorkerProcess, log_of, steps_run, workers

pytestmark = pytest.mark.anyio
STEPS = 60
KILLS = 3


async def watched(accounts: Accounts, user_id: int, task_id: UUID) -> tuple[TaskInfo, list[float]]:
    """A task's end, and every progress that was told on the way."""
    progress = []
    async with asyncio.timeout(60):
        async for told in accounts.tasks.events(user_id, task_id):
            progress.append(told.progress)
    return told, progress


async def in_charge(running: list[WorkerProcess], folder: Path, beyond: int) -> WorkerProcess:
    """The living worker that does the latest step, once that is one beyond: a step that kills three is given up."""
    async with asyncio.timeout(30):
        while True:
            latest = [pid for pid, _, index in log_of(folder)[-1:] if index > beyond]
            found = [one for one in running if one.pid in latest and not one.killed]
            if found:
                return found[0]
            await asyncio.sleep(0.02)


async def test_a_job_whose_workers_are_killed_at_random_ends_once_and_never_goes_back(
    database_url: str, folder: Path
) -> None:
    chance = random.Random(7)  # noqa: S311 - moments, not secrets
    async with accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        with workers(KILLS + 1, database_url, folder, pause_s=0.03) as running:
            task = await submitted(accounts, me.id, STEPS, b"a photo")
            watching = asyncio.create_task(watched(accounts, me.id, task.id))
            died_at = -1
            for _ in range(KILLS):
                worker = await in_charge(running, folder, died_at)
                await asyncio.sleep(chance.uniform(0.0, 0.4))
                worker.kill()
                died_at = log_of(folder)[-1][2]
            told, progress = await watching
    assert (told.status, told.result) == ("done", {"steps": STEPS})
    assert progress == sorted(progress)
    runs = steps_run(folder)
    assert set(runs) == {(str(task.id), index) for index in range(STEPS)}
    assert runs.total() <= STEPS + KILLS  # a kill costs one step at most
    assert not (folder / "storage" / "jobs" / str(task.id)).exists()


async def test_a_job_that_kills_its_worker_each_time_fails_after_three_tries_and_the_queue_goes_on(
    database_url: str, folder: Path
) -> None:
    async with accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        deadly = await accounts.tasks.submit(me.id, "deadly", {"steps": 3}, [], request_sha256="0" * 64)
        others = [await submitted(accounts, me.id, 3) for _ in range(3)]
        deaths = 0
        with workers(4, database_url, folder) as running:
            async with asyncio.timeout(40):
                while deaths < 3:
                    deaths = sum(worker.killed for worker in running)
                    await asyncio.sleep(0.05)
            told = await ended(accounts, me.id, deadly.id)
            others_told = [await ended(accounts, me.id, one.id) for one in others]
    assert told.status == "failed"
    assert told.error is not None
    assert told.error.code == "JOB_FAILED"
    assert [one.status for one in others_told] == ["done"] * 3
