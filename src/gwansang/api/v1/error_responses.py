"""Errors that calls of one kind can raise, as tuples for `problem_responses`."""

from gwansang.api.base64_image import InvalidBase64Error
from gwansang.api.json_body import InvalidJsonError, JsonTooComplexError
from gwansang.api.v1.inputs.bodies import ContentTypeError, FileTooLargeError
from gwansang.core.exceptions import AppError, InvalidRequestError, Malformed, RateLimited, Unauthenticated
from gwansang.core.middleware.body_budget import BodyBudgetError
from gwansang.core.middleware.body_gate import BodyTimeoutError, BodyTooLargeError, ContentEncodingError
from gwansang.core.multipart import InvalidFormError, TooManyFilesError
from gwansang.core.passwords import HashingBusyError
from gwansang.core.rate_limit import LimitsUnknownError
from gwansang.dependencies.callers import TokenInQueryError, TwoCredentialsError
from gwansang.reading.errors import UnmeasurableFaceError
from gwansang.services.accounts.auth_service import InactiveUserError, InvalidCredentialsError, TokenInvalidError
from gwansang.services.accounts.caller import AdminOnlyError, ScopeMissingError
from gwansang.services.accounts.consent_service import ConsentRequiredError
from gwansang.services.accounts.idempotency_service import (
    AlreadyCreatedError,
    CreatedMeanwhileError,
    IdempotencyKeyReusedError,
)
from gwansang.services.accounts.key_service import KeyInvalidError
from gwansang.services.accounts.reauthentication import RecentSignInRequiredError
from gwansang.services.accounts.usage_service import MonthlyLimitError
from gwansang.services.lookalike.celebrities import (
    CelebrityNotFoundError,
    CelebrityPhotoNotFoundError,
    InvalidCelebrityError,
)
from gwansang.services.lookalike.celebrity_service import PhotoExistsError
from gwansang.services.lookalike.gallery_archive import InvalidArchiveError
from gwansang.services.ml.face_analyzer import DifferentFacesError, InvalidLandmarksError, NothingToReadError
from gwansang.services.ml.inference_pool import InferenceTimeoutError, NotReadyError, QueueFullError
from gwansang.services.operations.readiness_service import DatabaseUnavailableError
from gwansang.services.readings.analysis_service import BirthYearError, TooYoungError
from gwansang.services.readings.profile_service import ProfileBusyError
from gwansang.services.tasks.task_service import TooManyTasksError
from gwansang.storage.base import StorageUnavailableError
from gwansang.vision import errors as vision

Errors = tuple[type[AppError], ...]

PUBLIC: Errors = (RateLimited, DatabaseUnavailableError)
_CREDENTIALS: Errors = (
    *(Unauthenticated, TokenInvalidError, TokenInQueryError, TwoCredentialsError),
    *(KeyInvalidError, InactiveUserError),
)
SIGNED_IN: Errors = (*_CREDENTIALS, ScopeMissingError, *PUBLIC)
ADMIN: Errors = (*SIGNED_IN, AdminOnlyError)
REAUTHENTICATED: Errors = (RecentSignInRequiredError, InvalidCredentialsError, HashingBusyError, LimitsUnknownError)
PARAMETERS: Errors = (InvalidRequestError,)
_ANY_BODY: Errors = (
    InvalidRequestError,
    BodyTooLargeError,
    BodyTimeoutError,
    ContentEncodingError,
    BodyBudgetError,
)
BODY: Errors = (Malformed, *_ANY_BODY)
_JSON: Errors = (InvalidJsonError, JsonTooComplexError, InvalidBase64Error, InvalidLandmarksError, NothingToReadError)
_FORM: Errors = (InvalidFormError, TooManyFilesError)
_FILES: Errors = (*SIGNED_IN, *_ANY_BODY, ContentTypeError, FileTooLargeError)
_AGE: Errors = (BirthYearError, TooYoungError)
CREATED_ONCE: Errors = (IdempotencyKeyReusedError, CreatedMeanwhileError)
SHOWN_ONCE: Errors = (*CREATED_ONCE, AlreadyCreatedError)
_IMAGE: Errors = (
    vision.UnsupportedImageTypeError,
    vision.EmptyImageError,
    vision.ImageTooLargeError,
    vision.ImageTooSmallError,
)
_INFERENCE: Errors = (
    QueueFullError,
    InferenceTimeoutError,
    NotReadyError,
    UnmeasurableFaceError,
    vision.CorruptImageError,
    vision.NoFaceError,
    vision.MultipleFacesError,
    vision.FaceTooSmallError,
    vision.FaceTurnedError,
    vision.FaceBlurredError,
    vision.FaceCoveredError,
    vision.FaceCutOffError,
)
_SUBMISSION: Errors = (
    ConsentRequiredError,
    MonthlyLimitError,
    TooManyTasksError,
    IdempotencyKeyReusedError,
    StorageUnavailableError,
)
_READING: Errors = (*_FILES, *_AGE, *_IMAGE, *_INFERENCE, ConsentRequiredError, MonthlyLimitError, ProfileBusyError)
READING_OF_JSON: Errors = (*_READING, *_JSON, vision.DegenerateLandmarksError)
READING_OF_FORM: Errors = (*_READING, *_FORM, DifferentFacesError)
FACE_TASK: Errors = (*_FILES, *_AGE, *_IMAGE, *_JSON, *_SUBMISSION)
BATCH_TASK: Errors = (*_FILES, *_FORM, *_SUBMISSION)
VIDEO_TASK: Errors = (
    *BATCH_TASK,
    *_AGE,
    vision.EmptyImageError,
    vision.UnsupportedVideoTypeError,
    vision.CorruptVideoError,
    vision.NoVideoError,
    vision.VideoTooLongError,
    vision.VideoTooLargeError,
)
IMPORT_TASK: Errors = (
    *(error for error in BATCH_TASK if error not in (ConsentRequiredError, MonthlyLimitError)),
    AdminOnlyError,
    InvalidArchiveError,
)
GALLERY_PICTURE: Errors = (
    *CREATED_ONCE,
    *_FILES,
    *_FORM,
    *_IMAGE,
    *_INFERENCE,
    AdminOnlyError,
    CelebrityNotFoundError,
    CelebrityPhotoNotFoundError,
    InvalidCelebrityError,
    PhotoExistsError,
)
