"""Readings of one face."""

from functools import partial

from fastapi import APIRouter, Request, Response

from gwansang.api.answers import answer_from_thread
from gwansang.api.body_limits import body_limit
from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import READING_OF_FORM, READING_OF_JSON
from gwansang.api.v1.inputs.faces import FormQuery, JsonQuery
from gwansang.api.v1.openapi_bodies import FORM_BODY, JSON_BODY
from gwansang.api.v1.presenters.lengths import fields_of_length
from gwansang.api.v1.presenters.readings import present
from gwansang.dependencies.callers import FaceCallerOrGuest
from gwansang.dependencies.params import ChosenDetail
from gwansang.dependencies.services import Analyses
from gwansang.schemas.analysis import FaceReading

router = APIRouter(prefix="/api/v1/analysis", tags=["analysis"])


@router.post(
    "/face",
    response_model=FaceReading,
    openapi_extra=JSON_BODY,
    responses=problem_responses(*READING_OF_JSON),
)
@body_limit("max_json_bytes")
async def analyze_face(
    request: Request,
    caller: FaceCallerOrGuest,
    load_query: JsonQuery,
    analyses: Analyses,
    detail: ChosenDetail = "full",
) -> Response:
    """Read a face from a photo in base64, or from the landmarks of a face mesh.

    The reading is kept for signed-in callers who agree to `history`. If guests are allowed, it also works without
    signing in, a few times an hour, and nothing is kept. With that consent the face is remembered, too: from the second
    reading on, a reading rests on all photos so far, and `profile` has its agreement with the last one.
    """
    result = await analyses.create(load_query, caller.user_id if caller else None)
    return await answer_from_thread(request, partial(present, result), fields_of_length(detail))


@router.post(
    "/face/upload",
    response_model=FaceReading,
    openapi_extra=FORM_BODY,
    responses=problem_responses(*READING_OF_FORM),
)
@body_limit("max_upload_bytes", "max_form_bytes", form=True)
async def analyze_uploaded_face(
    request: Request,
    caller: FaceCallerOrGuest,
    load_query: FormQuery,
    analyses: Analyses,
    detail: ChosenDetail = "full",
) -> Response:
    """Read a face from an uploaded photo, or more reliably from up to five; otherwise as `POST /analysis/face`.

    Several photos have to show one face. An error about one of them has its number in `details.file`, counted from 1.
    """
    result = await analyses.create(load_query, caller.user_id if caller else None)
    return await answer_from_thread(request, partial(present, result), fields_of_length(detail))
