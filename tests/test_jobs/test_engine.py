"""The engine alone: releases, lost tables, and what it must not do."""

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

pytestmark = pytest.mark.anyio


class OneStep:
    """A course of one step; notes that it was finished."""

    steps = 1

    def __init__(self, finished: asyncio.Event) -> None:
        self._finished = finished

    async def step(self, index: int) -> None:
        assert index == 0

    async def finish(self) -> None:
        self._finished.set()

    async def leave(self) -> None:
        return None


class Refusing:
    """A worker that stops."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def begin(self, _: UUID) -> None:
        self.asked.set()
        raise TaskReleased


class Willing:
    """A worker that works."""

    def __init__(self) -> None:
        self.finished = asyncio.Event()

    async def begin(self, _: UUID) -> OneStep:
        return OneStep(self.finished)


@asynccontextmanager
async def engine(url: str, courses: Refusing | Willing, worker: str, protocol: int = 1) -> AsyncIterator[JobEngine]:
    made = JobEngine(
        open_job_store(url), courses, asyncio.get_running_loop(), worker=worker, concurrency=2, protocol=protocol
    )
    await asyncio.to_thread(made.start)
    try:
        yield made
    finally:
        await asyncio.to_thread(made.close)


async def test_what_a_worker_left_undone_it_does_when_it_is_there_again(database_url: str) -> None:
    task_id, refusing, willing = uuid4(), Refusing(), Willing()
    async with engine(database_url, refusing, "one") as before:
        await asyncio.to_thread(before.enqueue, [task_id])
        await asyncio.wait_for(refusing.asked.wait(), 10)
    async with engine(database_url, willing, "one"):
        await asyncio.wait_for(willing.finished.wait(), 10)


async def test_what_an_older_protocol_enqueued_is_found_and_done(database_url: str) -> None:
    task_id, refusing, willing = uuid4(), Refusing(), Willing()
    async with engine(database_url, refusing, "old") as before:
        await asyncio.to_thread(before.enqueue, [task_id])
        await asyncio.wait_for(refusing.asked.wait(), 10)
    async with engine(database_url, willing, "new", protocol=2) as after:
        assert await asyncio.to_thread(after.outdated) == (task_id,)
        await asyncio.to_thread(after.forget, [task_id])
        await asyncio.to_thread(after.enqueue, [task_id])
        await asyncio.wait_for(willing.finished.wait(), 10)


async def test_a_task_that_is_enqueued_twice_is_done_once(database_url: str) -> None:
    task_id, willing = uuid4(), Willing()
    async with engine(database_url, willing, "one") as running:
        await asyncio.to_thread(running.enqueue, [task_id, task_id])
        await asyncio.wait_for(willing.finished.wait(), 10)
        await asyncio.to_thread(running.enqueue, [task_id])
        while await asyncio.to_thread(running.unfinished):  # noqa: ASYNC110 - the engine writes it down in its time
            await asyncio.sleep(0.02)
        assert await asyncio.to_thread(running.ended) == (task_id,)


def test_importing_the_service_does_not_import_the_engine() -> None:
    script = "import sys, gwansang.main, gwansang.worker; sys.exit('dbos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
