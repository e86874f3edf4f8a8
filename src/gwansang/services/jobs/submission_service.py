"""Submission of readings as long work; an invalid request is refused at once."""

import asyncio
import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Callable

from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.jobs.batch_job import BATCH
from gwansang.services.jobs.face_data import encode_query, load_request
from gwansang.services.jobs.face_job import FACE
from gwansang.services.jobs.video_job import VIDEO
from gwansang.services.ml.face_analyzer import FaceQuery, NothingToReadError
from gwansang.services.readings.analysis_service import AnalysisService
from gwansang.services.tasks.task_service import TaskInfo, TaskService
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.video import inspect_clip


class SubmissionService:
    """Submits tasks about faces, for users who consent to readings."""

    def __init__(self, tasks: TaskService, consents: ConsentService, analyses: AnalysisService) -> None:
        self._tasks = tasks
        self._consents = consents
        self._analyses = analyses

    async def face(self, user_id: int, ask: Callable[[], FaceQuery], idempotency_key: str | None) -> TaskInfo:
        """Create a task that reads the face of the query that `ask` returns; raises ConsentRequiredError, the errors
        of the query, and those of TaskService."""
        await self._consents.require(user_id, "reading")
        inputs = await asyncio.to_thread(self._check_query, ask)
        sha256 = await asyncio.to_thread(_digest, inputs)
        return await self._tasks.submit(
            user_id, FACE, {}, inputs, request_sha256=sha256, idempotency_key=idempotency_key
        )

    async def batch(self, user_id: int, inputs: AsyncIterable[bytes], idempotency_key: str | None) -> TaskInfo:
        """Create a task that reads photos one by one; raises ConsentRequiredError, and the errors of TaskService."""
        await self._consents.require(user_id, "reading")
        return await self._tasks.submit(user_id, BATCH, {}, inputs, idempotency_key=idempotency_key)

    async def video(self, user_id: int, inputs: AsyncIterable[bytes], idempotency_key: str | None) -> TaskInfo:
        """Create a task that reads a clip, the first input, by its request, the second. Raises ConsentRequiredError,
        the errors found in the clip's header, and those of TaskService."""
        await self._consents.require(user_id, "reading")
        checked = self._check_clip(inputs)
        return await self._tasks.submit(user_id, VIDEO, {}, checked, idempotency_key=idempotency_key)

    async def _check_clip(self, inputs: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        number = 0
        async for content in inputs:
            if number == 0:
                await asyncio.to_thread(inspect_clip, content)
            else:
                self._analyses.check_birth_year(load_request(content).birth_year)
            yield content
            number += 1

    def _check_query(self, ask: Callable[[], FaceQuery]) -> list[bytes]:
        """Return the query as inputs; raises the errors found in the photo's header."""
        query = ask()
        self._analyses.check_birth_year(query.birth_year)
        if query.image is None and query.landmarks is None:
            raise NothingToReadError("Send an image, landmarks, or both.", field="image")
        if query.image is not None:
            inspect_image(query.image)
        return encode_query(query)


def _digest(inputs: list[bytes]) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(content).digest() for content in inputs)).hexdigest()
