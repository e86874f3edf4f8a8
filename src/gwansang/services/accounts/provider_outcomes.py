"""How a sign-in with a provider ends, in a browser as in an app."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from gwansang.core.exceptions import AppError
from gwansang.models import User
from gwansang.services.accounts.credentials import InvalidCredentialsError
from gwansang.services.accounts.providers.errors import ProviderSignInExpiredError, provider_error
from gwansang.services.accounts.providers.provider import ProviderName
from gwansang.services.accounts.sign_in_starter import SignedIn, SignInStarter

_log = structlog.get_logger("gwansang.auth")


@contextmanager
def refusals_logged(provider: ProviderName) -> Iterator[None]:
    """Log the code of an error that ends a sign-in with a provider."""
    try:
        yield
    except AppError as error:
        _log.info("auth.provider_refused", provider=provider, code=error.code)
        raise


async def start_for_identified(starter: SignInStarter, user: User, device_name: str | None) -> SignedIn:
    """Start a sign-in of a user whom a provider has identified; raises ProviderSignInExpiredError if the user was
    deactivated, or all sign-ins were ended, meanwhile."""
    try:
        return await starter.start(user.id, user.token_version, device_name)
    except InvalidCredentialsError:
        raise provider_error(ProviderSignInExpiredError) from None
