"""A worker in a process of its own, for tests and benchmarks that stop it in every way.

Its jobs: `count` counts; `deadly` kills the process that runs it.
"""

import asyncio
import os
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from gwansang.core.logging import configure_logging
from gwansang.services.tasks.worker import PollIntervals
from gwansang.worker import stop_signal
from tests.test_jobs.counting import DEADLY, FAST, CountingJob, kill_this_process, open_worker_at

STEP_LOG = "steps.log"


def run(ready: Connection, url: str, folder: Path, options: dict[str, float]) -> None:
    """Work until SIGTERM; send the worker's name once it accepts tasks."""
    log = os.open(folder / "worker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    configure_logging("INFO", json=True)
    asyncio.run(_work(ready, url, folder, options))


async def _work(ready: Connection, url: str, folder: Path, options: dict[str, float]) -> None:
    stopped = stop_signal()
    log = folder / STEP_LOG
    processes = int(options.get("processes", 1))
    count = CountingJob(pause_s=options.get("pause_s", 0.0), log=log, processes=processes)
    deadly = CountingJob(DEADLY, before_step=kill_this_process, log=log)
    usual = PollIntervals() if options.get("usual_intervals") else FAST
    intervals = replace(usual, dead_after_s=options.get("dead_after_s", usual.dead_after_s))
    concurrency = int(options.get("concurrency", 4))
    async with open_worker_at(url, folder, count, deadly, concurrency=concurrency, intervals=intervals) as (_, worker):
        ready.send(worker.name)
        await stopped.wait()
