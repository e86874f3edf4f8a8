"""A real video, read by real workers that are killed in the middle of it."""

import asyncio
import random
from functools import cache
from pathlib import Path

import pytest

from gwansang.services.jobs.face_data import ReadingRequest, dump_request, load_reading_result
from gwansang.services.ml.face_analyzer import FaceObservation
from gwansang.services.ml.network_vision import NetworkVision
from gwansang.services.readings.clip_reader import merge_parts
from gwansang.services.readings.kept_content import kept_measures
from gwansang.services.tasks.kinds import VIDEO
from gwansang.services.tasks.task_service import TaskInfo
from tests.support.accounts import signed_up, stream
from tests.support.clips import parts_of
from tests.support.photos import model_dir
from tests.test_jobs.cli_workers import film, replace_workers, run_cli_workers
from tests.test_jobs.counting import PATIENCE_S, open_accounts_at, wait_until_inputs_deleted

pytestmark = pytest.mark.anyio
KILL_AT = (0.2, 0.6)  # progress at which both workers are killed


async def test_a_video_whose_workers_are_killed_is_read_once_and_like_an_undisturbed_one(
    database_url: str, tmp_path: Path
) -> None:
    chance = random.Random(5)  # noqa: S311
    async with open_accounts_at(database_url, tmp_path / "storage") as accounts:
        me = await signed_up(accounts)
        await accounts.consents.grant(me.id, "history")
        with run_cli_workers(2, database_url, tmp_path) as running:
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
            await wait_until_inputs_deleted(tmp_path)
        history = await accounts.history.page(me.id)
    assert ended.status == "done", ended.error
    assert progress == sorted(progress)
    assert history.total == 1
    assert_equals_undisturbed_reading(ended)


@cache
def undisturbed() -> FaceObservation:
    """Return the observation of the film without any kill."""
    vision = NetworkVision(model_dir())
    return merge_parts(parts_of(vision, film()))


def assert_equals_undisturbed_reading(task: TaskInfo) -> None:
    assert task.result is not None
    kept = load_reading_result(task.result).kept
    assert kept.quality.frames == undisturbed().quality.frames
    assert kept.quality.best_second == undisturbed().quality.best_second
    assert kept.measures == kept_measures(undisturbed().measures)
