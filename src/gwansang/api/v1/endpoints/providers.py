"""Signing in with providers: in a browser by a code flow, in apps by an ID token."""

from functools import partial
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from starlette.responses import RedirectResponse

from gwansang.api.body_limits import body_limit
from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import BODY, PARAMETERS, PUBLIC
from gwansang.api.v1.provider_paths import PROVIDERS, callback_address, page_address
from gwansang.api.v1.return_route import ReturnRoute
from gwansang.core.user_agent import device_name_of
from gwansang.dependencies.browser_secret import BrowserSecret, forget_browser_secret, keep_browser_secret
from gwansang.dependencies.callers import AddressLimit
from gwansang.dependencies.params import ChosenLocale, PublicAddress
from gwansang.dependencies.services import AppSignIns, Mails, Proofs, ProviderSignIns
from gwansang.schemas.accounts import SignedInOut
from gwansang.schemas.providers import (
    AuthorizationOut,
    Provider,
    ProviderCode,
    ProviderReturn,
    ProviderSignInOut,
    ProviderSignInStart,
    ProvidersOut,
    ProviderToken,
)
from gwansang.services.accounts.app_sign_in import AppProof
from gwansang.services.accounts.auth_service import InactiveUserError
from gwansang.services.accounts.identity_service import IdentityTakenError, IdTokenUsedError, ProviderLinkedError
from gwansang.services.accounts.provider_sign_in import FLOW_TTL, Returned
from gwansang.services.accounts.providers.errors import (
    AccountExistsError,
    IdentityAddressError,
    IdTokenUnsupportedError,
    ProviderDeniedError,
    ProviderEmailUnverifiedError,
    ProviderNotConfiguredError,
    ProviderProofError,
    ProviderSignInExpiredError,
    ProviderUnavailableError,
)
from gwansang.services.accounts.user_service import BirthYearError, EmailUnverifiedError, TooYoungError

router = APIRouter(prefix=PROVIDERS, tags=["signing in"])
_returns = APIRouter(route_class=ReturnRoute, include_in_schema=False, dependencies=[AddressLimit])
_START = (ProviderNotConfiguredError, ProviderUnavailableError, BirthYearError, TooYoungError)
_PROOF = (
    ProviderProofError,
    ProviderEmailUnverifiedError,
    ProviderSignInExpiredError,
    AccountExistsError,
    InactiveUserError,
)
_LINK = (EmailUnverifiedError, IdentityAddressError, IdentityTakenError, ProviderLinkedError)
_SMALL = 32 * 1024
_Field = Annotated[str | None, Form(max_length=4096)]


@router.get("", dependencies=[AddressLimit], responses=problem_responses(*PUBLIC, *PARAMETERS))
async def list_providers(sign_ins: ProviderSignIns, locale: ChosenLocale) -> ProvidersOut:
    """List the providers that people can sign in with here, with the text that a new account consents to."""
    return ProvidersOut.model_validate(sign_ins.offer(locale), from_attributes=True)


@router.post("/{provider}/start", dependencies=[AddressLimit], responses=problem_responses(*_START, *PUBLIC, *BODY))
async def start_provider_sign_in(
    provider: Provider,
    body: ProviderSignInStart,
    response: Response,
    sign_ins: ProviderSignIns,
    address: PublicAddress,
    locale: ChosenLocale,
) -> AuthorizationOut:
    """Begin to sign in with a provider in this browser, which gets a cookie. The provider returns to the page at
    `#/signedin/{code}`, which exchanges the code. The consent of a new account is recorded in the language of this
    request."""
    back = callback_address(address, provider)
    started = await sign_ins.start(provider, back, body.return_to, locale=locale, birth_year=body.birth_year)
    keep_browser_secret(response, address, started.browser_secret, int(FLOW_TTL.total_seconds()))
    return AuthorizationOut(authorization_url=started.authorization_url)


@_returns.get("/{provider}/callback")
async def return_from_provider(
    provider: Provider,
    sign_ins: ProviderSignIns,
    secret: BrowserSecret,
    address: PublicAddress,
    proofs: Proofs,
    mails: Mails,
    query: Annotated[ProviderReturn, Query()],
) -> RedirectResponse:
    """Finish what the browser began, and send it to the page with a code by which the page learns how it ended. A new
    account whose address the provider does not prove is sent a code that does."""
    code = None if query.error is not None else query.code
    returned = Returned(query.state, code, query.error, callback_address(address, provider))
    ended = await sign_ins.finish(provider, returned, secret)
    if (new := ended.unproven) is not None:
        mails.post("verify", partial(proofs.start_verification, new.user_id), new.locale, new.email)
    return RedirectResponse(page_address(ended.code), status_code=303)


@_returns.post("/{provider}/callback")
@body_limit(_SMALL)
async def return_from_provider_by_form(
    provider: Provider, state: _Field = None, code: _Field = None, error: _Field = None
) -> RedirectResponse:
    """Repeat Apple's form as a GET: with a form from another site a browser does not send the cookie."""
    fields = {"state": state, "code": code, "error": error}
    query = urlencode({name: value for name, value in fields.items() if value is not None})
    return RedirectResponse(f"{PROVIDERS}/{provider}/callback?{query}", status_code=303)


@router.post(
    "/exchange",
    dependencies=[AddressLimit],
    responses=problem_responses(
        ProviderDeniedError,
        ProviderNotConfiguredError,
        ProviderUnavailableError,
        *_PROOF,
        *_LINK,
        *PUBLIC,
        *BODY,
    ),
)
async def exchange_provider_code(
    body: ProviderCode,
    request: Request,
    response: Response,
    sign_ins: ProviderSignIns,
    secret: BrowserSecret,
    address: PublicAddress,
) -> ProviderSignInOut:
    """Exchange the code that a provider's return left in the page's address, once, in the browser that began: for
    tokens, or for the notice that an identity was linked. Errors of the provider are answered here."""
    forget_browser_secret(response, address)
    finished = await sign_ins.exchange(body.code, secret, device_name_of(request.headers.get("user-agent")))
    return ProviderSignInOut.model_validate(finished, from_attributes=True)


@router.post(
    "/{provider}/token",
    dependencies=[AddressLimit],
    responses=problem_responses(IdTokenUnsupportedError, IdTokenUsedError, *_START, *_PROOF, *PUBLIC, *BODY),
)
async def sign_in_with_id_token(
    provider: Provider, body: ProviderToken, request: Request, sign_ins: AppSignIns, locale: ChosenLocale
) -> SignedInOut:
    """Sign in an app with the ID token that it got from a provider for its nonce, at most ten minutes ago. A new
    person gets an account, and consents to the text of `GET /auth/providers` in the language of this request; an
    account with the same address is never linked here."""
    proof = AppProof(body.id_token, body.nonce, body.access_token)
    name = device_name_of(request.headers.get("user-agent"), body.device_name)
    signed_in = await sign_ins.sign_in(provider, proof, name, body.birth_year, locale)
    return SignedInOut.model_validate(signed_in, from_attributes=True)


router.include_router(_returns)
