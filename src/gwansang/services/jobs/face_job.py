"""Job that reads one face: the same as an immediate reading, memory and history included."""

from functools import partial

from pydantic import JsonValue

from gwansang.services.jobs.face_data import (
    decode_query,
    dump_reading_input,
    load_reading_input,
    load_request,
    reading_result,
    step_analysis_id,
)
from gwansang.services.jobs.stored import can_load
from gwansang.services.readings.caller_analyses import CallerAnalyses
from gwansang.services.readings.snapshot import snapshot_of
from gwansang.services.tasks.job import JobResult, TaskContext
from gwansang.services.tasks.kinds import FACE


class FaceJob:
    """Reads a face from photos or landmarks; the last input is the request, the others are photos."""

    kind = FACE

    def __init__(self, readings: CallerAnalyses) -> None:
        self._readings = readings

    async def plan(self, _: TaskContext) -> int:
        return 1

    async def step(self, task: TaskContext, _: int) -> JsonValue:
        await task.stage("reading")
        *photos, request = [await task.input(number) for number in range(task.inputs)]
        query = decode_query(load_request(request), tuple(photos))
        return dump_reading_input(await self._readings.observe(lambda: query, task.user_id))

    def accepts(self, outcome: JsonValue) -> bool:
        return can_load(load_reading_input, outcome)

    async def finish(self, task: TaskContext) -> JobResult:
        """Read the observed face with what is remembered of it now, which can be more than at its observation."""
        reading_input = load_reading_input((await task.outcomes())[0])
        best = reading_input.observation.quality.best_photo
        request = load_request(await task.input(task.inputs - 1))
        photo = partial(task.input, best - 1) if request.landmarks is None else None
        result, save = await self._readings.compose(reading_input, task.user_id, step_analysis_id(task.id, 0), photo)
        return JobResult(reading_result(snapshot_of(result)), save.write, save.discard)
