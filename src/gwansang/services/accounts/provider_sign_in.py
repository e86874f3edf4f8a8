"""Sign-in with a provider in a browser, by a code flow.

The browser keeps one secret in a cookie. The nonce and the verifier of PKCE are derived from it, so that the database
has only digests, and so that what began in one browser can't be finished in another.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog

from gwansang.core.clock import Clock
from gwansang.core.exceptions import AppError
from gwansang.core.tokens import secret_digest
from gwansang.models import ProviderSignIn
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.accounts.auth_service import InactiveUserError
from gwansang.services.accounts.caller import Caller
from gwansang.services.accounts.identity_service import IdentityService, IdentityTakenError, ProviderLinkedError
from gwansang.services.accounts.provider_outcomes import refusals_logged, start_for_identified
from gwansang.services.accounts.providers.errors import (
    AccountExistsError,
    IdentityAddressError,
    ProviderDeniedError,
    ProviderEmailUnverifiedError,
    ProviderNotConfiguredError,
    ProviderProofError,
    ProviderSignInExpiredError,
    ProviderUnavailableError,
    provider_error,
)
from gwansang.services.accounts.providers.oauth_errors import authorization_error
from gwansang.services.accounts.providers.provider import (
    FlowSecrets,
    Provider,
    ProviderAccount,
    ProviderName,
    require_provider,
)
from gwansang.services.accounts.sign_in_starter import SignedIn, SignInStarter
from gwansang.services.accounts.user_service import EmailUnverifiedError, require_proven, require_user
from gwansang.services.protection.age import check_birth_year
from gwansang.texts import DEFAULT_LOCALE, Locale, known_locale

_log = structlog.get_logger("gwansang.auth")
_STARTED: Final = "started"
_RETURNED: Final = "returned"
FLOW_TTL: Final = timedelta(minutes=10)  # to sign in at the provider
_CODE_TTL: Final = timedelta(minutes=2)  # for the page to exchange its code
_TOLD: Final[Mapping[str, Callable[[], AppError]]] = {
    error.code: partial(provider_error, error)
    for error in (
        AccountExistsError,
        IdentityAddressError,
        ProviderDeniedError,
        ProviderEmailUnverifiedError,
        ProviderNotConfiguredError,
        ProviderProofError,
        ProviderSignInExpiredError,
        ProviderUnavailableError,
    )
} | {
    InactiveUserError.code: lambda: InactiveUserError("This account is deactivated."),
    EmailUnverifiedError.code: lambda: EmailUnverifiedError("Verify your e-mail address first."),
    IdentityTakenError.code: lambda: IdentityTakenError("Another account signs in with this one."),
    ProviderLinkedError.code: lambda: ProviderLinkedError("Remove the one that is linked first."),
}
"""Errors that a provider's return can end in, by their codes; the page learns them when it exchanges its code."""


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """A configured provider; `app` is whether apps can send its ID tokens."""

    provider: ProviderName
    app: bool


@dataclass(frozen=True, slots=True)
class ProviderOffer:
    """The configured providers, and the text that a new account consents to."""

    items: tuple[ProviderInfo, ...]
    consent_text: str


@dataclass(frozen=True, slots=True, repr=False)
class StartedFlow:
    """The provider's page to open, and the secret for the cookie of the browser."""

    authorization_url: str
    browser_secret: str


@dataclass(frozen=True, slots=True, repr=False)
class FinishedFlow:
    """The end of a flow: where on the page to go on, and tokens unless an identity was linked."""

    return_to: str
    tokens: SignedIn | None


@dataclass(frozen=True, slots=True, repr=False)
class Returned:
    """What a provider returns to: the state, with a code, or with an error if the person or the provider refused."""

    state: str
    code: str | None
    error: str | None
    redirect_uri: str


@dataclass(frozen=True, slots=True, repr=False)
class UnprovenAddress:
    """The address of a new account, which its user has to prove with a code by e-mail."""

    user_id: int
    email: str
    locale: Locale


@dataclass(frozen=True, slots=True, repr=False)
class ReturnedFlow:
    """What a provider's return has led to: a code for the page, and an address to prove if there is one."""

    code: str
    unproven: UnprovenAddress | None


class ProviderSignInService:
    """Signs people in with the configured providers, and links identities for those who are signed in."""

    def __init__(
        self,
        uow: UnitOfWork,
        providers: Mapping[ProviderName, Provider],
        identities: IdentityService,
        starter: SignInStarter,
        *,
        clock: Clock,
        new_id: Callable[[], UUID],
        new_secret: Callable[[], str],
    ) -> None:
        self._uow = uow
        self._providers = providers
        self._identities = identities
        self._starter = starter
        self._clock = clock
        self._new_id = new_id
        self._new_secret = new_secret

    def offer(self, locale: Locale) -> ProviderOffer:
        """Return the configured providers, and in a language what a first sign-in with one agrees to."""
        infos = tuple(ProviderInfo(name, provider.has_id_tokens) for name, provider in self._providers.items())
        return ProviderOffer(infos, self._identities.sign_up_text(locale))

    async def start(
        self,
        name: ProviderName,
        redirect_uri: str,
        return_to: str,
        *,
        locale: Locale = DEFAULT_LOCALE,
        birth_year: int | None = None,
        link_for: Caller | None = None,
    ) -> StartedFlow:
        """Begin a flow on a page in this language, to sign in or to link an identity to a caller who has signed in just
        before. The birth year is checked and not stored. Raises ProviderNotConfiguredError, ProviderUnavailableError,
        BirthYearError, TooYoungError, EmailUnverifiedError."""
        now, provider = self._clock(), require_provider(self._providers, name)
        check_birth_year(birth_year, now.date())
        secret, state = self._new_secret(), self._new_secret()
        url = await provider.authorization_url(_flow_secrets(secret, state, redirect_uri))
        row = self._row(_STARTED, name, state, FLOW_TTL)
        row.browser_hash, row.return_to, row.locale = secret_digest(secret), return_to, locale
        async with self._uow.write() as tx:
            await tx.provider_sign_ins.delete_expired(now)
            if link_for is not None:
                require_proven(require_user(await tx.users.get(link_for.user_id)))
                row.user_id, row.family_id = link_for.user_id, link_for.family
            await tx.provider_sign_ins.add(row)
        return StartedFlow(url, secret)

    async def finish(self, name: ProviderName, returned: Returned, browser_secret: str) -> ReturnedFlow:
        """Finish what this browser began, and return the code by which its page learns how it ended; raises
        ProviderSignInExpiredError for anything else."""
        async with self._uow.write() as tx:
            began = await tx.provider_sign_ins.consume(
                _STARTED, secret_digest(returned.state), secret_digest(browser_secret), self._clock(), name
            )
        if began is None:
            raise provider_error(ProviderSignInExpiredError)
        code, unproven = self._new_secret(), None
        try:
            with refusals_logged(name):
                account = await self._redeem(name, returned, browser_secret)
                unproven = await self._conclude(name, began, account, code)
        except AppError as error:
            if error.code not in _TOLD:
                raise
            row = self._row(_RETURNED, name, code, _CODE_TTL, began=began)
            row.error = error.code
            async with self._uow.write() as tx:
                await tx.provider_sign_ins.add(row)
        return ReturnedFlow(code, unproven)

    async def exchange(self, code: str, browser_secret: str, device_name: str | None) -> FinishedFlow:
        """Exchange the code of the page, once, in the browser that began; raises ProviderSignInExpiredError and the
        error that the provider's return ended in."""
        async with self._uow.write() as tx:
            row = await tx.provider_sign_ins.consume(
                _RETURNED, secret_digest(code), secret_digest(browser_secret), self._clock()
            )
            user = await tx.users.get(row.user_id) if row and row.user_id else None
        if row is not None and row.error is not None:
            raise _TOLD[row.error]()
        if row is None or user is None:
            raise provider_error(ProviderSignInExpiredError)
        linked = row.family_id is not None
        tokens = None if linked else await start_for_identified(self._starter, user, device_name)
        return FinishedFlow(row.return_to, tokens)

    async def _redeem(self, name: ProviderName, returned: Returned, browser_secret: str) -> ProviderAccount:
        if returned.code is None:
            raise authorization_error(name, returned.error)
        secrets = _flow_secrets(browser_secret, returned.state, returned.redirect_uri)
        return await require_provider(self._providers, name).redeem(returned.code, secrets)

    async def _conclude(
        self, name: ProviderName, began: ProviderSignIn, account: ProviderAccount, code: str
    ) -> UnprovenAddress | None:
        """Sign in or link, store what the page will learn in the same transaction, and return the address of a new
        account if it has to be proven."""
        row, locale = self._row(_RETURNED, name, code, _CODE_TTL, began=began), known_locale(began.locale)
        async with self._uow.write() as tx:
            if began.family_id is not None and began.user_id is not None:
                await self._identities.link(tx, began.user_id, began.family_id, name, account)
                row.user_id, row.family_id = began.user_id, began.family_id
                await tx.provider_sign_ins.add(row)
                return None
            identified = await self._identities.sign_in(tx, name, account, locale)
            user = identified.user
            row.user_id = user.id
            await tx.provider_sign_ins.add(row)
        unproven = identified.is_new and not user.email_verified
        return UnprovenAddress(user.id, user.email, locale) if unproven else None

    def _row(
        self, stage: str, name: ProviderName, secret: str, ttl: timedelta, began: ProviderSignIn | None = None
    ) -> ProviderSignIn:
        """Return a row that is found by a secret, in the browser that began and for its page."""
        return ProviderSignIn(
            id=self._new_id(),
            stage=stage,
            provider=name,
            secret_hash=secret_digest(secret),
            browser_hash=began.browser_hash if began else None,
            return_to=began.return_to if began else "",
            expires_at=self._clock() + ttl,
        )


def _flow_secrets(browser_secret: str, state: str, redirect_uri: str) -> FlowSecrets:
    nonce, verifier = (_derive(browser_secret, f"{purpose}:{state}") for purpose in ("nonce", "verifier"))
    return FlowSecrets(state, nonce, verifier, redirect_uri)


def _derive(secret: str, purpose: str) -> str:
    """Return 43 characters that only who has the secret can tell."""
    digest = hmac.digest(secret.encode("utf-8", "surrogatepass"), purpose.encode("utf-8", "surrogatepass"), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
