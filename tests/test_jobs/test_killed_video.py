"""A real video, read by real workers that are killed while they read it."""

import asyncio
import os
import random
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from gwansang.services.jobs.face_data import ReadingRequest, dump_request, load_snapshot
from gwansang.services.jobs.video_job import VIDEO
from gwansang.services.ml.network_vision import NetworkVision
from gwansang.services.readings.clip_reader import merge_parts, observe_part
from gwansang.services.tasks.task_service import TaskInfo
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.video import MAX_SAMPLED_FRAMES, DecodeBudget, scan_clip
from tests.support.accounts import signed_up
from tests.support.clips import encoded_clip, moving
from tests.support.photos import model_dir
from tests.support.serving import settings_for_tests
from tests.test_jobs.counting import accounts_at

pytestmark = pytest.mark.anyio
MOMENTS = (0.2, 0.6)  # of the progress: then both workers are killed
Worker = subprocess.Popen[bytes]


@cache
def film() -> bytes:
    """As many frames as are looked at."""
    return encoded_clip(moving(draw_face(480, 640, 240), MAX_SAMPLED_FRAMES, 720, 960), g="10")


def start(url: str, folder: Path) -> Worker:
    """Begins to start `gwansang worker`."""
    environment = {
        "DATABASE_URL": url,
        "STORAGE_FOLDER": str(folder / "storage"),
        "WORKER_FOLDER": str(folder / "workers"),
        "MODEL_PATH": str(model_dir()),
        "INFERENCE_WORKERS": "1",
        "ENCRYPTION_KEYS": settings_for_tests().encryption_keys.get_secret_value(),
    }
    with (folder / "worker.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-c", "from gwansang.cli import main; main()", "worker"],
            cwd=folder,
            stdout=log,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
        )


def ready(worker: Worker) -> Worker:
    """The worker, once it says that it is at work."""
    assert worker.stderr is not None
    told = b""
    while b"is ready" not in told:
        assert select.select([worker.stderr], [], [], 60)[0], "the worker did not start"
        piece = os.read(worker.stderr.fileno(), 4096)
        assert piece, told.decode()
        told += piece
    return worker


@contextmanager
def workers(count: int, url: str, folder: Path) -> Iterator[list[Worker]]:
    running = [start(url, folder) for _ in range(count)]
    try:
        for worker in running:
            ready(worker)
        yield running
    finally:
        for worker in running:
            worker.kill()
            worker.wait()
            if worker.stderr is not None:
                worker.stderr.close()


def replaced(running: list[Worker], url: str, folder: Path) -> list[Worker]:
    """Kills all workers, in the middle of whatever they do, and begins to start as many new ones."""
    for worker in running:
        worker.send_signal(signal.SIGKILL)
    return [start(url, folder) for _ in running]


async def test_a_video_whose_workers_are_killed_is_read_once_and_as_if_nobody_had_been(
    database_url: str, tmp_path: Path
) -> None:
    chance = random.Random(5)  # noqa: S311
    async with accounts_at(database_url, tmp_path / "storage") as accounts:
        me = await signed_up(accounts)
        await accounts.consents.grant(me.id, "history")
        with workers(2, database_url, tmp_path) as running:
            inputs = [film(), dump_request(ReadingRequest(locale="en"))]
            task = await accounts.tasks.submit(me.id, VIDEO, {}, inputs, request_sha256="0" * 64)
            alive, moments, progress = list(running), list(MOMENTS), []
            async with asyncio.timeout(120):
                async for told in accounts.tasks.events(me.id, task.id):
                    progress.append(told.progress)
                    if moments and told.progress >= moments[0]:
                        await asyncio.sleep(chance.uniform(0, 0.2))
                        alive = replaced(alive, database_url, tmp_path)
                        running.extend(alive)
                        moments.pop(0)
            assert not moments
        history = await accounts.history.page(me.id)
    assert told.status == "done", told.error
    assert progress == sorted(progress)
    assert history.total == 1
    assert_as_undisturbed(told)
    assert not (tmp_path / "storage" / "jobs" / str(task.id)).exists()


def assert_as_undisturbed(task: TaskInfo) -> None:
    """The reading is that of the same film without any kill."""
    assert task.result is not None
    vision = NetworkVision(model_dir())
    parts = [observe_part(vision, film(), part) for part in range(len(scan_clip(film(), DecodeBudget(20)).parts))]
    look, kept = merge_parts(parts), load_snapshot(task.result["told"]).kept
    assert kept.quality.frames == look.quality.frames
    assert kept.quality.best_second == look.quality.best_second
    told = {measure.value for measure in kept.measures.values()}
    assert told == {measured.value for measured in look.measures.values.values()}
