"""The engine without tasks: releases, repeated enqueuing, recovery."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest

from gwansang.db.job_store import open_job_store
from gwansang.jobs.engine import JobEngine
from gwansang.jobs.protocols import TaskReleased
from tests.test_jobs.counting import PATIENCE_S

pytestmark = pytest.mark.anyio


class OneStep:
    """An execution of one step; sets an event when it is finished."""

    steps = 1

    def __init__(self, finished: asyncio.Event) -> None:
        self._finished = finished

    async def step(self, index: int) -> None:
        assert index == 0

    async def finish(self) -> None:
        self._finished.set()

    async def release(self) -> None:
        return None


class StoppingExecutor:
    """Releases every task, as a worker that stops."""

    def __init__(self) -> None:
        self.called = asyncio.Event()

    async def begin(self, _: UUID) -> None:
        self.called.set()
        raise TaskReleased


class WorkingExecutor:
    """Executes every task."""

    def __init__(self) -> None:
        self.finished = asyncio.Event()

    async def begin(self, _: UUID) -> OneStep:
        return OneStep(self.finished)


@asynccontextmanager
async def open_engine(
    url: str, executor: StoppingExecutor | WorkingExecutor, worker: str, protocol: int = 1
) -> AsyncIterator[JobEngine]:
    loop = asyncio.get_running_loop()
    engine = JobEngine(open_job_store(url), executor, loop, worker=worker, concurrency=2, protocol=protocol)
    await asyncio.to_thread(engine.start)
    try:
        yield engine
    finally:
        await asyncio.to_thread(engine.close)


async def test_a_restarted_worker_finishes_the_task_that_it_left(database_url: str) -> None:
    task_id, stopping, working = uuid4(), StoppingExecutor(), WorkingExecutor()
    async with open_engine(database_url, stopping, "one") as engine:
        await asyncio.to_thread(engine.enqueue, [task_id])
        await asyncio.wait_for(stopping.called.wait(), PATIENCE_S)
    async with open_engine(database_url, working, "one"):
        await asyncio.wait_for(working.finished.wait(), PATIENCE_S)


async def test_a_task_enqueued_with_an_older_protocol_is_found_and_finished(database_url: str) -> None:
    task_id, stopping, working = uuid4(), StoppingExecutor(), WorkingExecutor()
    async with open_engine(database_url, stopping, "old") as engine:
        await asyncio.to_thread(engine.enqueue, [task_id])
        await asyncio.wait_for(stopping.called.wait(), PATIENCE_S)
    async with open_engine(database_url, working, "new", protocol=2) as engine:
        assert await asyncio.to_thread(engine.list_outdated) == (task_id,)
        await asyncio.to_thread(engine.delete, [task_id])
        await asyncio.to_thread(engine.enqueue, [task_id])
        await asyncio.wait_for(working.finished.wait(), PATIENCE_S)


async def test_a_task_that_is_enqueued_twice_is_executed_once(database_url: str) -> None:
    task_id, working = uuid4(), WorkingExecutor()
    async with open_engine(database_url, working, "one") as engine:
        await asyncio.to_thread(engine.enqueue, [task_id, task_id])
        await asyncio.wait_for(working.finished.wait(), PATIENCE_S)
        await asyncio.to_thread(engine.enqueue, [task_id])
        async with asyncio.timeout(PATIENCE_S):
            while await asyncio.to_thread(engine.list_active):  # noqa: ASYNC110 - a table
                await asyncio.sleep(0.02)
        assert await asyncio.to_thread(engine.list_ended) == (task_id,)


def test_importing_the_service_does_not_import_the_engine() -> None:
    script = "import sys, gwansang.main, gwansang.worker; sys.exit('dbos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
