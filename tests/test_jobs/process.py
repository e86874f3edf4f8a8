"""A worker as a process of its own, for tests and benchmarks that end it in every way.

The kinds of work: `count` counts; `deadly` kills the process that does it.
"""

import asyncio
import os
from multiprocessing.connection import Connection
from pathlib import Path

from gwansang.core.logging import configure_logging
from gwansang.services.tasks.worker import PollIntervals
from gwansang.worker import stop_signal
from tests.test_jobs.counting import BRISK, CountingJob, kill_myself, worker_at


def run(ready: Connection, url: str, folder: Path, options: dict[str, float]) -> None:
    """Works until SIGTERM; tells its name when it is at work."""
    log = os.open(folder / "worker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    configure_logging("INFO", json=True)
    asyncio.run(_work(ready, url, folder, options))


async def _work(ready: Connection, url: str, folder: Path, options: dict[str, float]) -> None:
    stopped = stop_signal()
    log = folder / "steps.log"
    jobs = {
        "count": CountingJob(pause_s=options.get("pause_s", 0.0), log=log),
        "deadly": CountingJob("deadly", before_step=kill_myself, log=log),
    }
    pace = PollIntervals() if options.get("usual_pace") else BRISK
    concurrency = int(options.get("concurrency", 4))
    async with worker_at(url, folder, jobs, concurrency=concurrency, pace=pace) as (_, runner):
        ready.send(runner.name)
        await stopped.wait()
