"""Many photos, each read for itself: they may be of many people, so that nobody's remembered face plays a part."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

from pydantic import JsonValue

from gwansang.core.exceptions import AppError, Forbidden, Unavailable
from gwansang.services.jobs.batch_data import BatchPhoto, batch_result, dump_photo, load_photo, read_photo
from gwansang.services.jobs.face_data import ReadingRequest, decode_query, load_request, load_snapshot, step_analysis_id
from gwansang.services.readings.caller_analyses import CallerAnalyses
from gwansang.services.readings.history_service import KeptAnalysis
from gwansang.services.readings.snapshot import AnalysisSnapshot, snapshot_of
from gwansang.services.tasks.failure import failure_of
from gwansang.services.tasks.job import JobResult, TaskContext

BATCH: Final = "batch"
MAX_BATCH: Final = 50


class BatchJob:
    """A step a photo; the last input is the order, the others are photos. A photo that can't be read is reported, and
    the others go on."""

    kind = BATCH

    def __init__(self, readings: CallerAnalyses) -> None:
        self._readings = readings

    async def plan(self, task: TaskContext) -> int:
        return task.inputs - 1

    async def step(self, task: TaskContext, index: int) -> JsonValue:
        await task.stage("reading")
        order = await _order(task)
        try:
            photo = read_photo(await self._told(task, order, index))
        except (Unavailable, Forbidden):  # of all photos, and not of this one
            raise
        except AppError as error:
            photo = BatchPhoto(failure=failure_of(error))
        return dump_photo(photo)

    async def finish(self, task: TaskContext) -> JobResult:
        outcomes = await task.outcomes()
        data = [outcomes[index] for index in sorted(outcomes)]
        kept = await asyncio.to_thread(_kept, data)
        photos = {one.analysis_id: partial(task.input, index) for index, one in kept.items()}
        keep = await self._readings.prepare_save(task.user_id, tuple(kept.values()), photos)
        return JobResult(batch_result(data, (await _order(task)).names), keep.write, keep.discard)

    async def _told(self, task: TaskContext, order: ReadingRequest, index: int) -> AnalysisSnapshot:
        query = decode_query(order, (await task.input(index),))
        sight = await self._readings.observe(lambda: query, task.user_id)
        return snapshot_of(await self._readings.compose_without_profile(sight, step_analysis_id(task.id, index)))


def _kept(data: Sequence[JsonValue]) -> dict[int, KeptAnalysis]:
    """What may be kept of the photos that were read."""
    told = {index: photo.told for index, photo in enumerate(map(load_photo, data))}
    return {index: load_snapshot(one).kept for index, one in told.items() if one is not None}


async def _order(task: TaskContext) -> ReadingRequest:
    return load_request(await task.input(task.inputs - 1))
