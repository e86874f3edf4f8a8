"""The models of the API; written by `make openapi` from clients/openapi.json, do not edit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal, TypeAlias
from uuid import UUID

JsonValue: TypeAlias = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedOut:
    """The same answer to everyone, whether or not there is anything to do."""

    status: Literal["accepted"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChange:
    """Changes by an administrator, with the administrator's own password; fields that are left out or null
    stay.
    """

    current_password: str | None = None
    email: str | None = None
    is_active: bool | None = None
    is_admin: bool | None = None
    username: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOut:
    """An account with its role and verification."""

    created_at: datetime
    email: str
    email_verified: bool
    id: int
    is_active: bool
    is_admin: bool
    updated_at: datetime
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    """AccountPage of the API."""

    items: list[AccountOut]
    next: str | None = None
    page: int
    pages: int | None
    size: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceOut:
    """The meaning of a warning, and advice for a better photo."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgePositionOut:
    """The point of the face that stands for a year of life."""

    counted_age: int
    current: bool
    hanja: str
    international_age: int
    meaning: str
    place: str
    points: list[tuple[float, float]]
    position: str
    side: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgesOut:
    """Years of life; empty without a birth year."""

    birth_year: int | None
    positions: list[AgePositionOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternativeOut:
    """The second most likely shape."""

    probability: float
    shape: str
    shape_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchetypeOut:
    """One archetype and the shapes that support it, the strongest first."""

    hanja: str
    id: str
    meaning: str
    name: str
    reasons: list[ArchetypeReasonOut]
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchetypeReasonOut:
    """A measured shape that supports an archetype; `parts_analysis` has all measures of the part."""

    classic: ClassicOut | None
    hanja: str
    label: str
    meaning: str
    measure: str
    name: str
    part: str
    percentile: int
    probability: float
    shape: str
    shape_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchetypesOut:
    """The callings king, scholar, general, merchant and artist, from measured shapes alone; nobody is
    recognised.
    """

    callings: list[ArchetypeOut]
    figures: list[HistoricFigureOut]
    note: str
    shares: dict[str, int]
    summary: str
    top: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationOut:
    """The address at which the browser signs in with the provider."""

    authorization_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOut:
    """The photos of a batch in their order; each whole reading is at
    `/analysis/tasks/{task_id}/photos/{number}`.
    """

    disclaimer: str
    failed: int
    photos: list[BatchPhotoOut]
    read: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPhotoOut:
    """The result of one photo of a batch, as a summary."""

    analysis_id: UUID | None = None
    element: str | None = None
    energy_scores: EnergiesOut | None = None
    error: FailureOut | None = None
    name: str
    number: int
    overall_score: int | None = None
    quality_score: float | None = None
    status: Literal["read", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPhotoReading:
    """The result of one photo of a batch, with the whole reading."""

    analysis_id: UUID | None = None
    element: str | None = None
    energy_scores: EnergiesOut | None = None
    error: FailureOut | None = None
    name: str
    number: int
    overall_score: int | None = None
    quality_score: float | None = None
    reading: FaceReading | None = None
    status: Literal["read", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CelebrityChange:
    """Changes to a person of the gallery; fields that are left out stay."""

    category: str | None = None
    name_en: str | None = None
    name_ko: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CelebrityDetail:
    """A person of the gallery with the sources of their pictures."""

    category: str
    created_at: datetime
    id: int
    name_en: str
    name_ko: str
    note: str
    photos: int
    pictures: list[CelebrityPhotoOut]
    updated_at: datetime
    usable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CelebrityOut:
    """A person of the gallery."""

    category: str
    created_at: datetime
    id: int
    name_en: str
    name_ko: str
    note: str
    photos: int
    updated_at: datetime
    usable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CelebrityPage:
    """CelebrityPage of the API."""

    items: list[CelebrityOut]
    next: str | None = None
    page: int
    pages: int | None
    size: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CelebrityPhotoOut:
    """Data of a picture; the picture itself is not kept."""

    attribution: str
    created_at: datetime
    current: bool
    id: UUID
    licence: str
    quality: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CelebrityRequest:
    """A new person of the gallery."""

    category: str
    name_en: str
    name_ko: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicOut:
    """The classical text that a rule is based on."""

    book: str | None = None
    chapter: str | None = None
    meaning: str | None = None
    quote: str
    sound: str | None = None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareRequest:
    """Two kept readings of one's own."""

    a: UUID
    b: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedConditionOut:
    """One condition of the photos; null if it is unknown."""

    a: float | None
    b: float | None
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedElementOut:
    """The element in both."""

    a: str
    b: str
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFace:
    """A face to compare: a photo or landmarks, or a kept reading of one's own."""

    analysis_id: UUID | None = None
    birth_year: int | None = None
    covered: list[Literal["forehead", "brows", "eyes", "nose", "mouth", "cheeks", "jaw"]] | None = None
    detail_points: list[tuple[float, float]] | None = None
    image: str | None = None
    image_height: int | None = None
    image_width: int | None = None
    landmark_looks: Literal[1, 2] | None = None
    landmarks: list[list[float]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedMeasureOut:
    """A measure in both, each from its own photos alone."""

    a: ValueOut
    b: ValueOut
    difference: float
    in_errors: float
    label: str
    more_than_noise: bool
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedNumberOut:
    """A number in both."""

    a: float
    b: float
    difference: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedPartOut:
    """A part in both."""

    a: ToldShapeOut
    b: ToldShapeOut
    changed: bool
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedReadingOut:
    """One of the two."""

    analysis_id: UUID
    content_version: str
    created_at: datetime
    engine_version: str
    photos: int
    quality_score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonOut:
    """Changes from a to b."""

    a: ComparedReadingOut
    agreement: float
    b: ComparedReadingOut
    conditions: dict[str, ComparedConditionOut]
    disclaimer: str
    element: ComparedElementOut
    energies: dict[str, ComparedNumberOut]
    measures: dict[str, ComparedMeasureOut]
    overall: ComparedNumberOut
    parts: dict[str, ComparedPartOut]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompatibilityOut:
    """What tradition says of two faces together; no grade and nothing of either face alone."""

    alike: str | None
    bond: Literal["same", "feeding", "shaping"]
    content_version: str
    disclaimer: str
    engine_version: str
    enjoy: str
    locale: Literal["ko", "en", "ja"]
    mind: str
    note: str
    opposed: str | None
    paragraphs: list[CompatibilityParagraphOut]
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompatibilityParagraphOut:
    """A paragraph, by what it is about."""

    id: Literal["elements", "callings", "energies", "shapes"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentOut:
    """A purpose with the text in force, and the consent that was given."""

    granted: bool
    granted_at: datetime | None
    granted_locale: str | None
    granted_text_sha256: str | None
    granted_version: int | None
    purpose: Literal["reading", "history", "lookalike", "retain_photo", "improve"]
    text: str
    text_sha256: str
    version: int
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPage:
    """ConsentPage of the API."""

    items: list[ConsentOut]
    next: str | None = None
    page: int
    pages: int | None
    size: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRequest:
    """The version of the text that was shown; a conflict if it is not the one in force."""

    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementOut:
    """The five elements of the face."""

    clarity: float
    meaning: str
    name: str
    primary: str
    secondary: str | None
    shares: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergiesOut:
    """Four energies, 1 to 5."""

    health: int
    love: int
    social: int
    wealth: int


class ErrorCode(StrEnum):
    """Stable; new codes may be added. The `type` of a problem is the URL of a page about its code."""

    ACCOUNT_EXISTS = "ACCOUNT_EXISTS"
    ADDRESS_MISMATCH = "ADDRESS_MISMATCH"
    ADMIN_ONLY = "ADMIN_ONLY"
    ALREADY_CREATED = "ALREADY_CREATED"
    ANALYSIS_NOT_FOUND = "ANALYSIS_NOT_FOUND"
    APP_ERROR = "APP_ERROR"
    BATCH_PHOTO_NOT_FOUND = "BATCH_PHOTO_NOT_FOUND"
    BIRTH_YEAR_OUT_OF_RANGE = "BIRTH_YEAR_OUT_OF_RANGE"
    BODY_TIMEOUT = "BODY_TIMEOUT"
    BODY_TOO_LARGE = "BODY_TOO_LARGE"
    CELEBRITY_EXISTS = "CELEBRITY_EXISTS"
    CELEBRITY_NOT_FOUND = "CELEBRITY_NOT_FOUND"
    CELEBRITY_PHOTO_EXISTS = "CELEBRITY_PHOTO_EXISTS"
    CELEBRITY_PHOTO_NOT_FOUND = "CELEBRITY_PHOTO_NOT_FOUND"
    CELEBRITY_PICTURE_TOO_LARGE = "CELEBRITY_PICTURE_TOO_LARGE"
    CONFLICT = "CONFLICT"
    CONSENT_REQUIRED = "CONSENT_REQUIRED"
    CONSENT_VERSION_OUTDATED = "CONSENT_VERSION_OUTDATED"
    CONTENT_ENCODING_NOT_ACCEPTED = "CONTENT_ENCODING_NOT_ACCEPTED"
    CONTENT_TYPE_NOT_ACCEPTED = "CONTENT_TYPE_NOT_ACCEPTED"
    CREATED_MEANWHILE = "CREATED_MEANWHILE"
    DATABASE_UNAVAILABLE = "DATABASE_UNAVAILABLE"
    DATABASE_URL_INVALID = "DATABASE_URL_INVALID"
    DEGENERATE_LANDMARKS = "DEGENERATE_LANDMARKS"
    DIFFERENT_FACES = "DIFFERENT_FACES"
    DRAWING_UNAVAILABLE = "DRAWING_UNAVAILABLE"
    EMAIL_TAKEN = "EMAIL_TAKEN"
    EMAIL_UNVERIFIED = "EMAIL_UNVERIFIED"
    EMPTY_FILE = "EMPTY_FILE"
    ENCRYPTION_KEY_MISSING = "ENCRYPTION_KEY_MISSING"
    FACE_BLURRED = "FACE_BLURRED"
    FACE_COVERED = "FACE_COVERED"
    FACE_CUT_OFF = "FACE_CUT_OFF"
    FACE_TOO_SMALL = "FACE_TOO_SMALL"
    FACE_TURNED = "FACE_TURNED"
    FILE_MISSING = "FILE_MISSING"
    FILE_NOT_FOUND = "FILE_NOT_FOUND"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    FORBIDDEN = "FORBIDDEN"
    FOREIGN_ORIGIN = "FOREIGN_ORIGIN"
    FORM_REFUSED = "FORM_REFUSED"
    HASHING_BUSY = "HASHING_BUSY"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    IDENTITY_ADDRESS_DIFFERS = "IDENTITY_ADDRESS_DIFFERS"
    IDENTITY_NOT_FOUND = "IDENTITY_NOT_FOUND"
    IDENTITY_TAKEN = "IDENTITY_TAKEN"
    ID_TOKEN_UNSUPPORTED = "ID_TOKEN_UNSUPPORTED"
    ID_TOKEN_USED = "ID_TOKEN_USED"
    IMAGE_CORRUPT = "IMAGE_CORRUPT"
    IMAGE_TOO_LARGE = "IMAGE_TOO_LARGE"
    IMAGE_TOO_SMALL = "IMAGE_TOO_SMALL"
    INACTIVE_USER = "INACTIVE_USER"
    INFERENCE_TIMEOUT = "INFERENCE_TIMEOUT"
    INTAKE_FULL = "INTAKE_FULL"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    INVALID_ARCHIVE = "INVALID_ARCHIVE"
    INVALID_BASE64 = "INVALID_BASE64"
    INVALID_BIRTH_YEAR = "INVALID_BIRTH_YEAR"
    INVALID_CELEBRITY = "INVALID_CELEBRITY"
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    INVALID_EMAIL = "INVALID_EMAIL"
    INVALID_FORM = "INVALID_FORM"
    INVALID_INPUT = "INVALID_INPUT"
    INVALID_JSON = "INVALID_JSON"
    INVALID_KEY_REQUEST = "INVALID_KEY_REQUEST"
    INVALID_LANDMARKS = "INVALID_LANDMARKS"
    INVALID_PAGE = "INVALID_PAGE"
    INVALID_PASSWORD = "INVALID_PASSWORD"
    INVALID_USERNAME = "INVALID_USERNAME"
    INVITATION_NOT_FOUND = "INVITATION_NOT_FOUND"
    JOB_FAILED = "JOB_FAILED"
    JOB_INTERRUPTED = "JOB_INTERRUPTED"
    JSON_TOO_COMPLEX = "JSON_TOO_COMPLEX"
    KEY_INVALID = "KEY_INVALID"
    KEY_LIMIT = "KEY_LIMIT"
    KEY_NOT_FOUND = "KEY_NOT_FOUND"
    LAST_ADMIN = "LAST_ADMIN"
    LAST_WAY_IN = "LAST_WAY_IN"
    LIMITS_UNAVAILABLE = "LIMITS_UNAVAILABLE"
    MAIL_TOKEN_INVALID = "MAIL_TOKEN_INVALID"
    MALFORMED_REQUEST = "MALFORMED_REQUEST"
    MESSAGE_TYPE_NOT_ACCEPTED = "MESSAGE_TYPE_NOT_ACCEPTED"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    MODELS_MISSING = "MODELS_MISSING"
    MONTHLY_LIMIT_REACHED = "MONTHLY_LIMIT_REACHED"
    MULTIPLE_FACES = "MULTIPLE_FACES"
    NOTHING_TO_READ = "NOTHING_TO_READ"
    NOT_FOUND = "NOT_FOUND"
    NOT_READY = "NOT_READY"
    NO_FACE = "NO_FACE"
    NO_VIDEO = "NO_VIDEO"
    OTHER_CONSENT_REQUIRED = "OTHER_CONSENT_REQUIRED"
    PART_NOT_TOLD = "PART_NOT_TOLD"
    PASSWORD_TOO_COMMON = "PASSWORD_TOO_COMMON"
    PHOTO_NOT_FOUND = "PHOTO_NOT_FOUND"
    PHOTO_REQUIRED = "PHOTO_REQUIRED"
    PROFILE_BUSY = "PROFILE_BUSY"
    PROVIDER_DENIED = "PROVIDER_DENIED"
    PROVIDER_EMAIL_UNVERIFIED = "PROVIDER_EMAIL_UNVERIFIED"
    PROVIDER_LINKED = "PROVIDER_LINKED"
    PROVIDER_NOT_CONFIGURED = "PROVIDER_NOT_CONFIGURED"
    PROVIDER_PROOF_INVALID = "PROVIDER_PROOF_INVALID"
    PROVIDER_SIGN_IN_EXPIRED = "PROVIDER_SIGN_IN_EXPIRED"
    PROVIDER_UNAVAILABLE = "PROVIDER_UNAVAILABLE"
    QUEUE_FULL = "QUEUE_FULL"
    RATE_LIMITED = "RATE_LIMITED"
    READING_OUTDATED = "READING_OUTDATED"
    RECENT_SIGN_IN_REQUIRED = "RECENT_SIGN_IN_REQUIRED"
    SCHEMA_OUTDATED = "SCHEMA_OUTDATED"
    SCHEMA_REVISION_UNKNOWN = "SCHEMA_REVISION_UNKNOWN"
    SCOPE_MISSING = "SCOPE_MISSING"
    SEAL_BROKEN = "SEAL_BROKEN"
    SESSION_NOT_FOUND = "SESSION_NOT_FOUND"
    SHARE_LIMIT = "SHARE_LIMIT"
    SHARE_NOT_FOUND = "SHARE_NOT_FOUND"
    SOCKET_FLOOD = "SOCKET_FLOOD"
    SOCKET_IDLE = "SOCKET_IDLE"
    SOCKET_SLOW = "SOCKET_SLOW"
    STORAGE_UNAVAILABLE = "STORAGE_UNAVAILABLE"
    TASK_NOT_FOUND = "TASK_NOT_FOUND"
    TASK_NOT_RETRYABLE = "TASK_NOT_RETRYABLE"
    TASK_OWNER_LEFT = "TASK_OWNER_LEFT"
    TICKET_INVALID = "TICKET_INVALID"
    TOKEN_INVALID = "TOKEN_INVALID"
    TOKEN_IN_QUERY = "TOKEN_IN_QUERY"
    TOKEN_REUSED = "TOKEN_REUSED"
    TOO_LARGE = "TOO_LARGE"
    TOO_MANY_FILES = "TOO_MANY_FILES"
    TOO_MANY_INVITATIONS = "TOO_MANY_INVITATIONS"
    TOO_MANY_SOCKETS = "TOO_MANY_SOCKETS"
    TOO_MANY_TASKS = "TOO_MANY_TASKS"
    TOO_YOUNG = "TOO_YOUNG"
    TWO_CREDENTIALS = "TWO_CREDENTIALS"
    TWO_FACES_REQUIRED = "TWO_FACES_REQUIRED"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    UNAVAILABLE = "UNAVAILABLE"
    UNKNOWN_HOST = "UNKNOWN_HOST"
    UNKNOWN_PLAN = "UNKNOWN_PLAN"
    UNMEASURABLE_FACE = "UNMEASURABLE_FACE"
    UNSUPPORTED_IMAGE_TYPE = "UNSUPPORTED_IMAGE_TYPE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    UNSUPPORTED_VIDEO_TYPE = "UNSUPPORTED_VIDEO_TYPE"
    USER_KEY_NOT_FOUND = "USER_KEY_NOT_FOUND"
    USER_NOT_FOUND = "USER_NOT_FOUND"
    VALIDATION_ERROR = "VALIDATION_ERROR"
    VIDEO_CORRUPT = "VIDEO_CORRUPT"
    VIDEO_TOO_COMPLEX = "VIDEO_TOO_COMPLEX"
    VIDEO_TOO_LARGE = "VIDEO_TOO_LARGE"
    VIDEO_TOO_LONG = "VIDEO_TOO_LONG"
    WEBHOOK_BACKLOG = "WEBHOOK_BACKLOG"
    WEBHOOK_DELIVERY_NOT_FOUND = "WEBHOOK_DELIVERY_NOT_FOUND"
    WEBHOOK_DISABLED = "WEBHOOK_DISABLED"
    WEBHOOK_LIMIT = "WEBHOOK_LIMIT"
    WEBHOOK_NOT_FOUND = "WEBHOOK_NOT_FOUND"
    WEBHOOK_URL_INVALID = "WEBHOOK_URL_INVALID"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEnvelope:
    """The error for programs."""

    code: ErrorCode | str
    details: JsonValue | None = None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceReading:
    """The reading of a face; with `detail=short` or `story`, fields that are not required are left out."""

    ages: AgesOut | None = None
    ai_generated: bool | None = None
    analysis_id: UUID
    archetypes: ArchetypesOut | None = None
    content_version: str
    created_at: datetime
    disclaimer: str
    element: ElementOut | None = None
    energy_scores: EnergiesOut | None = None
    energy_values: dict[str, float] | None = None
    engine_version: str | None = None
    fortune: FortuneOut | None = None
    kept: bool | None = None
    locale: Literal["ko", "en", "ja"]
    overall_score: int | None = None
    palaces: list[PalaceOut] | None = None
    parts_analysis: dict[str, PartOut] | None = None
    profile: ProfileOut | None = None
    quality: QualityOut | None = None
    story: str | None = None
    title: str | None = None
    today_fortune: str | None = None
    topics: list[TopicOut] | None = None
    zones: ZonesOut | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceRequest:
    """A photo, landmarks, or both."""

    birth_year: int | None = None
    covered: list[Literal["forehead", "brows", "eyes", "nose", "mouth", "cheeks", "jaw"]] | None = None
    detail_points: list[tuple[float, float]] | None = None
    image: str | None = None
    image_height: int | None = None
    image_width: int | None = None
    landmark_looks: Literal[1, 2] | None = None
    landmarks: list[list[float]] | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureOut:
    """The error of a failed task, as the same request would have been answered without one."""

    code: str
    details: dict[str, JsonValue] | None = None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackOut:
    """All answers to a kept reading."""

    answers: dict[str, Literal["fits", "not"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackRequest:
    """Answers to some parts; the answers to others stay."""

    answers: dict[str, Literal["fits", "not"] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FortuneOut:
    """The day's fortune for this face."""

    date: date
    day_pillar: str
    day_pillar_name: str
    disclaimer: str | None = None
    energy_shift: dict[str, float]
    lucky: LuckyOut
    reason: str
    relation: str
    relation_name: str
    solar_term: str | None = None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The process answers."""

    status: Literal["healthy"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricFigureOut:
    """A historical figure whose archetypes, by the records, overlap with those of the face; faces are not
    compared.
    """

    hanja: str
    id: str
    mix: dict[str, int]
    name: str
    overlap: int
    records: list[str]
    text: str
    years: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitiesOut:
    """The providers that one signs in with."""

    items: list[IdentityOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityLinkStart:
    """The linking of an identity in a browser."""

    current_password: str | None = None
    return_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityOut:
    """A provider that one signs in with."""

    created_at: datetime
    last_used_at: datetime | None
    provider: Literal["kakao", "naver", "google", "apple"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityToken:
    """Tokens that a provider gave an app, to link that account."""

    access_token: str | None = None
    current_password: str | None = None
    id_token: str
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOut:
    """The results of the pictures of an import, in the order of their files."""

    added: int
    duplicate: int
    pictures: list[ImportedPictureOut]
    renewed: int
    unusable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPictureOut:
    """The result of one picture of an import."""

    error: FailureOut | None = None
    fate: Literal["added", "renewed", "duplicate", "unusable"]
    file: str
    name_en: str
    name_ko: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationOut:
    """An invitation as its owner sees it later, without the code."""

    analysis_id: UUID
    created_at: datetime
    expires_at: datetime
    id: UUID
    uses_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationPage:
    """InvitationPage of the API."""

    items: list[InvitationOut]
    next: str | None = None
    page: int
    pages: int | None
    size: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRequest:
    """A new invitation."""

    days: int | None = None
    uses: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptForOut:
    """A kind of data and its retention."""

    how_long: str
    id: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReadingOut:
    """A kept reading in a list."""

    analysis_id: UUID
    content_version: str
    created_at: datetime
    element: str
    engine_version: str
    locale: str
    overall_score: int
    quality_score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReadingPage:
    """KeptReadingPage of the API."""

    items: list[KeptReadingOut]
    next: str | None = None
    page: int
    pages: int | None
    size: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOut:
    """A key as its owner sees it later, without the secret."""

    created_at: datetime
    expires_at: datetime | None
    id: UUID
    last_used_at: datetime | None
    name: str
    prefix: str
    scopes: list[Literal["analyze", "history:read", "history:write", "match"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPage:
    """KeyPage of the API."""

    items: list[KeyOut]
    next: str | None = None
    page: int
    pages: int | None
    size: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRequest:
    """A new key."""

    current_password: str | None = None
    expires_in_days: int | None = None
    name: str
    scopes: list[Literal["analyze", "history:read", "history:write", "match"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LifePoint:
    """A section of the curve of life: the percentile of its zone among people; low and high: within the
    error.
    """

    from_age: int
    high: int
    level: int
    low: int
    to_age: int | None
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LookalikeOut:
    """Matches for the whole face, the nearest first, and for each region."""

    card: str | None
    disclaimer: str
    gallery_size: int
    gallery_version: int
    locale: Literal["ko", "en", "ja"]
    matches: list[MatchOut]
    notice: str | None
    regions: dict[str, RegionMatchOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class LuckyOut:
    """Lucky things of the day."""

    color: str
    color_hex: str
    direction: str
    element: str
    hours: str
    hours_name: str | None = None
    numbers: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRequest:
    """An address to send a code to."""

    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchOut:
    """A match for the whole face."""

    category: str
    id: int
    name: str
    name_en: str
    name_ko: str
    percentile: float
    rank: int
    similarity: RegionSimilarities
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvitationOut:
    """A new invitation; no later answer shows its code."""

    analysis_id: UUID
    code: str
    created_at: datetime
    expires_at: datetime
    id: UUID
    qr_svg: str
    url: str
    uses_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKeyOut:
    """A new key; no later answer shows its secret."""

    created_at: datetime
    expires_at: datetime | None
    id: UUID
    key: str
    last_used_at: datetime | None
    name: str
    prefix: str
    scopes: list[Literal["analyze", "history:read", "history:write", "match"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewShareOut:
    """A new link; no later answer shows its URL."""

    analysis_id: UUID
    card_url: str
    created_at: datetime
    expires_at: datetime
    id: UUID
    locale: str
    qr_url: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeItemOut:
    """One item of the notice."""

    id: str
    text: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeOut:
    """The notice to show before the first reading."""

    ai_generated: bool
    before_photo: str
    items: list[NoticeItemOut]
    locale: str
    min_age: int
    title: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayOut:
    """A line to draw on the photo; points are fractions of the upright photo's width and height."""

    points: list[tuple[float, float]]
    type: Literal["line", "polyline", "points", "angle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccountOut:
    """One's own account."""

    created_at: datetime
    email: str
    email_verified: bool
    has_password: bool
    id: int
    is_active: bool
    is_admin: bool
    pending_email: str | None
    updated_at: datetime
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnChange:
    """Changes to one's own account; fields that are left out or null stay."""

    current_password: str | None = None
    email: str | None = None
    username: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDataOut:
    """All own data; `format` grows when the shape changes."""

    account: dict[str, JsonValue]
    analyses: list[dict[str, JsonValue]]
    analyses_count: int
    api_keys: list[dict[str, JsonValue]]
    audit: list[dict[str, JsonValue]]
    consents: list[dict[str, JsonValue]]
    exported_at: datetime
    format: int
    idempotency: list[dict[str, JsonValue]]
    identities: list[dict[str, JsonValue]]
    photos: list[dict[str, JsonValue]]
    plan: str | None
    profile: dict[str, JsonValue] | None
    sign_ins: list[dict[str, JsonValue]]
    tasks: list[dict[str, JsonValue]]
    usage: list[dict[str, JsonValue]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PalaceOut:
    """One of the twelve palaces."""

    hanja: str
    id: str
    meaning: str
    name: str
    place: str
    points: list[tuple[float, float]]
    status: Literal["measured", "partly", "not_measured"]
    z: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOut:
    """One part of the face."""

    alternative: AlternativeOut | None
    covered: list[Literal["forehead", "brows", "eyes", "nose", "mouth", "cheeks", "jaw"]] | None = None
    decided: bool | None = None
    hanja: str
    meaning: str
    name: str
    note: str | None = None
    probability: float
    reasons: list[ReasonOut]
    reliability: float
    score: int
    shape: str
    shape_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChange:
    """The current password and the new one."""

    current_password: str
    keep_access: bool | None = None
    new_password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordReset:
    """The code of a reset mail, and the new password."""

    password: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoOut:
    """The photo of a kept reading: a JPEG copy, upright and without metadata."""

    expires_at: datetime
    height: int
    url: str
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChange:
    """The plan that a user is given."""

    plan: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`application/problem+json`."""

    detail: str
    error: ErrorEnvelope
    instance: str
    request_id: str
    status: int
    title: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileOut:
    """Agreement of a reading with the remembered face."""

    changed_parts: list[str]
    measured_anew: bool | None = None
    photos: int
    same_as_last_time: float | None
    same_face: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCode:
    """The code that a provider's return left in the page's address."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderOut:
    """A provider that people can sign in with."""

    app: bool
    provider: Literal["kakao", "naver", "google", "apple"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSignInOut:
    """How a sign-in with a provider, or the linking of an identity, has ended."""

    return_to: str
    tokens: SignedInOut | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSignInStart:
    """A sign-in with a provider in a browser."""

    birth_year: int | None = None
    return_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderToken:
    """Tokens that a provider gave an app, to sign in with."""

    access_token: str | None = None
    birth_year: int | None = None
    device_name: str | None = None
    id_token: str
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvidersOut:
    """The configured providers, and what a new account agrees to."""

    consent_text: str
    items: list[ProviderOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityOut:
    """The quality of the photo as a source of measures."""

    advice: list[AdviceOut]
    best_photo: int
    best_second: float | None = None
    covered: list[Literal["forehead", "brows", "eyes", "nose", "mouth", "cheeks", "jaw"]] | None = None
    distance_cm: float | None
    frames: int | None = None
    photos: int
    pitch_deg: float
    roll_deg: float
    score: float
    source: Literal["picture", "own_kernel", "two_looks", "one_look", "older_mesh"] | None = None
    warnings: list[str]
    yaw_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """The process can take work."""

    status: Literal["ready"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonOut:
    """A measured fact behind a part's shape."""

    classic: ClassicOut | None
    error: float
    label: str
    measure: str
    overlay: OverlayOut | None
    overlays: list[OverlayOut]
    percentile: int
    unit: str
    value: float
    z: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reauthenticated:
    """The password of the caller, for a call that a token alone must not suffice for."""

    current_password: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshRequest:
    """A refresh token that was not used yet."""

    refresh_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionMatchOut:
    """The best match for one region."""

    category: str
    id: int
    name: str
    name_en: str
    name_ko: str
    similarity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSimilarities:
    """Percentile of each region's likeness among pairs of people in the gallery; from measured shapes. 50 if
    it is covered on one of the two faces.
    """

    brows: int
    eyes: int
    mouth: int
    nose: int
    outline: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A new account."""

    birth_year: int | None = None
    email: str
    password: str
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionOut:
    """The retention schedule of the daily deletion run."""

    items: list[KeptForOut]
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOut:
    """A sign-in on a device."""

    created_at: datetime
    current: bool
    device_name: str | None
    expires_at: datetime
    id: UUID
    last_used_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage:
    """SessionPage of the API."""

    items: list[SessionOut]
    next: str | None = None
    page: int
    pages: int | None
    size: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareOut:
    """A link as its owner sees it later, without its URL."""

    analysis_id: UUID
    created_at: datetime
    expires_at: datetime
    id: UUID
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SharePage:
    """SharePage of the API."""

    items: list[ShareOut]
    next: str | None = None
    page: int
    pages: int | None
    size: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRequest:
    """A new link."""

    expires_in_hours: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInForm:
    """SignInForm of the API."""

    client_id: str | None = None
    client_secret: str | None = None
    device_name: str | None = None
    device_token: str | None = None
    grant_type: str | None = None
    password: str
    scope: str | None = None
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInOut:
    """Tokens of a new sign-in, and a token by which this device is known at the next one."""

    access_token: str
    device_token: str
    expires_in: int
    refresh_token: str
    token_type: Literal["bearer"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOut:
    """A task with its result."""

    created_at: datetime
    error: FailureOut | None
    expires_at: datetime | None
    finished_at: datetime | None
    kind: str
    progress: float
    result: TaskResult | None
    stage: str | None
    started_at: datetime | None
    status: Literal["queued", "processing", "done", "failed", "cancelled"]
    task_id: UUID
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSummary:
    """A task as its owner sees it."""

    created_at: datetime
    error: FailureOut | None
    expires_at: datetime | None
    finished_at: datetime | None
    kind: str
    progress: float
    stage: str | None
    started_at: datetime | None
    status: Literal["queued", "processing", "done", "failed", "cancelled"]
    task_id: UUID
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSummaryPage:
    """TaskSummaryPage of the API."""

    items: list[TaskSummary]
    next: str | None = None
    page: int
    pages: int | None
    size: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketOut:
    """A ticket that opens one WebSocket, once, as `?ticket=`."""

    expires_in: int
    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensOut:
    """An access token for half an hour, and a refresh token that is exchanged for the next pair, once."""

    access_token: str
    expires_in: int
    refresh_token: str
    token_type: Literal["bearer"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldShapeOut:
    """The shape of a part in one reading."""

    probability: float
    shape: str
    shape_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicOut:
    """What the parts that weigh most in a topic say of it."""

    caution: str
    id: Literal["wealth", "love", "work", "vigour", "people"]
    name: str
    strength: str
    text: str
    today: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageByKindOut:
    """Readings of the month by kind; they sum to `used`."""

    batch: int
    compatibility: int
    face: int
    lookalike: int
    video: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageOut:
    """The readings of a user in the current month, by sign-ins and API keys together."""

    by_kind: UsageByKindOut
    limit: int | None
    month: str
    plan: str
    remaining: int | None
    resets_at: datetime
    used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UserOut:
    """An account."""

    created_at: datetime
    email: str
    id: int
    is_active: bool
    updated_at: datetime
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueOut:
    """A measure's value and its error, one standard deviation."""

    error: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationCode:
    """The code of a verification mail."""

    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAttemptOut:
    """An attempt: the status of the answer, or why there was none."""

    duration_ms: int
    error: (
        Literal[
            "name_unknown", "address_refused", "unreachable", "tls_failed", "timeout", "answer_invalid", "unreadable"
        ]
        | None
    )
    started_at: datetime
    status_code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChange:
    """Changes to a webhook; fields that are left out or null stay."""

    events: list[Literal["task.done", "task.failed", "task.cancelled", "data.erased", "account.erased"]] | None = None
    is_enabled: bool | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDeliveryDetailsOut:
    """A delivery with its attempts."""

    attempts: list[WebhookAttemptOut]
    created_at: datetime
    data: dict[str, JsonValue]
    due_at: datetime | None
    ended_at: datetime | None
    event: str
    id: UUID
    status: Literal["waiting", "delivered", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDeliveryOut:
    """An event for a webhook; `id` is the header webhook-id of every attempt."""

    created_at: datetime
    data: dict[str, JsonValue]
    due_at: datetime | None
    ended_at: datetime | None
    event: str
    id: UUID
    status: Literal["waiting", "delivered", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDeliveryPage:
    """WebhookDeliveryPage of the API."""

    items: list[WebhookDeliveryOut]
    next: str | None = None
    page: int
    pages: int | None
    size: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookOut:
    """A webhook as its owner sees it, without the secret."""

    created_at: datetime
    disabled_reason: Literal["owner", "failing", "gone"] | None
    events: list[Literal["task.done", "task.failed", "task.cancelled", "data.erased", "account.erased"]]
    failing_since: datetime | None
    id: UUID
    is_enabled: bool
    previous_until: datetime | None
    updated_at: datetime
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRequest:
    """A new webhook."""

    events: list[Literal["task.done", "task.failed", "task.cancelled", "data.erased", "account.erased"]] | None = None
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecretOut:
    """A webhook with a new secret; no later answer shows it."""

    created_at: datetime
    disabled_reason: Literal["owner", "failing", "gone"] | None
    events: list[Literal["task.done", "task.failed", "task.cancelled", "data.erased", "account.erased"]]
    failing_since: datetime | None
    id: UUID
    is_enabled: bool
    previous_until: datetime | None
    secret: str
    updated_at: datetime
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneOut:
    """One third of the face."""

    estimated: bool
    meaning: str
    name: str
    share: float
    years: str
    z: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonesOut:
    """The three zones, their proportion, and the curve of life that they form."""

    curve: list[LifePoint] | None = None
    lower: ZoneOut | None = None
    middle: ZoneOut | None = None
    type: str
    upper: ZoneOut | None = None


TaskResult: TypeAlias = FaceReading | BatchOut | ImportOut
