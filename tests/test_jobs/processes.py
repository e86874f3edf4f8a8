"""Workers in processes of their own, forked from one that has imported everything: a start takes no seconds."""

import json
import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import psutil

from tests.test_jobs import process

START_S = 60.0
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.test_jobs.process", "gwansang.jobs.engine"])


@dataclass
class WorkerProcess:
    """A running worker; its name is known when it is ready."""

    process: ForkServerProcess
    told: Connection
    name: str = ""

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    @property
    def killed(self) -> bool:
        return self.process.exitcode == -signal.SIGKILL

    def wait_until_ready(self) -> None:
        assert self.told.poll(START_S), "the worker did not start"
        self.name = self.told.recv()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """As the kernel does when memory ends, and as a power cut does."""
        self.process.kill()
        self.process.join()

    def stop(self, within_s: float = 12.0) -> float:
        """As an orchestrator does; says how long it took."""
        began = time.monotonic()
        children = psutil.Process(self.pid).children(recursive=True)
        self.process.terminate()
        self.process.join(within_s)
        assert self.process.exitcode == 0
        assert not [child for child in children if child.is_running()]
        return time.monotonic() - began


def started(url: str, folder: Path, **options: float) -> WorkerProcess:
    """A worker that is about to start."""
    here, there = _context.Pipe(duplex=False)
    worker = _context.Process(target=process.run, args=(there, url, folder, options))
    worker.start()
    there.close()
    return WorkerProcess(worker, here)


@contextmanager
def workers(count: int, url: str, folder: Path, **options: float) -> Iterator[list[WorkerProcess]]:
    """So many workers, at work; those that are still there in the end are killed."""
    running = [started(url, folder, **options) for _ in range(count)]
    try:
        for worker in running:
            worker.wait_until_ready()
        yield running
    finally:
        for worker in running:
            worker.kill()
            worker.told.close()


def log_of(folder: Path) -> list[tuple[int, str, int]]:
    """Every step that was begun, in order: the process, the task, the step."""
    log = folder / "steps.log"
    lines = log.read_text().splitlines() if log.exists() else []
    return [(pid, task, index) for pid, task, index in map(json.loads, lines)]


def steps_run(folder: Path) -> Counter[tuple[str, int]]:
    """How often each step of each task was begun."""
    return Counter((task, index) for _, task, index in log_of(folder))
