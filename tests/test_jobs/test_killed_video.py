"""A real video, read by real workers that are killed in the middle of it."""

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
from gwansang.services.ml.network_vision import NetworkVision
from gwansang.services.readings.clip_reader import merge_parts, observe_part
from gwansang.services.tasks.kinds import VIDEO
from gwansang.services.tasks.task_service import TaskInfo
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.video import MAX_SAMPLED_FRAMES, DecodeBudget, scan_clip
from tests.support.accounts import signed_up, stream
from tests.support.clips import encode_clip, handheld_frames
from tests.support.photos import model_dir
from tests.support.serving import settings_for_tests
from tests.test_jobs.counting import PATIENCE_S, open_accounts_at, wait_until_inputs_deleted

pytestmark = pytest.mark.anyio
KILL_AT = (0.2, 0.6)  # progress at which both workers are killed
Worker = subprocess.Popen[bytes]


@cache
def film() -> bytes:
    """A clip with as many frames as are sampled."""
    return encode_clip(handheld_frames(draw_face(480, 640, 240), MAX_SAMPLED_FRAMES, 720, 960), g="10")


def start_worker(url: str, folder: Path) -> Worker:
    """Start `gwansang worker` without waiting until it is ready."""
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


def wait_until_ready(worker: Worker) -> None:
    """Return once the worker prints that it is ready."""
    assert worker.stderr is not None
    output = b""
    while b"is ready" not in output:
        assert select.select([worker.stderr], [], [], PATIENCE_S)[0], "the worker did not start"
        chunk = os.read(worker.stderr.fileno(), 4096)
        assert chunk, output.decode()
        output += chunk


@contextmanager
def run_workers(count: int, url: str, folder: Path) -> Iterator[list[Worker]]:
    running = [start_worker(url, folder) for _ in range(count)]
    try:
        for worker in running:
            wait_until_ready(worker)
        yield running
    finally:
        for worker in running:
            worker.kill()
            worker.wait()
            if worker.stderr is not None:
                worker.stderr.close()


def replace_workers(running: list[Worker], url: str, folder: Path) -> list[Worker]:
    """Kill all workers, in the middle of whatever they do, and start as many new ones without waiting for them."""
    for worker in running:
        worker.send_signal(signal.SIGKILL)
    return [start_worker(url, folder) for _ in running]


async def test_a_video_whose_workers_are_killed_is_read_once_and_like_an_undisturbed_one(
    database_url: str, tmp_path: Path
) -> None:
    chance = random.Random(5)  # noqa: S311
    async with open_accounts_at(database_url, tmp_path / "storage") as accounts:
        me = await signed_up(accounts)
        await accounts.consents.grant(me.id, "history")
        with run_workers(2, database_url, tmp_path) as running:
            inputs = stream(film(), dump_request(ReadingRequest(locale="en")))
            task = await accounts.tasks.submit(me.id, VIDEO, inputs)
            alive, kill_at, progress = list(running), list(KILL_AT), []
            async with asyncio.timeout(4 * PATIENCE_S):
                async for ended in accounts.tasks.events(me.id, task.id):
                    progress.append(ended.progress)
                    if kill_at and ended.progress >= kill_at[0]:
                        await asyncio.sleep(chance.uniform(0, 0.2))
                        alive = replace_workers(alive, database_url, tmp_path)
                        running.extend(alive)
                        kill_at.pop(0)
            assert not kill_at
        history = await accounts.history.page(me.id)
    assert ended.status == "done", ended.error
    assert progress == sorted(progress)
    assert history.total == 1
    assert_equals_undisturbed_reading(ended)
    await wait_until_inputs_deleted(tmp_path)


def assert_equals_undisturbed_reading(task: TaskInfo) -> None:
    """Compare the reading with that of the same film without any kill."""
    assert task.result is not None
    vision = NetworkVision(model_dir())
    parts = [observe_part(vision, film(), part) for part in range(len(scan_clip(film(), DecodeBudget(20)).parts))]
    observation, kept = merge_parts(parts), load_snapshot(task.result["told"]).kept
    assert kept.quality.frames == observation.quality.frames
    assert kept.quality.best_second == observation.quality.best_second
    values = {measure.value for measure in kept.measures.values()}
    assert values == {measured.value for measured in observation.measures.values.values()}
