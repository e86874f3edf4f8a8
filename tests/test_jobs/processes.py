"""Workers in processes of their own, forked from one that has imported everything, so that a start is fast."""

import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import psutil

from tests.test_jobs import process
from tests.test_jobs.counting import PATIENCE_S, read_log

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(
    ["tests.test_jobs.process", "gwansang.cli", "gwansang.jobs.engine", "ai_edge_litert.interpreter", "av"]
)


@dataclass
class WorkerProcess:
    """A running worker; its name is empty until it is ready."""

    process: ForkServerProcess
    ready: Connection
    name: str = ""

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    @property
    def killed(self) -> bool:
        return self.process.exitcode == -signal.SIGKILL

    def wait_until_ready(self) -> None:
        assert self.ready.poll(PATIENCE_S), "the worker did not start"
        self.name = self.ready.recv()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it as the kernel does when memory runs out."""
        self.process.kill()
        self.process.join()

    def stop(self, timeout_s: float = PATIENCE_S) -> float:
        """Stop it as an orchestrator does, and return how long that took."""
        began = time.monotonic()
        children = psutil.Process(self.pid).children(recursive=True)
        self.process.terminate()
        self.process.join(timeout_s)
        assert self.process.exitcode == 0
        assert not [child for child in children if child.is_running()]
        return time.monotonic() - began


def start_worker(url: str, folder: Path, **options: float) -> WorkerProcess:
    """Start a worker without waiting until it is ready."""
    here, there = context.Pipe(duplex=False)
    worker = context.Process(target=process.run, args=(there, url, folder, options))
    worker.start()
    there.close()
    return WorkerProcess(worker, here)


def run_workers(count: int, url: str, folder: Path, **options: float) -> AbstractContextManager[list[WorkerProcess]]:
    """Start workers, wait until all are ready, and kill those that still run at the end."""
    return run_started([start_worker(url, folder, **options) for _ in range(count)])


@contextmanager
def run_started(running: list[WorkerProcess]) -> Iterator[list[WorkerProcess]]:
    """Wait until started workers are ready, and kill those in the list at the end."""
    try:
        for worker in running:
            worker.wait_until_ready()
        yield running
    finally:
        for worker in running:
            worker.kill()
            worker.ready.close()


def read_steps(folder: Path) -> list[tuple[int, str, int]]:
    """Return every step that was started, in order: process id, task id, index of the step."""
    return read_log(folder / process.STEP_LOG)


def count_starts(folder: Path) -> Counter[tuple[str, int]]:
    """Return how often each step of each task was started."""
    return Counter((task, index) for _, task, index in read_steps(folder))
