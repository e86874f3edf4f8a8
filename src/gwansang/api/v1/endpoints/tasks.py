"""Tasks: submitting, watching and cancelling long work."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from gwansang.api.body_limits import body_limit
from gwansang.api.openapi import Responses, problem_responses
from gwansang.api.v1.error_responses import BATCH_TASK, FACE_TASK, PARAMETERS, SIGNED_IN, VIDEO_TASK
from gwansang.api.v1.inputs.faces import TaskFace
from gwansang.api.v1.inputs.tasks import BatchInputs, VideoInputs
from gwansang.api.v1.openapi_bodies import BATCH_BODY, JSON_BODY, VIDEO_BODY
from gwansang.api.v1.presenters.tasks import (
    BatchPhotoNotFoundError,
    present_batch_photo,
    present_event,
    present_summary,
    present_task,
)
from gwansang.api.v1.sockets.connection import Acceptor, Socket
from gwansang.core.exceptions import Unauthenticated
from gwansang.dependencies.callers import FaceCaller, TaskCaller, VideoCaller
from gwansang.dependencies.idempotency import IdempotencyKey
from gwansang.dependencies.params import ChosenLocale, PageParams
from gwansang.dependencies.services import Submissions, Tasks
from gwansang.schemas.paging import PageOut
from gwansang.schemas.tasks import BatchPhotoReading, TaskOut, TaskSummary
from gwansang.services.tasks.kinds import BATCH, FACE, VIDEO
from gwansang.services.tasks.task_service import TaskInfo, TaskNotFoundError, TaskService
from gwansang.texts import Locale

router = APIRouter(prefix="/api/v1/analysis", tags=["long work"])
TaskId = Annotated[UUID, Path(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"])]
PhotoNumber = Annotated[int, Path(ge=1, le=BATCH.max_files, examples=[1])]
_MAX_VERSION = 2**31 - 1
_OWN = problem_responses(TaskNotFoundError, *SIGNED_IN, *PARAMETERS)
_OWN_PHOTO = problem_responses(TaskNotFoundError, BatchPhotoNotFoundError, *SIGNED_IN, *PARAMETERS)


def _accepted(*errors: Responses) -> Responses:
    task = {"description": "The task.", "headers": {"Location": {"schema": {"type": "string"}}}}
    return {202: task, **{status: error for group in errors for status, error in group.items()}}


def _submitted(info: TaskInfo, locale: Locale, response: Response) -> TaskOut:
    response.headers["Location"] = f"{router.prefix}/tasks/{info.id}"
    return present_task(info, locale)


@router.post(
    "/face/async", status_code=202, openapi_extra=JSON_BODY, responses=_accepted(problem_responses(*FACE_TASK))
)
@body_limit(FACE.body_limit)
async def analyze_face_later(
    caller: FaceCaller,
    face: TaskFace,
    submissions: Submissions,
    locale: ChosenLocale,
    response: Response,
    key: IdempotencyKey = None,
) -> TaskOut:
    """Read a face as `POST /analysis/face` does, as a task; an invalid request is refused at once.

    The result is the answer of that call at the time when the task is done: with the consent to `history` the reading
    is kept, and the face remembered.
    """
    return _submitted(await submissions.face(caller.user_id, face, key), locale, response)


@router.post("/video", status_code=202, openapi_extra=VIDEO_BODY, responses=_accepted(problem_responses(*VIDEO_TASK)))
@body_limit(VIDEO.body_limit, form=True, own_budget=True)
async def analyze_video(
    caller: VideoCaller,
    video: VideoInputs,
    submissions: Submissions,
    locale: ChosenLocale,
    response: Response,
    key: IdempotencyKey = None,
) -> TaskOut:
    """Read a face from a video of up to 30 seconds, as a task; it costs as much as four readings.

    Up to sixty frames are analysed, and the reading rests on the best of them, from the whole video. All have to show
    one face. With the consent to `history` the reading is kept and the face remembered, as from one photo; nothing of
    the video is kept.
    """
    return _submitted(await submissions.video(caller.user_id, video, key), locale, response)


@router.post("/batch", status_code=202, openapi_extra=BATCH_BODY, responses=_accepted(problem_responses(*BATCH_TASK)))
@body_limit(BATCH.body_limit, form=True)
async def analyze_batch(
    caller: FaceCaller,
    photos: BatchInputs,
    tasks: Tasks,
    locale: ChosenLocale,
    response: Response,
    key: IdempotencyKey = None,
) -> TaskOut:
    """Read up to fifty photos, each by itself, as a task; each costs as much as one reading.

    A photo that can't be read is reported with its error, and does not stop the others. As the photos can show several
    people, no reading rests on the remembered face, and none changes it. With the consent to `history` the readings are
    kept.
    """
    return _submitted(await tasks.submit(caller.user_id, BATCH, photos, key), locale, response)


@router.get("/tasks", responses=problem_responses(*SIGNED_IN, *PARAMETERS))
async def list_tasks(
    caller: TaskCaller, tasks: Tasks, params: PageParams, locale: ChosenLocale
) -> PageOut[TaskSummary]:
    """List one's own tasks without their results, newest first; they are deleted some time after their end."""
    page = await tasks.page(caller.user_id, params)
    summaries = page.map(partial(present_summary, locale=locale))
    return PageOut[TaskSummary].model_validate(summaries, from_attributes=True)


@router.get("/tasks/{task_id:uuid}", responses=_OWN)
async def read_task(task_id: TaskId, caller: TaskCaller, tasks: Tasks, locale: ChosenLocale) -> TaskOut:
    """Return one's own task, with its result once it is done."""
    return present_task(await tasks.get(caller.user_id, task_id), locale)


@router.get("/tasks/{task_id:uuid}/photos/{number}", responses=_OWN_PHOTO)
async def read_batch_photo(
    task_id: TaskId, number: PhotoNumber, caller: TaskCaller, tasks: Tasks, locale: ChosenLocale
) -> BatchPhotoReading:
    """Return the whole reading of one photo of a finished batch, with lines to draw, or its error."""
    return present_batch_photo(await tasks.get(caller.user_id, task_id), number, locale)


@router.delete("/tasks/{task_id:uuid}", status_code=204, responses=_OWN)
async def cancel_task(task_id: TaskId, caller: TaskCaller, tasks: Tasks) -> None:
    """Cancel a task; its result is not kept, and a task that has ended stays as it is."""
    await tasks.cancel(caller.user_id, task_id)


@router.websocket("/tasks/{task_id:uuid}/events")
async def task_events(
    acceptor: Acceptor, task_id: UUID, tasks: Tasks, after: Annotated[int, Query(ge=-1, le=_MAX_VERSION)] = -1
) -> None:
    """Send the state of the task and its changes until its end; with `?after=` only versions newer than that."""
    handler = partial(_send_events, tasks=tasks, task_id=task_id, after=after)
    await acceptor.run(handler, scope="analyze", receives=False)


async def _send_events(socket: Socket, tasks: TaskService, task_id: UUID, after: int) -> None:
    """Send the state of the caller's task and its changes until it has ended; raises TaskNotFoundError."""
    if socket.user_id is None:
        raise Unauthenticated("Sign in, or send an API key.")
    async for info in tasks.events(socket.user_id, task_id, after):
        await socket.send(present_event(info, socket.locale))
