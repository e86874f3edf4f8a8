"""Job that reads a clip: observed part by part, then read once, like a photo."""

from pydantic import JsonValue

from gwansang.core.clock import Clock
from gwansang.services.jobs.face_data import load_request, reading_result, step_analysis_id
from gwansang.services.jobs.stored import can_load
from gwansang.services.jobs.video_data import dump_part, load_part
from gwansang.services.readings.analysis_service import ReadingInput
from gwansang.services.readings.caller_analyses import CallerAnalyses
from gwansang.services.readings.clip_people import LOOK_BACK
from gwansang.services.readings.clip_reader import ClipReader, FrameObservation, merge_parts
from gwansang.services.readings.snapshot import snapshot_of
from gwansang.services.tasks.job import JobResult, TaskContext
from gwansang.services.tasks.kinds import VIDEO


class VideoJob:
    """One step a part of the clip, which is the first input; the second is the request.

    The observations of a part are all that is needed of it, by the parts after it, too. So an interrupted step repeats
    only itself, and the finish decodes no video. A clip counts as one photo in the memory of a face. It is not kept.
    """

    kind = VIDEO

    def __init__(self, clips: ClipReader, readings: CallerAnalyses, *, clock: Clock) -> None:
        self._clips = clips
        self._readings = readings
        self._clock = clock

    async def plan(self, task: TaskContext) -> int:
        return await self._clips.count_parts(await task.input(0))

    async def step(self, task: TaskContext, index: int) -> JsonValue:
        await task.stage("watching")
        part = await self._clips.observe(await task.input(0), index, await _last_frames(task, index))
        return dump_part(part, self._clock())

    def accepts(self, outcome: JsonValue) -> bool:
        return can_load(load_part, outcome)

    async def finish(self, task: TaskContext) -> JobResult:
        """Read the observed face with what is remembered of it now."""
        await task.stage("reading")
        outcomes = await task.outcomes()
        parts = [load_part(outcomes[index]) for index in sorted(outcomes)]
        request = load_request(await task.input(1))
        observation = merge_parts([part for part, _ in parts])
        seen_at = max(seen_at for _, seen_at in parts)
        reading_input = ReadingInput(observation, request.locale, request.birth_year, seen_at)
        result, save = await self._readings.compose(reading_input, task.user_id, step_analysis_id(task.id, 0), None)
        return JobResult(reading_result(snapshot_of(result)), save.write, save.discard)


async def _last_frames(task: TaskContext, part: int) -> list[FrameObservation]:
    """Return the last frames with a face before a part, LOOK_BACK at most."""
    outcomes = await task.outcomes()
    frames: list[FrameObservation] = []
    for before in range(part - 1, -1, -1):
        if len(frames) >= LOOK_BACK or before not in outcomes:  # a restored backup may lack some
            break
        frames = [*load_part(outcomes[before])[0].frames, *frames]
    return frames[-LOOK_BACK:]
