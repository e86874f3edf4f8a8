"""Are jobs durable, and how fast are they?

    python -m benchmarks.jobs [--backend sqlite|postgresql|both] [--kills 10] [--jobs 1000] [--runs 1]

Kills workers with SIGKILL at random moments of a 60-step job, until it ends; lets two workers do many small jobs; stops
a worker with five jobs in flight. Exits with 1 where anything was lost, done twice, or went back.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import psutil
from tests.support.accounts import signed_up
from tests.support.database import BACKENDS, drop_templates, scratch_database
from tests.test_jobs.counting import accounts_at, ended, submitted
from tests.test_jobs.processes import WorkerProcess, log_of, started, steps_run, workers

from gwansang.core.logging import configure_logging
from gwansang.services.tasks.task_service import TaskInfo

STEPS = 60
PAUSE_S = 0.05
Figures = dict[str, object]


async def killed(url: str, folder: Path, kills: int, seed: int) -> Figures:
    """Two workers; whoever does the job is killed at a random moment, and another one is started in its place."""
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    async with accounts_at(url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        with workers(2, url, folder, pause_s=PAUSE_S) as running:
            began = time.monotonic()
            task = await submitted(accounts, me.id, STEPS, b"a photo")
            watching = asyncio.create_task(_watched(accounts.tasks.events(me.id, task.id)))
            steps_at_death: list[int] = []
            for _ in range(kills):
                worker = await _in_charge(running, folder, watching, steps_at_death[-1] if steps_at_death else -1)
                if worker is None:
                    break
                await asyncio.sleep(chance.uniform(0.0, 0.3))
                worker.kill()
                steps_at_death.append(log_of(folder)[-1][2])
                running.append(await asyncio.to_thread(_replaced, url, folder))
            told, progress = await watching
            took = time.monotonic() - began
    runs = steps_run(folder)
    return {
        "kills": len(steps_at_death),
        "at step": steps_at_death,
        "ended": told.status,
        "steps": f"{len(runs)} of {STEPS}",
        "begun again": runs.total() - len(runs),
        "progress went back": progress != sorted(progress),
        "seconds": round(took, 1),
        "ok": told.result == {"steps": STEPS} and len(runs) == STEPS and progress == sorted(progress),
    }


async def many(url: str, folder: Path, jobs: int) -> Figures:
    """Small jobs on two workers, all of them committed before the workers come."""
    async with accounts_at(url, folder / "storage", max_unfinished_tasks=1000) as accounts:
        me = await signed_up(accounts)
        began = time.monotonic()
        tasks = [await submitted(accounts, me.id, 1) for _ in range(jobs)]
        submitting = time.monotonic() - began
        with workers(2, url, folder, concurrency=16, usual_pace=True) as running:
            began = time.monotonic()
            told = [await ended(accounts, me.id, task.id, 600) for task in tasks]
            took = time.monotonic() - began
            shares = sorted(sum(pid == one.pid for pid, *_ in log_of(folder)) for one in running)
    runs = steps_run(folder)
    done = sum(one.status == "done" for one in told)
    return {
        "jobs": jobs,
        "done": done,
        "twice": runs.total() - len(runs),
        "shares": shares,
        "submitted a second": round(jobs / submitting),
        "done a second": round(jobs / took),
        "ok": done == jobs and runs.total() == jobs,
    }


async def stopped(url: str, folder: Path) -> Figures:
    """SIGTERM with five jobs in flight, and a peer."""
    async with accounts_at(url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        with workers(1, url, folder, pause_s=PAUSE_S, concurrency=8) as (first,):
            tasks = [await submitted(accounts, me.id, STEPS, b"a photo") for _ in range(5)]
            while len({task for task, _ in steps_run(folder)}) < 5:  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.02)
            with workers(1, url, folder, pause_s=PAUSE_S, concurrency=8) as (second,):
                took = await asyncio.to_thread(first.stop)
                went_on = await _first_step_of(second, folder)
                told = [await ended(accounts, me.id, task.id, 60) for task in tasks]
    runs = steps_run(folder)
    return {
        "stopped within s": round(took, 2),
        "peer went on after s": round(went_on, 2),
        "done": sum(one.status == "done" for one in told),
        "steps twice": runs.total() - len(runs),
        "ok": {one.status for one in told} == {"done"} and runs.total() == len(runs) == 5 * STEPS,
    }


async def idle(url: str, folder: Path) -> Figures:
    """What a worker costs that has nothing to do."""
    with workers(1, url, folder, usual_pace=True) as (worker,):
        await asyncio.sleep(2)
        process = psutil.Process(worker.pid)
        before = sum(process.cpu_times()[:2])
        await asyncio.sleep(8)
        spent = sum(process.cpu_times()[:2]) - before
        return {"cpu %": round(100 * spent / 8, 1), "memory MB": round(process.memory_info().rss / 1e6), "ok": True}


async def _watched(events: object) -> tuple[TaskInfo, list[float]]:
    progress = []
    async for told in events:  # type: ignore[attr-defined]
        progress.append(told.progress)
    return told, progress


async def _in_charge(
    running: list[WorkerProcess], folder: Path, watching: "asyncio.Task[object]", beyond: int
) -> WorkerProcess | None:
    """The living worker that does the latest step, once that is one beyond: a step that kills three is given up."""
    while not watching.done():
        latest = [pid for pid, _, index in log_of(folder)[-1:] if index > beyond]
        found = [one for one in running if one.pid in latest and not one.killed]
        if found:
            return found[0]
        await asyncio.sleep(0.01)
    return None


def _replaced(url: str, folder: Path) -> WorkerProcess:
    worker = started(url, folder, pause_s=PAUSE_S)
    worker.wait_until_ready()
    return worker


async def _first_step_of(worker: WorkerProcess, folder: Path) -> float:
    began = time.monotonic()
    while worker.pid not in {pid for pid, *_ in log_of(folder)}:  # noqa: ASYNC110 - of another process
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
    parser.add_argument("--runs", type=int, default=1, help="jobs that are killed on the way")
    asked = parser.parse_args()
    configure_logging("WARNING", json=False)
    fine = []
    for backend in BACKENDS if asked.backend == "both" else (asked.backend,):
        seeds = range(asked.runs)
        fine += [_measure("killed", backend, partial(killed, kills=asked.kills, seed=seed)) for seed in seeds]
        fine.append(_measure("many", backend, partial(many, jobs=asked.jobs)))
        fine.append(_measure("stopped", backend, stopped))
        fine.append(_measure("idle", backend, idle))
    drop_templates()
    print(f"{fine.count(True)} of {len(fine)} as they should be")
    sys.exit(not all(fine))


if __name__ == "__main__":
    main()
