"""One reading as long work: the same as at once, memory and history included."""

from functools import partial
from typing import Final

from pydantic import JsonValue

from gwansang.services.jobs.face_data import (
    decode_query,
    dump_reading_input,
    dump_snapshot,
    load_reading_input,
    load_request,
    step_analysis_id,
)
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
        query = decode_query(load_request(order), tuple(photos))
        return dump_reading_input(await self._readings.observe(lambda: query, task.user_id))

    async def finish(self, task: TaskContext) -> JobResult:
        """Tells the face by what is remembered of it now, which may be more than when it was seen."""
        sight = load_reading_input((await task.outcomes())[0])
        best = sight.observation.quality.best_photo
        order = load_request(await task.input(task.inputs - 1))
        photo = partial(task.input, best - 1) if order.landmarks is None else None
        result, keep = await self._readings.compose(sight, task.user_id, step_analysis_id(task.id, 0), photo)
        return JobResult({"told": dump_snapshot(snapshot_of(result))}, keep.write, keep.discard)
