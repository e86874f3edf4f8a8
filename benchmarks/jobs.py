"""Durability and speed of long work.

    python -m benchmarks.jobs [--backend sqlite|postgresql|both] [--kills 10] [--jobs 1000] [--runs 1]

Kills workers with SIGKILL at random moments of a 60-step job, until it ends; lets two workers do many small jobs; stops
a worker with five jobs in flight. Exits with 1 if anything was lost or done twice, or if progress decreased.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import psutil
from tests.support.accounts import signed_up
from tests.support.database import BACKENDS, drop_templates, scratch_database
from tests.test_jobs.counting import open_accounts_at, submit, wait_until_ended
from tests.test_jobs.processes import WorkerProcess, count_starts, read_steps, run_workers, start_worker

from gwansang.core.logging import configure_logging
from gwansang.services.tasks.task_service import TaskInfo

STEPS = 60
PAUSE_S = 0.05
Figures = dict[str, object]


async def killed(url: str, folder: Path, kills: int, seed: int) -> Figures:
    """Kill the worker of a task at random moments, each time starting another one in its place."""
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    async with open_accounts_at(url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        with run_workers(2, url, folder, pause_s=PAUSE_S) as running:
            began = time.monotonic()
            task = await submit(accounts, me.id, STEPS, b"a photo")
            watching = asyncio.create_task(_watch(accounts.tasks.events(me.id, task.id)))
            steps_at_death: list[int] = []
            for _ in range(kills):
                worker = await _find_active_worker(
                    running, folder, watching, steps_at_death[-1] if steps_at_death else -1
                )
                if worker is None:
                    break
                await asyncio.sleep(chance.uniform(0.0, 0.3))
                worker.kill()
                steps_at_death.append(read_steps(folder)[-1][2])
                running.append(await asyncio.to_thread(_start_ready_worker, url, folder))
            ended, progress = await watching
            took = time.monotonic() - began
    starts = count_starts(folder)
    return {
        "kills": len(steps_at_death),
        "at step": steps_at_death,
        "ended": ended.status,
        "steps": f"{len(starts)} of {STEPS}",
        "repeated steps": starts.total() - len(starts),
        "progress decreased": progress != sorted(progress),
        "seconds": round(took, 1),
        "ok": ended.result == {"steps": STEPS} and len(starts) == STEPS and progress == sorted(progress),
    }


async def many(url: str, folder: Path, jobs: int) -> Figures:
    """Run small jobs on two workers, all committed before the workers start."""
    async with open_accounts_at(url, folder / "storage", max_unfinished_tasks=1000) as accounts:
        me = await signed_up(accounts)
        began = time.monotonic()
        tasks = [await submit(accounts, me.id, 1) for _ in range(jobs)]
        submitting = time.monotonic() - began
        with run_workers(2, url, folder, concurrency=16, usual_intervals=True) as running:
            began = time.monotonic()
            ended = [await wait_until_ended(accounts, me.id, task.id, 600) for task in tasks]
            took = time.monotonic() - began
            shares = sorted(sum(pid == worker.pid for pid, *_ in read_steps(folder)) for worker in running)
    starts = count_starts(folder)
    done = sum(task.status == "done" for task in ended)
    return {
        "jobs": jobs,
        "done": done,
        "twice": starts.total() - len(starts),
        "shares": shares,
        "submitted a second": round(jobs / submitting),
        "done a second": round(jobs / took),
        "ok": done == jobs and starts.total() == jobs,
    }


async def stopped(url: str, folder: Path) -> Figures:
    """Stop a worker with five jobs in flight while another one is running."""
    async with open_accounts_at(url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        with run_workers(1, url, folder, pause_s=PAUSE_S, concurrency=8) as (first,):
            tasks = [await submit(accounts, me.id, STEPS, b"a photo") for _ in range(5)]
            while len({task for task, _ in count_starts(folder)}) < 5:  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.02)
            with run_workers(1, url, folder, pause_s=PAUSE_S, concurrency=8) as (second,):
                took = await asyncio.to_thread(first.stop)
                resumed = await _wait_for_first_step(second, folder)
                ended = [await wait_until_ended(accounts, me.id, task.id, 60) for task in tasks]
    starts = count_starts(folder)
    return {
        "stopped within s": round(took, 2),
        "peer resumed after s": round(resumed, 2),
        "done": sum(task.status == "done" for task in ended),
        "steps twice": starts.total() - len(starts),
        "ok": {task.status for task in ended} == {"done"} and starts.total() == len(starts) == 5 * STEPS,
    }


async def idle(url: str, folder: Path) -> Figures:
    """Measure the cost of a worker without tasks."""
    with run_workers(1, url, folder, usual_intervals=True) as (worker,):
        await asyncio.sleep(2)
        process = psutil.Process(worker.pid)
        before = sum(process.cpu_times()[:2])
        await asyncio.sleep(8)
        spent = sum(process.cpu_times()[:2]) - before
        return {"cpu %": round(100 * spent / 8, 1), "memory MB": round(process.memory_info().rss / 1e6), "ok": True}


async def _watch(events: AsyncIterator[TaskInfo]) -> tuple[TaskInfo, list[float]]:
    progress = []
    async for task in events:
        progress.append(task.progress)
    return task, progress


async def _find_active_worker(
    running: list[WorkerProcess], folder: Path, watching: "asyncio.Task[object]", after_step: int
) -> WorkerProcess | None:
    """Return the living worker of the latest step, once that is a later step: one that is killed in three tries of one
    step fails the task."""
    while not watching.done():
        latest = [pid for pid, _, index in read_steps(folder)[-1:] if index > after_step]
        for worker in running:
            if worker.pid in latest and not worker.killed:
                return worker
        await asyncio.sleep(0.01)
    return None


def _start_ready_worker(url: str, folder: Path) -> WorkerProcess:
    worker = start_worker(url, folder, pause_s=PAUSE_S)
    worker.wait_until_ready()
    return worker


async def _wait_for_first_step(worker: WorkerProcess, folder: Path) -> float:
    began = time.monotonic()
    while worker.pid not in {pid for pid, *_ in read_steps(folder)}:  # noqa: ASYNC110 - of another process
        await asyncio.sleep(0.01)
    return time.monotonic() - began


def _measure(name: str, backend: str, work: Callable[[str, Path], Awaitable[Figures]]) -> bool:
    with scratch_database(backend) as url, tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(work(url, Path(folder)))  # type: ignore[arg-type]
    print(f"{backend:10}  {name:8}  " + "  ".join(f"{key}: {value}" for key, value in figures.items()), flush=True)
    return bool(figures["ok"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=[*BACKENDS, "both"], default="both")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=1, help="jobs whose workers are killed")
    args = parser.parse_args()
    configure_logging("WARNING", json=False)
    results = []
    for backend in BACKENDS if args.backend == "both" else (args.backend,):
        seeds = range(args.runs)
        results += [_measure("killed", backend, partial(killed, kills=args.kills, seed=seed)) for seed in seeds]
        results.append(_measure("many", backend, partial(many, jobs=args.jobs)))
        results.append(_measure("stopped", backend, stopped))
        results.append(_measure("idle", backend, idle))
    drop_templates()
    print(f"{results.count(True)} of {len(results)} passed")
    sys.exit(not all(results))


if __name__ == "__main__":
    main()
