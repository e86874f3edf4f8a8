"""Submission of long work; an invalid request is refused at once."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import ExitStack
from typing import BinaryIO

from gwansang.services.jobs.face_data import encode_query, load_request
from gwansang.services.jobs.import_job import encode_picture
from gwansang.services.lookalike.gallery_archive import MAX_PICTURE_BYTES, list_entries, open_archive
from gwansang.services.ml.face_analyzer import NothingToReadError, QueryLoader
from gwansang.services.readings.analysis_service import AnalysisService
from gwansang.services.tasks.kinds import FACE, IMPORT, VIDEO
from gwansang.services.tasks.task_service import TaskInfo, TaskService
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.video import inspect_clip


class SubmissionService:
    """Submits the kinds of work whose inputs are checked first; raises the errors of TaskService and of the inputs."""

    def __init__(self, tasks: TaskService, analyses: AnalysisService) -> None:
        self._tasks = tasks
        self._analyses = analyses

    async def face(self, user_id: int, load_query: QueryLoader, idempotency_key: str | None) -> TaskInfo:
        """Create a task that reads the face of a query."""
        return await self._tasks.submit(user_id, FACE, self._check_query(load_query), idempotency_key)

    async def video(self, user_id: int, inputs: AsyncIterable[bytes], idempotency_key: str | None) -> TaskInfo:
        """Create a task that reads a clip, the first input, by its request, the second."""
        return await self._tasks.submit(user_id, VIDEO, self._check_clip(inputs), idempotency_key)

    async def archive(self, user_id: int, archive: BinaryIO, idempotency_key: str | None) -> TaskInfo:
        """Create a task that imports every picture of an archive; raises InvalidArchiveError."""
        return await self._tasks.submit(user_id, IMPORT, _read_pictures(archive), idempotency_key)

    async def _check_query(self, load_query: QueryLoader) -> AsyncIterator[bytes]:
        for content in await asyncio.to_thread(self._load_inputs, load_query):
            yield content

    def _load_inputs(self, load_query: QueryLoader) -> list[bytes]:
        query = load_query()
        self._analyses.check_birth_year(query.birth_year)
        if query.image is None and query.landmarks is None:
            raise NothingToReadError("Send an image, landmarks, or both.", field="image")
        if query.image is not None:
            inspect_image(query.image)
        return encode_query(query)

    async def _check_clip(self, inputs: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        number = 0
        async for content in inputs:
            if number == 0:
                await asyncio.to_thread(inspect_clip, content)
            else:
                self._analyses.check_birth_year(load_request(content).birth_year)
            yield content
            number += 1


async def _read_pictures(archive: BinaryIO) -> AsyncIterator[bytes]:
    """Yield pictures with their entries; of one that is too large, one byte more than allowed."""
    with ExitStack() as stack:
        pictures = await asyncio.to_thread(lambda: stack.enter_context(open_archive(archive)))
        for entry in await asyncio.to_thread(list_entries, pictures):
            yield encode_picture(entry, await asyncio.to_thread(pictures.read, entry.file, MAX_PICTURE_BYTES))
