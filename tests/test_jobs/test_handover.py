"""Workers start, stop and die: another worker continues their tasks."""

import asyncio
import signal
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from gwansang.jobs.slots import WorkerSlot
from tests.support.accounts import signed_up
from tests.test_jobs.counting import (
    PATIENCE_S,
    CountingJob,
    open_accounts_at,
    open_worker_at,
    submit,
    wait_until_ended,
)
from tests.test_jobs.engine_tables import dump_engine_tables, no_database, wait_until_deleted
from tests.test_jobs.processes import count_starts, read_steps, run_workers

pytestmark = pytest.mark.anyio


async def wait_until_started(folder: Path, tasks: int) -> None:
    """Return once a step of that many tasks has started."""
    async with asyncio.timeout(PATIENCE_S):
        while len({task for task, _ in count_starts(folder)}) < tasks:  # noqa: ASYNC110 - in another process
            await asyncio.sleep(0.02)


async def test_a_worker_that_stops_hands_its_tasks_over_and_no_step_runs_twice(database_url: str, folder: Path) -> None:
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        options = {"pause_s": 0.1, "concurrency": 8, "dead_after_s": PATIENCE_S}
        with run_workers(1, database_url, folder, **options) as (first,):
            tasks = [await submit(accounts, me.id, 40, b"a photo") for _ in range(5)]
            await wait_until_started(folder, 5)
            with run_workers(1, database_url, folder, **options) as (second,):
                await asyncio.to_thread(first.stop)
                ended = [await wait_until_ended(accounts, me.id, task.id) for task in tasks]
                await asyncio.to_thread(second.stop)
    assert {task.status for task in ended} == {"done"}
    assert count_starts(folder) == {(str(task.id), index): 1 for task in tasks for index in range(40)}
    assert {pid for pid, *_ in read_steps(folder)} == {first.pid, second.pid}


async def test_a_worker_that_resumes_after_it_was_taken_for_dead_does_no_harm(database_url: str, folder: Path) -> None:
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        with run_workers(2, database_url, folder, pause_s=0.05, dead_after_s=6.0) as running:
            task = await submit(accounts, me.id, 40)
            await wait_until_started(folder, 1)
            paused = next(worker for worker in running if worker.pid == read_steps(folder)[0][0])
            paused.signal(signal.SIGSTOP)
            async with asyncio.timeout(PATIENCE_S):
                while len({pid for pid, *_ in read_steps(folder)}) < 2:  # noqa: ASYNC110 - in another process
                    await asyncio.sleep(0.02)
            paused.signal(signal.SIGCONT)
            ended = await wait_until_ended(accounts, me.id, task.id)
            await asyncio.to_thread(paused.stop)
    assert ended.status == "done"
    starts = count_starts(folder)
    assert set(starts) == {(str(task.id), index) for index in range(40)}
    assert starts.total() <= 40 + 2  # the interrupted step, once on each worker


async def test_many_tasks_on_two_workers_are_all_done_and_none_twice(database_url: str, folder: Path) -> None:
    async with open_accounts_at(database_url, folder / "storage", max_unfinished_tasks=100) as accounts:
        me = await signed_up(accounts)
        tasks = [await submit(accounts, me.id, 1) for _ in range(60)]  # committed, but no worker was notified
        with run_workers(2, database_url, folder, concurrency=8, processes=2, dead_after_s=PATIENCE_S):
            ended = [await wait_until_ended(accounts, me.id, task.id) for task in tasks]
    assert {task.status for task in ended} == {"done"}
    assert count_starts(folder) == {(str(task.id), 0): 1 for task in tasks}
    assert len({pid for pid, *_ in read_steps(folder)}) == 2


def test_worker_names_are_unique_and_a_released_slot_keeps_its_name(tmp_path: Path) -> None:
    here = [WorkerSlot.acquire(tmp_path / "here") for _ in range(3)]
    elsewhere = WorkerSlot.acquire(tmp_path / "elsewhere")  # as on another machine with the same hostname
    names = [slot.name for slot in (*here, elsewhere)]
    assert len(set(names)) == 4
    here[1].release()
    again = WorkerSlot.acquire(tmp_path / "here")
    assert again.name == names[1]
    for slot in (here[0], again, here[2], elsewhere):
        slot.release()


async def test_the_next_worker_deletes_what_a_killed_one_left_in_the_engine(database_url: str, folder: Path) -> None:
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        with run_workers(1, database_url, folder, pause_s=0.1) as (worker,):
            task = await submit(accounts, me.id, 60)
            await wait_until_started(folder, 1)
            worker.kill()
        await accounts.users.delete(me.id)
        assert str(task.id) in dump_engine_tables(database_url)
    async with open_worker_at(database_url, folder, eager=False):  # there is no task
        await wait_until_deleted(database_url, str(task.id))


async def test_the_next_worker_deletes_the_queued_task_of_a_user_who_was_erased_while_no_worker_ran(
    database_url: str, folder: Path
) -> None:
    job = CountingJob(pause_s=3600)
    async with open_worker_at(database_url, folder, job) as (accounts, _):
        me = await signed_up(accounts)
        task = await submit(accounts, me.id, 3)
        async with asyncio.timeout(PATIENCE_S):
            while not job.ran:  # noqa: ASYNC110 - a list
                await asyncio.sleep(0.02)
    async with open_accounts_at(database_url, folder / "storage") as accounts:
        await accounts.users.delete(me.id)
    assert str(task.id) in dump_engine_tables(database_url)
    async with open_worker_at(database_url, folder, eager=False):  # there is no task
        await wait_until_deleted(database_url, str(task.id))


async def test_a_worker_that_stops_while_its_engine_opens_leaves_no_thread(database_url: str, folder: Path) -> None:
    async with open_worker_at(database_url, folder, CountingJob(), eager=False) as (accounts, worker):
        me = await signed_up(accounts)
        task = await submit(accounts, me.id, 3)
        async with asyncio.timeout(PATIENCE_S):
            while not (folder / "workers" / "worker-0.lock").exists():  # noqa: ASYNC110 - it is locked just before
                await asyncio.sleep(0.005)
        assert worker.name == ""
    names = [thread.name for thread in threading.enumerate() if thread.name.startswith(("dbos", "Thread-"))]
    assert [name for name in names if "_connection_worker" not in name] == []  # those connections are just closing
    async with open_worker_at(database_url, folder, CountingJob()) as (accounts, _):
        assert (await wait_until_ended(accounts, me.id, task.id)).status == "done"


async def test_a_worker_stops_although_its_database_is_unavailable(database_url: str, folder: Path) -> None:
    async with asyncio.timeout(PATIENCE_S):
        with ExitStack() as away:
            async with open_worker_at(database_url, folder) as (_, worker):
                assert worker._open is not None
                away.enter_context(no_database(worker._open.engine._store))
    assert WorkerSlot.acquire(folder / "workers").name.split("-")[-2] == "0"  # its slot is free again
