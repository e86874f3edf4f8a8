"""Identities at providers: whose they are, which account they may be linked to, and their removal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from gwansang.core.clock import Clock
from gwansang.core.email_address import InvalidEmailError, normalize_email
from gwansang.core.passwords import UNUSABLE_HASH
from gwansang.core.tokens import secret_digest
from gwansang.models import Identity, User
from gwansang.models.base import from_row
from gwansang.repositories.identities import IdentityTakenError, IdTokenUsedError, ProviderLinkedError
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.repositories.users import EmailTakenError
from gwansang.services.accounts.account_creator import AccountCreator
from gwansang.services.accounts.auth_service import InactiveUserError
from gwansang.services.accounts.providers.errors import (
    AccountExistsError,
    IdentityAddressError,
    IdentityNotFoundError,
    LastWayInError,
    ProviderEmailUnverifiedError,
    ProviderSignInExpiredError,
    provider_error,
)
from gwansang.services.accounts.providers.provider import ProviderAccount, ProviderName
from gwansang.services.accounts.user_service import MAX_USERNAME, MIN_USERNAME, require_proven, require_user
from gwansang.services.protection.audit import AuditLog
from gwansang.texts import Locale

__all__ = [
    "IdTokenUsedError",
    "IdentifiedUser",
    "IdentityInfo",
    "IdentityService",
    "IdentityTakenError",
    "ProviderLinkedError",
]
_log = structlog.get_logger("gwansang.auth")


@dataclass(frozen=True, slots=True)
class IdentityInfo:
    """A provider that the user signs in with."""

    provider: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, repr=False)
class IdentifiedUser:
    """The user of an identity; `is_new` is whether the account was created just now."""

    user: User
    is_new: bool


class IdentityService:
    """Finds, links and removes identities.

    An identity is linked to an existing account only in `link`: by its user, after a fresh sign-in, and if the account
    has proven the address of the identity, which the provider has verified, too, if it verifies addresses at all.
    """

    def __init__(
        self,
        uow: UnitOfWork,
        creator: AccountCreator,
        audit: AuditLog,
        *,
        clock: Clock,
        new_id: Callable[[], UUID],
    ) -> None:
        self._uow = uow
        self._creator = creator
        self._audit = audit
        self._clock = clock
        self._new_id = new_id

    def sign_up_text(self, locale: Locale) -> str:
        """Return in a language what a new user of an identity consents to."""
        return self._creator.sign_up_text(locale)

    async def list(self, user_id: int) -> tuple[IdentityInfo, ...]:
        """Return the providers that the user signs in with."""
        async with self._uow.read() as tx:
            rows = await tx.identities.list_for_user(user_id)
        return tuple(from_row(IdentityInfo, row) for row in rows)

    async def remove(self, user_id: int, provider: ProviderName) -> None:
        """Remove an identity and end its sign-ins under way; raises IdentityNotFoundError, and LastWayInError if the
        user has neither a password nor another identity."""
        async with self._uow.write() as tx:
            user = require_user(await tx.users.get_for_update(user_id))
            linked = {row.provider for row in await tx.identities.list_for_user(user_id)}
            if provider not in linked:
                raise provider_error(IdentityNotFoundError)
            if linked == {provider} and user.password_hash == UNUSABLE_HASH:
                raise provider_error(LastWayInError)
            await tx.identities.delete(user_id, provider)
            await tx.provider_sign_ins.delete_for_user(user_id)
            await self._audit.record(tx, "identity_removed", user_id, provider=provider)
        _log.info("auth.identity_removed", user_id=user_id, provider=provider)

    async def sign_in(
        self, tx: Transaction, provider: ProviderName, account: ProviderAccount, locale: Locale
    ) -> IdentifiedUser:
        """Return the user of an identity, a new one if neither it nor its address is known, who consents to the text in
        this language. Raises InactiveUserError, ProviderEmailUnverifiedError, and AccountExistsError for an account
        that is not linked: it is never linked here."""
        digest, now = _subject_hash(provider, account), self._clock()
        identity = await tx.identities.get_by_subject(provider, digest)
        if identity is None:
            return IdentifiedUser(await self._sign_up(tx, provider, account, locale), is_new=True)
        user = require_user(await tx.users.get_for_update(identity.user_id))
        if not user.is_active:
            raise InactiveUserError("This account is deactivated.")
        if not await tx.identities.mark_used(identity.id, now):
            raise provider_error(ProviderSignInExpiredError)
        return IdentifiedUser(user, is_new=False)

    async def link(
        self, tx: Transaction, user_id: int, family: UUID | None, provider: ProviderName, account: ProviderAccount
    ) -> None:
        """Link an identity to the user of a sign-in. Raises ProviderSignInExpiredError if that has ended,
        EmailUnverifiedError, ProviderEmailUnverifiedError, IdentityAddressError, IdentityTakenError,
        ProviderLinkedError."""
        digest, now = _subject_hash(provider, account), self._clock()
        user = await tx.users.get_for_update(user_id)
        if user is None or family is None or await tx.families.get_active(family, user_id, now) is None:
            raise provider_error(ProviderSignInExpiredError)
        require_proven(user)
        if _address(account) != user.email:
            raise provider_error(IdentityAddressError)
        known = await tx.identities.get_by_subject(provider, digest)
        if known is None:
            await self._add(tx, user_id, provider, digest)
        elif known.user_id != user_id:
            raise IdentityTakenError("Another account signs in with this one.")

    async def _sign_up(self, tx: Transaction, provider: ProviderName, account: ProviderAccount, locale: Locale) -> User:
        """Create an account for an address that no account has."""
        address, proven = _address(account), account.email_verified
        name = _username(account.name, address)
        try:
            user = await self._creator.add(tx, address, name, UNUSABLE_HASH, proven=proven, locale=locale)
        except EmailTakenError:
            raise provider_error(AccountExistsError) from None
        await self._add(tx, user.id, provider, _subject_hash(provider, account))
        _log.info("account.created", user_id=user.id)
        return user

    async def _add(self, tx: Transaction, user_id: int, provider: ProviderName, digest: str) -> None:
        now = self._clock()
        row = Identity(
            id=self._new_id(),
            user_id=user_id,
            provider=provider,
            subject_hash=digest,
            created_at=now,
            last_used_at=None,
        )
        await tx.identities.add(row)
        await self._audit.record(tx, "identity_linked", user_id, provider=provider)
        _log.info("auth.identity_linked", user_id=user_id, provider=provider)


def _subject_hash(provider: ProviderName, account: ProviderAccount) -> str:
    return secret_digest(f"{provider}:{account.subject}")


def _address(account: ProviderAccount) -> str:
    """Return the address at the provider; raises ProviderEmailUnverifiedError if there is none that may be used."""
    try:
        return normalize_email(account.email or "")
    except InvalidEmailError:
        raise provider_error(ProviderEmailUnverifiedError) from None


def _username(name: str | None, address: str) -> str:
    """Return a valid name for a new account: that at the provider, else one from the address."""
    local = address.partition("@")[0]
    shown = ("".join(filter(str.isprintable, text)).strip()[:MAX_USERNAME].strip() for text in (name or "", local))
    return next((text for text in shown if len(text) >= MIN_USERNAME), f"user {local}")
