"""Workers come and go: what one has, another one goes on with."""

import asyncio
import signal
import sqlite3
import threading
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError

from gwansang.jobs.slots import WorkerSlot
from tests.support.accounts import signed_up
from tests.test_jobs.counting import CountingJob, accounts_at, ended, submitted, worker_at
from tests.test_jobs.engine_tables import everything_kept, until_forgotten
from tests.test_jobs.processes import log_of, steps_run, workers

pytestmark = pytest.mark.anyio


async def until_begun(folder: Path, tasks: int) -> None:
    """Returns when a step of so many tasks has begun."""
    async with asyncio.timeout(20):
        while len({task for task, _ in steps_run(folder)}) < tasks:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.02)


async def test_a_worker_that_is_told_to_stop_hands_its_jobs_over_at_once(database_url: str, folder: Path) -> None:
    async with accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        with workers(1, database_url, folder, pause_s=0.1, concurrency=8) as (first,):
            tasks = [await submitted(accounts, me.id, 40, b"a photo") for _ in range(5)]
            await until_begun(folder, 5)
            with workers(1, database_url, folder, pause_s=0.1, concurrency=8) as (second,):
                took_s = await asyncio.to_thread(first.stop)
                told = [await ended(accounts, me.id, task.id) for task in tasks]
                await asyncio.to_thread(second.stop)
    assert {one.status for one in told} == {"done"}
    assert steps_run(folder) == {(str(task.id), index): 1 for task in tasks for index in range(40)}
    assert {pid for pid, *_ in log_of(folder)} == {first.pid, second.pid}
    assert took_s < 8


async def test_a_worker_that_was_silent_and_comes_back_does_no_harm(database_url: str, folder: Path) -> None:
    async with accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        with workers(2, database_url, folder, pause_s=0.05) as running:
            task = await submitted(accounts, me.id, 40)
            await until_begun(folder, 1)
            paused = next(one for one in running if one.pid == log_of(folder)[0][0])
            paused.signal(signal.SIGSTOP)
            await asyncio.sleep(3.5)  # by now the other one has it
            paused.signal(signal.SIGCONT)
            told = await ended(accounts, me.id, task.id)
            await asyncio.to_thread(paused.stop)
    assert told.status == "done"
    runs = steps_run(folder)
    assert set(runs) == {(str(task.id), index) for index in range(40)}
    assert runs.total() <= 40 + 2  # the step that was interrupted, on each side


async def test_many_jobs_on_two_workers_are_all_done_and_none_twice(database_url: str, folder: Path) -> None:
    async with accounts_at(database_url, folder / "storage", max_unfinished_tasks=100) as accounts:
        me = await signed_up(accounts)
        tasks = [await submitted(accounts, me.id, 1) for _ in range(60)]  # committed, and nobody was told
        with workers(2, database_url, folder, concurrency=8):
            told = [await ended(accounts, me.id, task.id, 60) for task in tasks]
    assert {one.status for one in told} == {"done"}
    assert steps_run(folder) == {(str(task.id), 0): 1 for task in tasks}
    assert len({pid for pid, *_ in log_of(folder)}) == 2


def test_no_two_workers_have_one_name_and_a_place_keeps_its_name(tmp_path: Path) -> None:
    here = [WorkerSlot.take(tmp_path / "here") for _ in range(3)]
    elsewhere = WorkerSlot.take(tmp_path / "elsewhere")  # as on another machine with the same hostname
    names = [slot.name for slot in (*here, elsewhere)]
    assert len(set(names)) == 4
    here[1].release()
    again = WorkerSlot.take(tmp_path / "here")
    assert again.name == names[1]
    for slot in (here[0], again, here[2], elsewhere):
        slot.release()


async def test_what_a_killed_worker_left_in_the_tables_of_the_engine_is_cleared_away_by_the_next_one(
    database_url: str, folder: Path
) -> None:
    async with accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        with workers(1, database_url, folder, pause_s=0.1) as (worker,):
            task = await submitted(accounts, me.id, 60)
            await until_begun(folder, 1)
            worker.kill()
        await accounts.users.delete(me.id)
        assert str(task.id) in everything_kept(database_url)
    async with worker_at(database_url, folder, {}, at_once=False):  # there is nothing to do
        await until_forgotten(database_url, str(task.id))


async def test_a_worker_that_stops_while_its_engine_opens_leaves_none_behind(database_url: str, folder: Path) -> None:
    async with worker_at(database_url, folder, {"count": CountingJob()}, at_once=False) as (accounts, runner):
        me = await signed_up(accounts)
        task = await submitted(accounts, me.id, 3)
        async with asyncio.timeout(10):
            while not (folder / "workers" / "worker-0.lock").exists():  # noqa: ASYNC110 - it is taken just before
                await asyncio.sleep(0.005)
        assert runner.name == ""
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith(("dbos", "Thread-"))]
    assert [name for name in left if "_connection_worker" not in name] == []  # those are connections that just close
    async with worker_at(database_url, folder, {"count": CountingJob()}) as (accounts, _):
        assert (await ended(accounts, me.id, task.id)).status == "done"


async def test_a_worker_stops_although_its_database_has_gone(database_url: str, folder: Path) -> None:
    def broken(*_: object) -> None:
        raise DisconnectionError

    def gone(*_: object) -> None:
        raise psycopg.OperationalError("connection failed") if on_server else sqlite3.OperationalError("disk I/O error")

    on_server = database_url.startswith("postgresql")
    async with asyncio.timeout(20):
        async with worker_at(database_url, folder, {}) as (_, runner):
            assert runner._at_work is not None
            connections = runner._at_work.engine._store.connections
            event.listen(connections, "checkout", broken)
            event.listen(connections, "do_connect", gone)
    assert WorkerSlot.take(folder / "workers").name.split("-")[-2] == "0"  # its place is free again
