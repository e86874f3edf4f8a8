"""Readings of one face."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request, Response

from gwansang.api.answers import answer_from_thread
from gwansang.api.body_limits import body_limit
from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import CREATED_ONCE, READING_OF_FORM, READING_OF_JSON
from gwansang.api.v1.inputs.faces import FormFace, JsonFace, SentFace
from gwansang.api.v1.openapi_bodies import FORM_BODY, JSON_BODY
from gwansang.api.v1.presenters.lengths import fields_of_length
from gwansang.api.v1.presenters.readings import present, present_kept
from gwansang.dependencies.callers import FaceCallerOrGuest
from gwansang.dependencies.idempotency import Once, OnceOnly
from gwansang.dependencies.params import ChosenDetail, Detail
from gwansang.dependencies.services import Analyses
from gwansang.schemas.analysis import FaceReading
from gwansang.services.accounts.idempotency_service import RecordCreation
from gwansang.services.readings.caller_analyses import CallerAnalyses
from gwansang.services.readings.history_service import AnalysisNotFoundError

router = APIRouter(prefix="/api/v1/analysis", tags=["analysis"])


async def _answer(
    request: Request, user_id: int | None, face: SentFace, analyses: CallerAnalyses, once: Once, detail: Detail
) -> Response:
    """Answer with the reading that is made, or that the same request has made before."""

    async def create(record: RecordCreation | None) -> Callable[[], FaceReading]:
        return partial(present, await analyses.create(face, user_id, record))

    async def replay(analysis_id: str) -> Callable[[], FaceReading]:
        return partial(present_kept, await analyses.get_kept(user_id, UUID(analysis_id)))

    make = await once.run(user_id, face.content, create, replay)
    return await answer_from_thread(request, make, fields_of_length(detail), once.headers)


@router.post(
    "/face",
    response_model=FaceReading,
    openapi_extra=JSON_BODY,
    responses=problem_responses(AnalysisNotFoundError, *CREATED_ONCE, *READING_OF_JSON),
)
@body_limit("max_json_bytes")
async def analyze_face(
    request: Request,
    caller: FaceCallerOrGuest,
    face: JsonFace,
    analyses: Analyses,
    once: OnceOnly,
    detail: ChosenDetail = "full",
) -> Response:
    """Read a face from a photo in base64, or from the landmarks of a face mesh.

    The reading is kept for signed-in callers who agree to `history`. If guests are allowed, it also works without
    signing in, a few times an hour, and nothing is kept. With that consent the face is remembered, too: from the second
    reading on, a reading rests on all photos so far, and `profile` has its agreement with the last one.

    Of a kept reading, the same request with the same `Idempotency-Key` returns the kept one, without lines to draw.
    """
    return await _answer(request, caller.user_id if caller else None, face, analyses, once, detail)


@router.post(
    "/face/upload",
    response_model=FaceReading,
    openapi_extra=FORM_BODY,
    responses=problem_responses(AnalysisNotFoundError, *CREATED_ONCE, *READING_OF_FORM),
)
@body_limit("max_upload_bytes", "max_form_bytes", form=True)
async def analyze_uploaded_face(
    request: Request,
    caller: FaceCallerOrGuest,
    face: FormFace,
    analyses: Analyses,
    once: OnceOnly,
    detail: ChosenDetail = "full",
) -> Response:
    """Read a face from an uploaded photo, or more reliably from up to five; otherwise as `POST /analysis/face`.

    Several photos have to show one face. An error about one of them has its number in `details.file`, counted from 1.
    """
    return await _answer(request, caller.user_id if caller else None, face, analyses, once, detail)
