"""A face comes in, its reading goes out."""

from fastapi import APIRouter

from gwansang.api.body_limits import body_limit
from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import READING_OF_FORM, READING_OF_JSON
from gwansang.api.v1.inputs.faces import FormQuery, JsonQuery
from gwansang.api.v1.openapi_bodies import FORM_BODY, JSON_BODY
from gwansang.api.v1.presenters.readings import present
from gwansang.dependencies.callers import FaceCallerOrGuest
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
async def analyze_face(reader: FaceCallerOrGuest, load_query: JsonQuery, analyses: Analyses) -> FaceReading:
    """Read a face from a photo in base64, or from the landmarks of a face mesh.

    Kept for signed-in callers who agree to `history`. Where guests are welcome it also works without signing in, a few
    times an hour, and nothing is kept. With that consent the face is also remembered: from the second reading on it is
    told from all photos so far, and `profile` says how far it is the same as last time.
    """
    return present(await analyses.create(load_query, reader.user_id if reader else None))


@router.post(
    "/face/upload",
    response_model=FaceReading,
    openapi_extra=FORM_BODY,
    responses=problem_responses(*READING_OF_FORM),
)
@body_limit("max_upload_bytes", "max_form_bytes", form=True)
async def analyze_uploaded_face(reader: FaceCallerOrGuest, load_query: FormQuery, analyses: Analyses) -> FaceReading:
    """Read a face from an uploaded photo, or more steadily from up to five of them; otherwise as `POST /analysis/face`.

    Several photos have to show one face. An error about one of them names it in `details.file`, counted from 1.
    """
    return present(await analyses.create(load_query, reader.user_id if reader else None))
