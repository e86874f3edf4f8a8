"""Errors of sign-ins with a provider; each has one sentence, because one is stored by its code and raised later."""

from collections.abc import Mapping
from typing import Final, TypeVar

from gwansang.core.exceptions import (
    AppError,
    Conflict,
    Forbidden,
    InvalidInput,
    Malformed,
    NotFound,
    Unauthenticated,
    Unavailable,
)


class ProviderNotConfiguredError(NotFound):
    code = "PROVIDER_NOT_CONFIGURED"
    title = "This service has no sign-in with this provider"


class ProviderUnavailableError(Unavailable):
    """Carries `retry_after_s` in its context."""

    code = "PROVIDER_UNAVAILABLE"
    title = "The provider can't be reached"


class ProviderDeniedError(Forbidden):
    code = "PROVIDER_DENIED"
    title = "The sign-in with the provider was cancelled"


class ProviderProofError(Unauthenticated):
    """A refused code or ID token; the answer does not reveal why."""

    code = "PROVIDER_PROOF_INVALID"
    title = "This does not prove an account at the provider"


class ProviderSignInExpiredError(Malformed):
    """Unknown, used, expired, or begun in another browser; the answer does not reveal which."""

    code = "PROVIDER_SIGN_IN_EXPIRED"
    title = "This sign-in is not valid any more"


class IdTokenUnsupportedError(InvalidInput):
    code = "ID_TOKEN_UNSUPPORTED"
    title = "This provider has no ID tokens"


class ProviderEmailUnverifiedError(Forbidden):
    code = "PROVIDER_EMAIL_UNVERIFIED"
    title = "The provider names no verified e-mail address"


class AccountExistsError(Conflict):
    code = "ACCOUNT_EXISTS"
    title = "An account with this e-mail address exists"


class IdentityAddressError(Conflict):
    code = "IDENTITY_ADDRESS_DIFFERS"
    title = "The provider names another e-mail address"


class IdentityNotFoundError(NotFound):
    code = "IDENTITY_NOT_FOUND"
    title = "This account is not linked to this provider"


class LastWayInError(Conflict):
    code = "LAST_WAY_IN"
    title = "There would be no way to sign in any more"


_Error = TypeVar("_Error", bound=AppError)
_RETRY_AFTER_S: Final = 10
_SENTENCES: Final[Mapping[type[AppError], str]] = {
    ProviderNotConfiguredError: "This service has no sign-in with this provider; see GET /auth/providers.",
    ProviderUnavailableError: "The provider does not answer as it should; try again in a moment.",
    ProviderDeniedError: "The sign-in with the provider was cancelled there; nothing was changed.",
    ProviderProofError: "What came from the provider does not prove an account there; begin the sign-in anew.",
    ProviderSignInExpiredError: "This sign-in has expired, was used, or began in another browser; begin it anew.",
    IdTokenUnsupportedError: "This provider issues no ID tokens; open the page to sign in with it.",
    ProviderEmailUnverifiedError: "The provider names no verified e-mail address; verify it there and share it.",
    AccountExistsError: "An account with this e-mail address exists; sign in to it and link the provider there.",
    IdentityAddressError: "Only an identity with this account's e-mail address can be linked.",
    IdentityNotFoundError: "This account is not linked to this provider.",
    LastWayInError: "There would be no way to sign in any more; setting a password by e-mail removes every link.",
}


def provider_error(kind: type[_Error]) -> _Error:
    """Return an error of this module with its sentence."""
    if kind is ProviderUnavailableError:
        return kind(_SENTENCES[kind], retry_after_s=_RETRY_AFTER_S)
    return kind(_SENTENCES[kind])
