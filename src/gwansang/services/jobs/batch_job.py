"""Job that reads many photos, each alone: they can show many people, so no remembered face is used."""

import asyncio
from collections.abc import Sequence
from functools import partial

from pydantic import JsonValue

from gwansang.core.exceptions import AppError, Forbidden, Unavailable
from gwansang.services.jobs.batch_data import BatchPhoto, batch_result, dump_photo, load_photo
from gwansang.services.jobs.face_data import (
    ReadingRequest,
    decode_query,
    load_request,
    load_snapshot,
    step_analysis_id,
)
from gwansang.services.jobs.stored import can_load
from gwansang.services.readings.caller_analyses import CallerAnalyses
from gwansang.services.readings.kept_content import KeptAnalysis
from gwansang.services.readings.snapshot import AnalysisSnapshot, snapshot_of
from gwansang.services.tasks.failure import Failure
from gwansang.services.tasks.job import JobResult, TaskContext
from gwansang.services.tasks.kinds import BATCH


class BatchJob:
    """One step a photo; the last input is the request, the others are photos. A photo that can't be read is reported,
    and the others continue."""

    kind = BATCH

    def __init__(self, readings: CallerAnalyses) -> None:
        self._readings = readings

    async def plan(self, task: TaskContext) -> int:
        return task.inputs - 1

    async def step(self, task: TaskContext, index: int) -> JsonValue:
        await task.stage("reading")
        request = await _request(task)
        try:
            photo = BatchPhoto.from_snapshot(await self._read(task, request, index))
        except (Unavailable, Forbidden):  # concerns all photos, not this one
            raise
        except AppError as error:
            photo = BatchPhoto(failure=Failure.from_error(error))
        return dump_photo(photo)

    def accepts(self, outcome: JsonValue) -> bool:
        return can_load(_load_analysis, outcome)

    async def finish(self, task: TaskContext) -> JobResult:
        outcomes = await task.outcomes()
        data = [outcomes[index] for index in sorted(outcomes)]
        analyses = await asyncio.to_thread(_load_analyses, data)
        photos = {analysis.analysis_id: partial(task.input, index) for index, analysis in analyses.items()}
        save = await self._readings.prepare_save(task.user_id, tuple(analyses.values()), photos)
        return JobResult(batch_result(data, (await _request(task)).names), save.write, save.discard, len(analyses))

    async def _read(self, task: TaskContext, request: ReadingRequest, index: int) -> AnalysisSnapshot:
        query = decode_query(request, (await task.input(index),))
        reading_input = await self._readings.observe(lambda: query, task.user_id)
        return snapshot_of(
            await self._readings.compose_without_profile(reading_input, step_analysis_id(task.id, index))
        )


def _load_analyses(data: Sequence[JsonValue]) -> dict[int, KeptAnalysis]:
    """Decode the analyses of the photos that could be read, by index."""
    analyses = {index: _load_analysis(photo) for index, photo in enumerate(data)}
    return {index: analysis for index, analysis in analyses.items() if analysis is not None}


def _load_analysis(data: JsonValue) -> KeptAnalysis | None:
    """Decode the analysis of a photo, None if it could not be read; raises ValidationError."""
    snapshot = load_photo(data).snapshot
    return None if snapshot is None else load_snapshot(snapshot).kept


async def _request(task: TaskContext) -> ReadingRequest:
    return load_request(await task.input(task.inputs - 1))
