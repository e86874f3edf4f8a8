"""A face comes in, its reading goes out."""

from fastapi import APIRouter

from gwansang.api.base64_image import InvalidBase64Error
from gwansang.api.documented import problems
from gwansang.api.errors import InvalidRequestError
from gwansang.api.json_body import InvalidJsonError, JsonTooComplexError
from gwansang.api.multipart import InvalidFormError, TooManyFilesError
from gwansang.api.v1.inputs import ContentTypeError, FileTooLargeError, JsonAsk, UploadAsk
from gwansang.api.v1.presenter import present
from gwansang.api.v1.refusals import SIGNED_IN
from gwansang.core.middleware.body_gate import BodyTimeoutError, BodyTooLargeError, ContentEncodingError
from gwansang.core.middleware.intake import IntakeFullError
from gwansang.dependencies import Analyses, FaceReader
from gwansang.reading import errors as reading_errors
from gwansang.schemas.analysis import FaceReading, FaceRequest
from gwansang.services.analysis_service import BirthYearError, TooYoungError
from gwansang.services.consent_service import ConsentRequiredError
from gwansang.services.ml.face_analyzer import (
    MAX_PHOTOS,
    DifferentFacesError,
    InvalidLandmarksError,
    NothingToReadError,
)
from gwansang.services.ml.inference_pool import InferenceTimeoutError, NotReadyError, QueueFullError
from gwansang.services.profile_service import ProfileBusyError
from gwansang.vision import errors as vision_errors

router = APIRouter(prefix="/api/v1/analysis", tags=["analysis"])

_EITHER_WAY = (
    *SIGNED_IN,
    ConsentRequiredError,
    BodyTooLargeError,
    BodyTimeoutError,
    ContentEncodingError,
    ContentTypeError,
    IntakeFullError,
    InvalidRequestError,
    FileTooLargeError,
    BirthYearError,
    TooYoungError,
    QueueFullError,
    InferenceTimeoutError,
    NotReadyError,
    ProfileBusyError,
    reading_errors.UnmeasurableFaceError,
    vision_errors.UnsupportedImageTypeError,
    vision_errors.EmptyImageError,
    vision_errors.CorruptImageError,
    vision_errors.ImageTooLargeError,
    vision_errors.ImageTooSmallError,
    vision_errors.NoFaceError,
    vision_errors.MultipleFacesError,
    vision_errors.FaceTooSmallError,
    vision_errors.FaceTurnedError,
    vision_errors.FaceBlurredError,
    vision_errors.FaceCutOffError,
)
_JSON_ONLY = (
    InvalidJsonError,
    JsonTooComplexError,
    InvalidBase64Error,
    InvalidLandmarksError,
    NothingToReadError,
    vision_errors.DegenerateLandmarksError,
)
_JSON_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": FaceRequest.model_json_schema(),
                "examples": {
                    "photo": {"value": {"image": "data:image/jpeg;base64,/9j/4AAQSkZJRg…", "birth_year": 1990}},
                    "landmarks": {
                        "summary": "468 points; two are shown",
                        "value": {
                            "landmarks": [[0.501, 0.622, -0.031], [0.498, 0.561, -0.062]],
                            "image_width": 1080,
                            "image_height": 1440,
                        },
                    },
                },
            }
        },
    }
}
_FORM_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "examples": {"photo": {"value": {"file": ["the bytes of a JPEG"], "birth_year": 1990}}},
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "additionalProperties": False,
                    "properties": {
                        "file": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "minItems": 1,
                            "maxItems": MAX_PHOTOS,
                            "description": (
                                "One photo, or several of one face, each in a part of its own with this name: JPEG, "
                                "PNG or WebP, each up to 10 MB, together up to 25 MB."
                            ),
                        },
                        "birth_year": {"type": "integer", "minimum": 1900, "example": 1990},
                        "locale": {"type": "string", "enum": ["ko", "en"]},
                    },
                },
            }
        },
    }
}


@router.post(
    "/face", response_model=FaceReading, openapi_extra=_JSON_BODY, responses=problems(*_EITHER_WAY, *_JSON_ONLY)
)
async def analyze_face(reader: FaceReader, ask: JsonAsk, analyses: Analyses) -> FaceReading:
    """Read a face from a photo in base64, or from the landmarks of a face mesh.

    Kept for signed-in callers who agree to `history`. Where guests are welcome it also works without signing in, a few
    times an hour, and nothing is kept. With that consent the face is also remembered: from the second reading on it is
    told from all photos so far, and `profile` says how far it is the same as last time.
    """
    return present(await analyses.analyze(ask, reader.user_id if reader else None))


@router.post(
    "/face/upload",
    response_model=FaceReading,
    openapi_extra=_FORM_BODY,
    responses=problems(*_EITHER_WAY, InvalidFormError, TooManyFilesError, DifferentFacesError),
)
async def analyze_uploaded_face(reader: FaceReader, ask: UploadAsk, analyses: Analyses) -> FaceReading:
    """Read a face from an uploaded photo, or more steadily from up to five of them; otherwise as `POST /analysis/face`.

    Several photos have to show one face. An error about one of them names it in `details.file`, counted from 1.
    """
    return present(await analyses.analyze(ask, reader.user_id if reader else None))
