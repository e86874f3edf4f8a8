"""Identities at providers that are linked to the caller's account."""

from fastapi import APIRouter, Response

from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import BODY, REAUTHENTICATED, SIGNED_IN, Errors
from gwansang.api.v1.provider_paths import callback_address
from gwansang.dependencies.browser_secret import keep_browser_secret
from gwansang.dependencies.callers import CurrentUser
from gwansang.dependencies.logins import Confirm
from gwansang.dependencies.params import PublicAddress
from gwansang.dependencies.services import AppSignIns, IdentitiesOfCaller, ProviderSignIns
from gwansang.schemas.accounts import Reauthenticated
from gwansang.schemas.providers import AuthorizationOut, IdentitiesOut, IdentityLinkStart, IdentityToken, Provider
from gwansang.services.accounts.app_sign_in import AppProof
from gwansang.services.accounts.identity_service import IdentityTakenError, IdTokenUsedError, ProviderLinkedError
from gwansang.services.accounts.provider_sign_in import FLOW_TTL
from gwansang.services.accounts.providers.errors import (
    IdentityAddressError,
    IdentityNotFoundError,
    IdTokenUnsupportedError,
    LastWayInError,
    ProviderEmailUnverifiedError,
    ProviderNotConfiguredError,
    ProviderProofError,
    ProviderSignInExpiredError,
    ProviderUnavailableError,
)
from gwansang.services.accounts.user_service import EmailUnverifiedError

router = APIRouter(prefix="/api/v1/users/me/identities", tags=["signing in"])
_LINK: Errors = (
    ProviderNotConfiguredError,
    ProviderUnavailableError,
    EmailUnverifiedError,
    *REAUTHENTICATED,
    *SIGNED_IN,
)


@router.get("", responses=problem_responses(*SIGNED_IN))
async def list_identities(caller: CurrentUser, identities: IdentitiesOfCaller) -> IdentitiesOut:
    """List the providers that one signs in with."""
    return IdentitiesOut.model_validate({"items": await identities.list(caller.user_id)}, from_attributes=True)


@router.post("/{provider}/start", responses=problem_responses(*_LINK, *BODY))
async def start_identity_link(
    provider: Provider,
    body: IdentityLinkStart,
    response: Response,
    caller: CurrentUser,
    sign_ins: ProviderSignIns,
    confirm: Confirm,
    address: PublicAddress,
) -> AuthorizationOut:
    """Begin to link an identity in this browser, which gets a cookie. This needs `current_password`, or a sign-in of
    the last five minutes, and a verified address, which the provider must have verified, too."""
    await confirm(caller, body.current_password)
    started = await sign_ins.start(provider, callback_address(address, provider), body.return_to, link_for=caller)
    keep_browser_secret(response, address, started.browser_secret, int(FLOW_TTL.total_seconds()))
    return AuthorizationOut(authorization_url=started.authorization_url)


@router.post(
    "/{provider}/token",
    status_code=204,
    responses=problem_responses(
        IdTokenUnsupportedError,
        IdTokenUsedError,
        IdentityAddressError,
        IdentityTakenError,
        ProviderEmailUnverifiedError,
        ProviderLinkedError,
        ProviderProofError,
        ProviderSignInExpiredError,
        *_LINK,
        *BODY,
    ),
)
async def link_identity(
    provider: Provider, body: IdentityToken, caller: CurrentUser, sign_ins: AppSignIns, confirm: Confirm
) -> None:
    """Link the identity of an app's ID token. This needs `current_password`, or a sign-in of the last five minutes, and
    a verified address, which the provider must have verified, too."""
    await confirm(caller, body.current_password)
    await sign_ins.link(provider, AppProof(body.id_token, body.nonce, body.access_token), caller)


@router.delete(
    "/{provider}",
    status_code=204,
    responses=problem_responses(IdentityNotFoundError, LastWayInError, *REAUTHENTICATED, *SIGNED_IN, *BODY),
)
async def remove_identity(
    provider: Provider,
    caller: CurrentUser,
    identities: IdentitiesOfCaller,
    confirm: Confirm,
    body: Reauthenticated | None = None,
) -> None:
    """Stop signing in with a provider. This needs `current_password`, or a sign-in of the last five minutes, and
    another way to sign in."""
    await confirm(caller, body.current_password if body else None)
    await identities.remove(caller.user_id, provider)
