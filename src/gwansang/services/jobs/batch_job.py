"""Many photos, each read for itself: they may be of many people, so that nobody's remembered face plays a part."""

from functools import partial
from typing import Final

from pydantic import JsonValue

from gwansang.core.exceptions import AppError, Forbidden, Unavailable
from gwansang.services.caller_analyses import CallerAnalyses
from gwansang.services.jobs.batch_data import BatchPhoto, batch_data, photo_data, photo_of
from gwansang.services.jobs.face_data import Order, analysis_id, order_of, query_of
from gwansang.services.jobs.failure import failure_of
from gwansang.services.jobs.job import Finished, TaskWork
from gwansang.services.told import ToldAnalysis, told_analysis

BATCH: Final = "batch"
MAX_BATCH: Final = 50


class BatchJob:
    """A step a photo; the last input is the order, the others are photos. A photo that can't be read is reported, and
    the others go on."""

    kind = BATCH

    def __init__(self, readings: CallerAnalyses) -> None:
        self._readings = readings

    async def plan(self, task: TaskWork) -> int:
        return task.inputs - 1

    async def step(self, task: TaskWork, index: int) -> JsonValue:
        await task.stage("reading")
        order = await _order(task)
        try:
            photo = BatchPhoto(told=await self._told(task, order, index))
        except (Unavailable, Forbidden):  # of all photos, and not of this one
            raise
        except AppError as error:
            photo = BatchPhoto(failure=failure_of(error))
        return photo_data(photo)

    async def finish(self, task: TaskWork) -> Finished:
        outcomes = await task.outcomes()
        data = [outcomes[index] for index in sorted(outcomes)]
        told = {index: photo.told for index, photo in enumerate(map(photo_of, data)) if photo.told is not None}
        photos = {one.kept.analysis_id: partial(task.input, index) for index, one in told.items()}
        keep = await self._readings.keeping(task.user_id, [one.kept for one in told.values()], photos)
        return Finished(batch_data(data, (await _order(task)).names), keep)

    async def _told(self, task: TaskWork, order: Order, index: int) -> ToldAnalysis:
        query = query_of(order, (await task.input(index),))
        sight = await self._readings.look(lambda: query, task.user_id)
        return told_analysis(await self._readings.tell_alone(sight, analysis_id(task.id, index)))


async def _order(task: TaskWork) -> Order:
    return order_of(await task.input(task.inputs - 1))
