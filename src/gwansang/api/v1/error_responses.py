"""What calls of one kind may be refused with, for their place in the documentation."""

from gwansang.api.errors import InvalidRequestError
from gwansang.core.exceptions import AppError, Malformed, RateLimited, Unauthenticated
from gwansang.core.middleware.body_gate import BodyTimeoutError, BodyTooLargeError, ContentEncodingError
from gwansang.core.middleware.intake import IntakeFullError
from gwansang.services.accounts.auth_service import TokenInvalidError
from gwansang.services.accounts.caller import AdminOnlyError, ScopeMissingError
from gwansang.services.accounts.key_service import KeyInvalidError
from gwansang.services.operations.readiness_service import DatabaseUnavailableError

Errors = tuple[type[AppError], ...]

ANYONE: Errors = (RateLimited, DatabaseUnavailableError)
SIGNED_IN: Errors = (
    Unauthenticated,
    TokenInvalidError,
    KeyInvalidError,
    ScopeMissingError,
    *ANYONE,
)
ADMIN: Errors = (*SIGNED_IN, AdminOnlyError)
PARAMETERS: Errors = (InvalidRequestError,)
BODY: Errors = (
    Malformed,
    InvalidRequestError,
    BodyTooLargeError,
    BodyTimeoutError,
    ContentEncodingError,
    IntakeFullError,
)
