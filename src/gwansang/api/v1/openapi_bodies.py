"""What calls that read faces take, and what they may be refused with, for their place in the documentation."""

from gwansang.api.base64_image import InvalidBase64Error
from gwansang.api.errors import InvalidRequestError
from gwansang.api.json_body import InvalidJsonError, JsonTooComplexError
from gwansang.api.multipart import InvalidFormError, TooManyFilesError
from gwansang.api.v1.error_responses import SIGNED_IN
from gwansang.api.v1.inputs.faces import ContentTypeError, FileTooLargeError
from gwansang.core.middleware.body_gate import BodyTimeoutError, BodyTooLargeError, ContentEncodingError
from gwansang.core.middleware.intake import IntakeFullError
from gwansang.reading import errors as reading_errors
from gwansang.schemas.analysis import FaceRequest
from gwansang.services.accounts.consent_service import ConsentRequiredError
from gwansang.services.jobs.batch_job import MAX_BATCH
from gwansang.services.lookalike.celebrities import CelebrityNotFoundError, InvalidCelebrityError
from gwansang.services.lookalike.celebrity_service import PhotoExistsError
from gwansang.services.lookalike.gallery_archive import InvalidArchiveError
from gwansang.services.ml.face_analyzer import (
    MAX_PHOTOS,
    InvalidLandmarksError,
    NothingToReadError,
)
from gwansang.services.ml.inference_pool import InferenceTimeoutError, NotReadyError, QueueFullError
from gwansang.services.readings.analysis_service import BirthYearError, TooYoungError
from gwansang.services.readings.profile_service import ProfileBusyError
from gwansang.services.tasks.task_service import IdempotencyKeyReusedError, TooManyTasksError
from gwansang.storage.base import StorageUnavailableError
from gwansang.texts import LOCALE_CHOICE, LOCALES
from gwansang.vision import errors as vision_errors

READING_REFUSALS = (
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
_OF_READERS = (ConsentRequiredError, BirthYearError, TooYoungError, ProfileBusyError)
JSON_REFUSALS = (
    InvalidJsonError,
    JsonTooComplexError,
    InvalidBase64Error,
    InvalidLandmarksError,
    NothingToReadError,
    vision_errors.DegenerateLandmarksError,
)
_FOUND_LATER = (
    QueueFullError,
    InferenceTimeoutError,
    NotReadyError,
    ProfileBusyError,
    reading_errors.UnmeasurableFaceError,
    vision_errors.CorruptImageError,
    vision_errors.NoFaceError,
    vision_errors.MultipleFacesError,
    vision_errors.FaceTooSmallError,
    vision_errors.FaceTurnedError,
    vision_errors.FaceBlurredError,
    vision_errors.FaceCutOffError,
    vision_errors.DegenerateLandmarksError,
)
JSON_BODY = {
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
FORM_BODY = {
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
                        "locale": {"type": "string", "enum": list(LOCALES)},
                    },
                },
            }
        },
    }
}
BATCH_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "examples": {"photos": {"value": {"file": ["the bytes of a JPEG", "the bytes of another"]}}},
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "additionalProperties": False,
                    "properties": {
                        "file": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "minItems": 1,
                            "maxItems": MAX_BATCH,
                            "description": (
                                "Photos of one person or of many, each in a part of its own with this name: JPEG, PNG "
                                "or WebP, each up to 10 MB, together up to 100 MB."
                            ),
                        },
                        "locale": {
                            "type": "string",
                            "maxLength": 35,
                            "description": f"{LOCALE_CHOICE}; anything else falls back.",
                        },
                    },
                },
            }
        },
    }
}
VIDEO_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "examples": {"video": {"value": {"file": "the bytes of an MP4", "birth_year": 1990}}},
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "additionalProperties": False,
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": (
                                "One video of one face: MP4, MOV or WebM, up to 50 MB, 30 seconds, 4K and 240 pictures "
                                "a second."
                            ),
                        },
                        "birth_year": {"type": "integer", "minimum": 1900, "example": 1990},
                        "locale": {"type": "string", "enum": list(LOCALES)},
                    },
                },
            }
        },
    }
}
PICTURE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "examples": {
                    "picture": {
                        "value": {
                            "file": "the bytes of a JPEG",
                            "celebrity_id": 7,
                            "source": "https://example.com/press/7",
                            "licence": "CC-BY 4.0",
                            "attribution": "Example Studio",
                        }
                    }
                },
                "schema": {
                    "type": "object",
                    "required": ["file", "celebrity_id"],
                    "additionalProperties": False,
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "A picture of this person alone: JPEG, PNG or WebP, up to 10 MB.",
                        },
                        "celebrity_id": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1, "example": 7},
                        "source": {"type": "string", "maxLength": 500},
                        "licence": {"type": "string", "maxLength": 100},
                        "attribution": {"type": "string", "maxLength": 500},
                    },
                },
            }
        },
    }
}
ARCHIVE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "examples": {"archive": {"value": {"file": "the bytes of a ZIP"}}},
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "additionalProperties": False,
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": (
                                "A ZIP of up to 100 MB with one folder for each person (`홍길동_Hong Gildong` or one "
                                "name), or with a CSV: file, name_ko, name_en, category, source, licence, attribution."
                            ),
                        },
                    },
                },
            }
        },
    }
}
_SUBMITTED = (TooManyTasksError, IdempotencyKeyReusedError, StorageUnavailableError)
LATER_REFUSALS = tuple(error for error in (*READING_REFUSALS, *JSON_REFUSALS, *_SUBMITTED) if error not in _FOUND_LATER)
BATCH_REFUSALS = (
    *SIGNED_IN,
    *_SUBMITTED,
    ConsentRequiredError,
    BodyTooLargeError,
    BodyTimeoutError,
    ContentEncodingError,
    ContentTypeError,
    IntakeFullError,
    InvalidRequestError,
    FileTooLargeError,
    InvalidFormError,
    TooManyFilesError,
)
VIDEO_REFUSALS = (
    *BATCH_REFUSALS,
    BirthYearError,
    TooYoungError,
    vision_errors.EmptyImageError,
    vision_errors.UnsupportedVideoTypeError,
    vision_errors.CorruptVideoError,
    vision_errors.NoVideoError,
    vision_errors.VideoTooLongError,
    vision_errors.VideoTooLargeError,
)
PICTURE_REFUSALS = (
    *(error for error in READING_REFUSALS if error not in _OF_READERS),
    InvalidFormError,
    TooManyFilesError,
    CelebrityNotFoundError,
    InvalidCelebrityError,
    PhotoExistsError,
)
ARCHIVE_REFUSALS = (*(error for error in BATCH_REFUSALS if error is not ConsentRequiredError), InvalidArchiveError)
