"""Readings that are asked for now and made later: what can be refused at once is refused at once."""

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
    """Tasks about faces, for users who agree to readings."""

    def __init__(self, tasks: TaskService, consents: ConsentService, analyses: AnalysisService) -> None:
        self._tasks = tasks
        self._consents = consents
        self._analyses = analyses

    async def face(self, user_id: int, ask: Callable[[], FaceQuery], idempotency_key: str | None) -> TaskInfo:
        """A task that reads the face that `ask` gives; raises ConsentRequiredError, what is wrong with the question,
        and what TaskService raises."""
        await self._consents.require(user_id, "reading")
        inputs = await asyncio.to_thread(self._checked, ask)
        sha256 = await asyncio.to_thread(_digest, inputs)
        return await self._tasks.submit(
            user_id, FACE, {}, inputs, request_sha256=sha256, idempotency_key=idempotency_key
        )

    async def batch(self, user_id: int, inputs: AsyncIterable[bytes], idempotency_key: str | None) -> TaskInfo:
        """A task that reads photos one by one; raises ConsentRequiredError, and what TaskService raises."""
        await self._consents.require(user_id, "reading")
        return await self._tasks.submit(user_id, BATCH, {}, inputs, idempotency_key=idempotency_key)

    async def video(self, user_id: int, inputs: AsyncIterable[bytes], idempotency_key: str | None) -> TaskInfo:
        """A task that reads a clip, the first of the inputs; the second is the order. Raises ConsentRequiredError, what
        the clip's first bytes tell, and what TaskService raises."""
        await self._consents.require(user_id, "reading")
        checked = self._checked_clip(inputs)
        return await self._tasks.submit(user_id, VIDEO, {}, checked, idempotency_key=idempotency_key)

    async def _checked_clip(self, inputs: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        number = 0
        async for content in inputs:
            if number == 0:
                await asyncio.to_thread(inspect_clip, content)
            else:
                self._analyses.check_birth_year(load_request(content).birth_year)
            yield content
            number += 1

    def _checked(self, ask: Callable[[], FaceQuery]) -> list[bytes]:
        """The question as inputs; raises what a look at the photo's first bytes tells."""
        query = ask()
        self._analyses.check_birth_year(query.birth_year)
        if query.image is None and query.landmarks is None:
            raise NothingToReadError("Send an image, landmarks, or both.", field="image")
        if query.image is not None:
            inspect_image(query.image)
        return encode_query(query)


def _digest(inputs: list[bytes]) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(content).digest() for content in inputs)).hexdigest()
