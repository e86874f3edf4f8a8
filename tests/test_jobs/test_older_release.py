"""Tasks that release 0.1 began: queued with its protocol, with its requests and the outcomes of its steps."""

import asyncio
import json
from pathlib import Path
from unittest.mock import patch
from uuid import UUID

import pytest
from pydantic import JsonValue

from gwansang.container import Accounts
from gwansang.core.clock import utc_now
from gwansang.jobs.engine import PROTOCOL, JobEngine
from gwansang.jobs.protocols import TaskReleased
from gwansang.services.jobs.face_data import load_reading_result
from gwansang.services.ml.face_analyzer import canonical_landmarks
from gwansang.services.tasks.executor import JobExecutor
from gwansang.services.tasks.job import TaskContext
from gwansang.services.tasks.kinds import FACE
from tests.support.accounts import signed_up, stream
from tests.support.fakes import FakeVision
from tests.support.serving import run_app
from tests.test_jobs.counting import PATIENCE_S, CountingJob, open_accounts_at, open_worker_at, submit, wait_until_ended

pytestmark = pytest.mark.anyio
OLD_OUTCOME: JsonValue = {
    "places": [[0.5, 0.5]],
    "pose": {"yaw_deg": 0.0, "pitch_deg": 0.0, "roll_deg": 0.0},
    "measures": {"FL": {"value": 1.0, "error": 0.1}},
    "asymmetry": {"eyes": 0.01},
    "locale": "en",
    "birth_year": 1990,
    "seen_at": "2026-11-23T03:00:00Z",
}


class OldJob(CountingJob):
    """Stores outcomes in a shape of its own."""

    async def plan(self, task: TaskContext) -> int:
        return 1 if self.kind is FACE else await super().plan(task)

    async def step(self, task: TaskContext, index: int) -> JsonValue:
        await super().step(task, index)
        return OLD_OUTCOME


async def execute_steps(accounts: Accounts, job: CountingJob, task_id: UUID, steps: int) -> None:
    """Execute some more steps of a task, and stop like a worker."""
    executor = JobExecutor([job], accounts.job_resources)
    wanted = len(job.ran) + steps

    def stop_after_last(_: TaskContext, __: int) -> None:
        if len(job.ran) == wanted:
            executor.stop()

    with patch.object(job, "before_step", stop_after_last), pytest.raises(TaskReleased):
        await executor.execute(task_id)


async def test_steps_whose_outcomes_the_job_does_not_accept_are_executed_again(database_url: str, folder: Path) -> None:
    old, new = OldJob(), CountingJob()
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        task = await submit(accounts, me.id, 3)
        await execute_steps(accounts, new, task.id, 1)
        await execute_steps(accounts, old, task.id, 1)
        await JobExecutor([new], accounts.job_resources).execute(task.id)
        ended = await accounts.tasks.get(me.id, task.id)
    assert (ended.status, ended.result) == ("done", {"steps": 3})
    assert [index for _, index in new.ran] == [0, 1, 2]


async def test_a_half_done_reading_of_the_first_release_is_finished(database_url: str, folder: Path) -> None:
    points = canonical_landmarks()[:468].tolist()
    request = {"locale": "en", "birth_year": 1990, "landmarks": points, "image_width": 900, "image_height": 900}
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        task = await accounts.tasks.submit(me.id, FACE, stream(json.dumps({**request, "names": []}).encode()))
        await execute_steps(accounts, OldJob(FACE), task.id, 1)
        async with run_app(FakeVision, utc_now, database_url=database_url, storage_folder=folder / "storage"):
            ended = await wait_until_ended(accounts, me.id, task.id)
    assert ended.status == "done", ended.error
    assert ended.result is not None
    kept = load_reading_result(ended.result).kept
    assert (kept.reading.locale, kept.quality.source, len(kept.measures)) == ("en", "older_mesh", 31)


async def test_tasks_that_wait_or_ran_under_the_older_protocol_are_taken_over(
    database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = CountingJob(pause_s=3600), CountingJob()
    assert JobEngine.__init__.__kwdefaults__["protocol"] == PROTOCOL == 2
    with monkeypatch.context() as patch:
        patch.setitem(JobEngine.__init__.__kwdefaults__, "protocol", 1)
        async with open_worker_at(database_url, folder, slow, concurrency=1) as (accounts, _):
            me = await signed_up(accounts)
            tasks = [await submit(accounts, me.id, 2) for _ in range(3)]
            async with asyncio.timeout(PATIENCE_S):
                while not slow.ran:  # noqa: ASYNC110 - a list
                    await asyncio.sleep(0.02)
    async with open_worker_at(database_url, folder, quick) as (accounts, _):
        ended = [await wait_until_ended(accounts, me.id, task.id) for task in tasks]
    assert [task.status for task in ended] == ["done"] * 3
    assert sorted(quick.ran) == sorted((task.id, index) for task in tasks for index in range(2))
