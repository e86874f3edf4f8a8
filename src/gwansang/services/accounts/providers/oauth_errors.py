"""Error codes of OAuth 2 and OpenID Connect that a provider may return instead of what it was asked for."""

from typing import Final

import structlog

from gwansang.core.exceptions import AppError
from gwansang.services.accounts.providers.errors import ProviderDeniedError, ProviderUnavailableError, provider_error
from gwansang.services.accounts.providers.provider import ProviderName

_log = structlog.get_logger("gwansang.auth")
_CANCELLED: Final = frozenset({"access_denied", "user_cancelled_authorize"})  # the second is Apple's
_KNOWN: Final = _CANCELLED | {
    "consent_required",
    "interaction_required",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "login_required",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
}


def loggable_code(code: object) -> str:
    """Return a known code, "other" for anything else, which may be any text of a stranger."""
    return code if isinstance(code, str) and code in _KNOWN else "other"


def authorization_error(provider: ProviderName, code: str | None) -> AppError:
    """Return the error of a provider's return without an authorization code; log it unless the person cancelled."""
    if code in _CANCELLED:
        return provider_error(ProviderDeniedError)
    _log.warning("auth.provider_returned_error", provider=provider, error=loggable_code(code))
    return provider_error(ProviderUnavailableError)
