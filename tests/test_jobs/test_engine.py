"""The engine without tasks: releases, repeated enqueuing, recovery."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID, uuid4

import pytest
from dbos._error import DBOSWorkflowConflictIDError
from sqlalchemy import event

from gwansang.db.job_store import open_job_store
from gwansang.jobs.engine import JobEngine, JsonSerializer
from gwansang.jobs.protocols import ActiveTask, TaskReleased
from tests.test_jobs.counting import PATIENCE_S
from tests.test_jobs.engine_tables import dump_engine_tables

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


class BlockedStep(OneStep):
    """An execution whose step waits for `proceed`."""

    def __init__(self) -> None:
        super().__init__(asyncio.Event())
        self.started = asyncio.Event()
        self.proceed = asyncio.Event()
        self.released = asyncio.Event()

    async def step(self, index: int) -> None:
        self.started.set()
        await self.proceed.wait()

    async def release(self) -> None:
        self.released.set()


class StoppingExecutor:
    """Releases every task, as a worker that stops."""

    def __init__(self) -> None:
        self.called = asyncio.Event()

    async def begin(self, _: UUID) -> None:
        self.called.set()
        raise TaskReleased


class WorkingExecutor:
    """Executes every task."""

    def __init__(self, execution: OneStep | None = None) -> None:
        self.finished = asyncio.Event()
        self._execution = execution or OneStep(self.finished)

    async def begin(self, _: UUID) -> OneStep:
        return self._execution


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
        assert await asyncio.to_thread(engine.list_active) == (ActiveTask(task_id, "old", outdated=True),)
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


@contextmanager
def hold_commit_of_step(engine: JobEngine, *, on_server: bool) -> Iterator[threading.Event]:
    """Yield an event that is set when a step's row is written; hold its commit until the thread "deletion" reaches the
    row of the workflow. SQLite has one writer at a time, so there until that thread executes any statement."""
    written, deletion = threading.Event(), threading.Event()
    step_threads: set[int] = set()

    def before_execute(_: object, __: object, statement: str, *args: object) -> None:
        if statement.startswith("INSERT INTO") and "operation_outputs" in statement:
            step_threads.add(threading.get_ident())
        elif threading.current_thread().name == "deletion" and ("workflow_status" in statement or not on_server):
            deletion.set()

    def before_commit(_: object) -> None:
        if threading.get_ident() in step_threads:
            written.set()
            assert deletion.wait(PATIENCE_S)

    connections = engine._store.connections
    event.listen(connections, "before_cursor_execute", before_execute)
    event.listen(connections, "commit", before_commit)
    yield written
    event.remove(connections, "before_cursor_execute", before_execute)
    event.remove(connections, "commit", before_commit)


async def test_deleting_a_task_while_its_step_is_committed_leaves_no_row(database_url: str) -> None:
    task_id, execution = uuid4(), BlockedStep()
    async with open_engine(database_url, WorkingExecutor(execution), "one") as engine:
        with hold_commit_of_step(engine, on_server=database_url.startswith("postgresql")) as written:
            await asyncio.to_thread(engine.enqueue, [task_id])
            await asyncio.wait_for(execution.started.wait(), PATIENCE_S)
            execution.proceed.set()
            assert await asyncio.to_thread(written.wait, PATIENCE_S)
            deletion = threading.Thread(target=engine.delete, args=([task_id],), name="deletion")
            deletion.start()
            await asyncio.to_thread(deletion.join, PATIENCE_S)
            await asyncio.wait_for(execution.released.wait(), PATIENCE_S)
    assert str(task_id) not in dump_engine_tables(database_url)


@pytest.mark.parametrize("error", [AssertionError("of a photo"), DBOSWorkflowConflictIDError("a task")])
def test_the_serializer_writes_an_exception_as_data_without_its_message(error: BaseException) -> None:
    serializer = JsonSerializer()
    written = serializer.serialize(error)
    assert str(error) not in written
    with pytest.raises(RuntimeError, match=type(error).__name__):
        raise serializer.deserialize(written)


def test_importing_the_service_does_not_import_the_engine() -> None:
    script = "import sys, gwansang.main, gwansang.worker; sys.exit('dbos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
