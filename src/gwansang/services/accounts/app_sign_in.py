"""Sign-in with a provider in an app, which sends the ID token that it got there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from gwansang.core.clock import Clock
from gwansang.core.tokens import secret_digest
from gwansang.models import ProviderSignIn
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.accounts.caller import Caller
from gwansang.services.accounts.identity_service import IdentityService
from gwansang.services.accounts.provider_outcomes import refusals_logged, start_for_identified
from gwansang.services.accounts.providers.provider import Provider, ProviderAccount, ProviderName, require_provider
from gwansang.services.accounts.sign_in_starter import SignedIn, SignInStarter
from gwansang.services.protection.age import check_birth_year
from gwansang.texts import Locale

_SPENT: Final = "spent"
_SPENT_TTL: Final = timedelta(minutes=11)  # after which an ID token is too old in any case


@dataclass(frozen=True, slots=True, repr=False)
class AppProof:
    """ID token and access token that a provider gave an app, and the nonce of the app's request."""

    id_token: str
    nonce: str
    access_token: str | None = None


class AppSignInService:
    """Signs people in with ID tokens of the configured providers, or links identities by them; each counts once."""

    def __init__(
        self,
        uow: UnitOfWork,
        providers: Mapping[ProviderName, Provider],
        identities: IdentityService,
        starter: SignInStarter,
        *,
        clock: Clock,
        new_id: Callable[[], UUID],
    ) -> None:
        self._uow = uow
        self._providers = providers
        self._identities = identities
        self._starter = starter
        self._clock = clock
        self._new_id = new_id

    async def sign_in(
        self, name: ProviderName, proof: AppProof, device_name: str | None, birth_year: int | None, locale: Locale
    ) -> SignedIn:
        """Sign in with an ID token, in an app in this language. The birth year is checked and not stored. Raises
        ProviderNotConfiguredError, IdTokenUnsupportedError, ProviderUnavailableError, ProviderProofError,
        IdTokenUsedError, BirthYearError, TooYoungError, ProviderSignInExpiredError, and what
        `IdentityService.sign_in` raises."""
        check_birth_year(birth_year, self._clock().date())
        with refusals_logged(name):
            account = await self._spend(name, proof)
            async with self._uow.write() as tx:
                identified = await self._identities.sign_in(tx, name, account, locale)
            return await start_for_identified(self._starter, identified.user, device_name)

    async def link(self, name: ProviderName, proof: AppProof, caller: Caller) -> None:
        """Link the identity of an ID token to a caller who has signed in just before. Raises what `sign_in` raises
        about the token, and what `IdentityService.link` raises."""
        with refusals_logged(name):
            account = await self._spend(name, proof)
            async with self._uow.write() as tx:
                await self._identities.link(tx, caller.user_id, caller.family, name, account)

    async def _spend(self, name: ProviderName, proof: AppProof) -> ProviderAccount:
        """Verify an ID token and keep it from being used again."""
        provider = require_provider(self._providers, name)
        account = await provider.verify(proof.id_token, proof.nonce, proof.access_token)
        now = self._clock()
        row = ProviderSignIn(
            id=self._new_id(),
            stage=_SPENT,
            provider=name,
            secret_hash=secret_digest(_signed_part(proof.id_token)),
            return_to="",
            expires_at=now + _SPENT_TTL,
        )
        async with self._uow.write() as tx:
            await tx.provider_sign_ins.delete_expired(now)
            await tx.provider_sign_ins.add(row)
        return account


def _signed_part(id_token: str) -> str:
    """Return a token without its signature, of which more than one can be valid."""
    return id_token.rpartition(".")[0]
