"""The tree of expected errors.

AppError
├── Malformed          the request itself can't be parsed
├── InvalidInput       well-formed, but it can't be processed
├── Unauthenticated    no valid credentials
├── Forbidden          authenticated, but not allowed
├── NotFound           does not exist, or belongs to someone else
├── Conflict           contradicts existing data
├── TooLarge           more bytes, pixels or seconds than a limit allows
├── UnsupportedMedia   a content type that is not accepted
├── RateLimited        too often
└── Unavailable        can't be done now; a later attempt may succeed

Leaf classes are defined in the packages that raise them. No class here knows an HTTP status: `api/errors.py` has the
only table.
"""

from typing import ClassVar


class AppError(Exception):
    """An expected failure with a stable code; `message` is one sentence for the user, `context` its details."""

    code: ClassVar[str] = "APP_ERROR"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, message: str, **context: object) -> None:
        super().__init__(message)
        self.message = message
        self.context = context


class Malformed(AppError):
    code = "MALFORMED_REQUEST"
    title = "Malformed request"


class InvalidInput(AppError):
    code = "INVALID_INPUT"
    title = "Invalid input"


class InvalidRequestError(InvalidInput):
    """Carries `faults`, a list of {field, message}, if the fields are known."""

    code = "VALIDATION_ERROR"
    title = "Request validation failed"


class Unauthenticated(AppError):
    code = "UNAUTHENTICATED"
    title = "Authentication required"


class Forbidden(AppError):
    code = "FORBIDDEN"
    title = "Not allowed"


class NotFound(AppError):
    code = "NOT_FOUND"
    title = "Not found"


class Conflict(AppError):
    code = "CONFLICT"
    title = "Conflict"


class TooLarge(AppError):
    code = "TOO_LARGE"
    title = "Too large"


class UnsupportedMedia(AppError):
    code = "UNSUPPORTED_MEDIA_TYPE"
    title = "Unsupported content type"


class RateLimited(AppError):
    """Carries `retry_after_s` in its context."""

    code = "RATE_LIMITED"
    title = "Too many requests"


class Unavailable(AppError):
    """Carries `retry_after_s` in its context if it is known."""

    code = "UNAVAILABLE"
    title = "Temporarily unavailable"
