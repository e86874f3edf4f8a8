"""The engine without tasks: releases, repeated enqueuing, recovery."""

import asyncio
import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from dbos import error as dbos_error
from sqlalchemy import event

from gwansang.db.job_store import open_job_store
from gwansang.db.session import DatabaseUnavailableError
from gwansang.jobs import engine as engine_module
from gwansang.jobs.engine import JobEngine, JsonSerializer
from gwansang.jobs.protocols import EngineTask, TaskReleased
from tests.test_jobs.counting import PATIENCE_S
from tests.test_jobs.engine_tables import dump_engine_tables, no_database

pytestmark = pytest.mark.anyio


class Releasing:
    """Releases every task, as a worker that stops."""

    def __init__(self) -> None:
        self.called = asyncio.Event()

    async def execute(self, _: UUID) -> None:
        self.called.set()
        raise TaskReleased


class Working:
    """Finishes every task once it may proceed."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.proceed = asyncio.Event()
        self.finished = asyncio.Event()

    async def execute(self, _: UUID) -> None:
        self.started.set()
        await self.proceed.wait()
        self.finished.set()


def working() -> Working:
    """Return an executor that does not wait."""
    executor = Working()
    executor.proceed.set()
    return executor


@asynccontextmanager
async def open_engine(
    url: str, executor: Releasing | Working, worker: str, protocol: int = 1
) -> AsyncIterator[JobEngine]:
    engine = JobEngine(open_job_store(url), executor.execute, worker=worker, concurrency=2, protocol=protocol)
    await asyncio.to_thread(engine.start, asyncio.get_running_loop())
    try:
        yield engine
    finally:
        await asyncio.to_thread(engine.close)


async def wait_for_tasks(engine: JobEngine, *tasks: EngineTask) -> None:
    """Return once the engine has exactly these tasks."""
    async with asyncio.timeout(PATIENCE_S):
        while await engine.list_tasks() != tasks:  # noqa: ASYNC110 - a table
            await asyncio.sleep(0.02)


async def test_a_restarted_worker_finishes_the_task_that_it_left(database_url: str) -> None:
    task_id, releasing, executor = uuid4(), Releasing(), working()
    async with open_engine(database_url, releasing, "one") as engine:
        await engine.enqueue([task_id])
        await asyncio.wait_for(releasing.called.wait(), PATIENCE_S)
    async with open_engine(database_url, executor, "one"):
        await asyncio.wait_for(executor.finished.wait(), PATIENCE_S)


async def test_a_task_enqueued_with_an_older_protocol_is_found_and_finished(database_url: str) -> None:
    task_id, releasing, executor = uuid4(), Releasing(), working()
    async with open_engine(database_url, releasing, "old") as engine:
        await engine.enqueue([task_id])
        await asyncio.wait_for(releasing.called.wait(), PATIENCE_S)
    async with open_engine(database_url, executor, "new", protocol=2) as engine:
        assert await engine.list_tasks() == (EngineTask(task_id, "old", outdated=True),)
        await engine.delete([task_id])
        await engine.enqueue([task_id])
        await asyncio.wait_for(executor.finished.wait(), PATIENCE_S)


async def test_a_task_that_is_enqueued_twice_is_executed_once(database_url: str) -> None:
    task_id, executor = uuid4(), working()
    async with open_engine(database_url, executor, "one") as engine:
        await engine.enqueue([task_id, task_id])
        await asyncio.wait_for(executor.finished.wait(), PATIENCE_S)
        await engine.enqueue([task_id])
        await wait_for_tasks(engine, EngineTask(task_id, ended=True))


@contextmanager
def hold_commit_of_outcome(engine: JobEngine, *, on_server: bool) -> Iterator[threading.Event]:
    """Yield an event that is set when the outcome of a task is written; hold its commit until the engine deletes the
    task. SQLite has one writer at a time, so there until another thread executes any statement."""
    written, deletion = threading.Event(), threading.Event()
    writers: set[int] = set()

    def before_execute(_: object, __: object, statement: str, *args: object) -> None:
        if "workflow_output" in statement and "INSERT" in statement:
            writers.add(threading.get_ident())
            written.set()
        elif written.is_set() and ("CANCELLED" in repr(args) or not on_server):
            deletion.set()

    def before_commit(_: object) -> None:
        if threading.get_ident() in writers:
            assert deletion.wait(PATIENCE_S)

    connections = engine._store.connections
    event.listen(connections, "before_cursor_execute", before_execute)
    event.listen(connections, "commit", before_commit)
    yield written
    event.remove(connections, "before_cursor_execute", before_execute)
    event.remove(connections, "commit", before_commit)


async def test_deleting_a_task_while_its_outcome_is_committed_leaves_no_row(database_url: str) -> None:
    task_id, executor = uuid4(), Working()
    async with open_engine(database_url, executor, "one") as engine:
        with hold_commit_of_outcome(engine, on_server=database_url.startswith("postgresql")) as written:
            await engine.enqueue([task_id])
            await asyncio.wait_for(executor.started.wait(), PATIENCE_S)
            executor.proceed.set()
            assert await asyncio.to_thread(written.wait, PATIENCE_S)
            await engine.delete([task_id])
    assert str(task_id) not in dump_engine_tables(database_url)


async def test_calls_of_a_worker_fail_at_once_while_the_database_is_away(database_url: str) -> None:
    async with open_engine(database_url, working(), "one") as engine:
        with pytest.raises(DatabaseUnavailableError), no_database(engine._store):
            await engine.list_tasks()
        assert await engine.list_tasks() == ()


async def test_a_worker_that_stops_dequeuing_leaves_new_tasks_to_others(database_url: str) -> None:
    task_id = uuid4()
    async with open_engine(database_url, working(), "one") as engine:
        engine.stop_dequeuing()
        await engine.enqueue([task_id])
        await asyncio.sleep(1.0)  # several polls
        assert await engine.list_tasks() == (EngineTask(task_id),)


def test_no_private_name_of_the_engine_is_used() -> None:
    source = Path(engine_module.__file__).read_text()
    assert re.findall(r"dbos\._\w+|\b(?:DBOS|DBOSClient|_dbos|_client)\._\w+", source) == []


@pytest.mark.parametrize("error", [AssertionError("of a photo"), dbos_error.DBOSWorkflowConflictIDError("a task")])
def test_the_serializer_writes_an_exception_as_data_without_its_message(error: BaseException) -> None:
    serializer = JsonSerializer()
    written = serializer.serialize(error)
    assert str(error) not in written
    with pytest.raises(RuntimeError, match=type(error).__name__):
        raise serializer.deserialize(written)


def test_importing_the_service_does_not_import_the_engine() -> None:
    script = "import sys, gwansang.main, gwansang.worker; sys.exit('dbos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_connection_that_is_given_back_during_the_close_is_closed(database_url: str) -> None:
    store = open_job_store(database_url)
    connection = store.connections.connect()
    driver_connection = connection.connection.driver_connection
    assert driver_connection is not None
    late = threading.Timer(0.3, connection.close)
    late.start()
    await asyncio.to_thread(store.close)
    late.join()
    assert driver_connection.closed
