"""One reading as long work: the same as at once, memory and history included."""

from functools import partial
from typing import Final

from pydantic import JsonValue

from gwansang.services.jobs.face_data import analysis_id, order_of, query_of, sight_data, sight_of, told_data
from gwansang.services.readings.caller_analyses import CallerAnalyses
from gwansang.services.readings.snapshot import snapshot_of
from gwansang.services.tasks.job import JobResult, TaskContext

FACE: Final = "face"


class FaceJob:
    """Reads one face from a photo, several photos or landmarks; the last input is the order, the others are photos."""

    kind = FACE

    def __init__(self, readings: CallerAnalyses) -> None:
        self._readings = readings

    async def plan(self, _: TaskContext) -> int:
        return 1

    async def step(self, task: TaskContext, _: int) -> JsonValue:
        await task.stage("reading")
        *photos, order = [await task.input(number) for number in range(task.inputs)]
        query = query_of(order_of(order), tuple(photos))
        return sight_data(await self._readings.look(lambda: query, task.user_id))

    async def finish(self, task: TaskContext) -> JobResult:
        """Tells the face by what is remembered of it now, which may be more than when it was seen."""
        sight = sight_of((await task.outcomes())[0])
        best = sight.look.quality.best_photo
        order = order_of(await task.input(task.inputs - 1))
        photo = partial(task.input, best - 1) if order.landmarks is None else None
        result, keep = await self._readings.tell(sight, task.user_id, analysis_id(task.id, 0), photo)
        return JobResult({"told": told_data(snapshot_of(result))}, keep.write, keep.drop)
