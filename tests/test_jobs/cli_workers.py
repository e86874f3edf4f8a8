"""Real `gwansang worker` processes, and a video for them."""

import os
import select
import sys
from contextlib import AbstractContextManager
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path

from gwansang.cli import main
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.video import MAX_SAMPLED_FRAMES
from tests.support.clips import encode_clip, handheld_frames
from tests.support.photos import model_dir
from tests.support.serving import settings_for_tests
from tests.test_jobs.counting import PATIENCE_S
from tests.test_jobs.processes import WorkerProcess, context, run_started


@cache
def film() -> bytes:
    """Return a clip with as many frames as are sampled."""
    return encode_clip(handheld_frames(draw_face(480, 640, 240), MAX_SAMPLED_FRAMES, 480, 640), g="10")


class CliWorker(WorkerProcess):
    """A worker whose `ready` is the other end of its standard error."""

    def wait_until_ready(self) -> None:
        output = b""
        while b"is ready" not in output:
            assert select.select([self.ready], [], [], PATIENCE_S)[0], "the worker did not start"
            chunk = os.read(self.ready.fileno(), 4096)
            assert chunk, output.decode()
            output += chunk


def start_cli_worker(url: str, folder: Path) -> CliWorker:
    """Start `gwansang worker` without waiting until it is ready; forked, because its imports take most of a start."""
    environment = {
        "DATABASE_URL": url,
        "STORAGE_FOLDER": str(folder / "storage"),
        "WORKER_FOLDER": str(folder / "workers"),
        "MODEL_PATH": str(model_dir()),
        "INFERENCE_WORKERS": "1",
        "ENCRYPTION_KEYS": settings_for_tests().encryption_keys.get_secret_value(),
    }
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(there, environment, folder))
    process.start()
    there.close()
    return CliWorker(process, here)


def run_cli_workers(count: int, url: str, folder: Path) -> AbstractContextManager[list[WorkerProcess]]:
    """Start workers, wait until all are ready, and kill those in the list at the end."""
    return run_started([start_cli_worker(url, folder) for _ in range(count)])


def replace_workers(running: list[WorkerProcess], url: str, folder: Path) -> list[WorkerProcess]:
    """Kill all workers, in the middle of whatever they do, and start as many new ones without waiting for them."""
    for worker in running:
        worker.process.kill()
    return [start_cli_worker(url, folder) for _ in running]


def _run(stderr: Connection, environment: dict[str, str], folder: Path) -> None:
    log = os.open(folder / "worker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(stderr.fileno(), 2)
    os.chdir(folder)
    os.environ.update(environment)
    sys.argv = ["gwansang", "worker"]
    main()
