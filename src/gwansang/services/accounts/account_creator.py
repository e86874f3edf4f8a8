"""Creation of an account with what belongs to it from the start."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from gwansang.core.clock import Clock
from gwansang.models.account import User
from gwansang.repositories.unit_of_work import Transaction
from gwansang.repositories.users import EmailTakenError
from gwansang.services.protection.audit import AuditLog
from gwansang.services.protection.consent_texts import ConsentTexts, Purpose
from gwansang.services.protection.sealing import Sealer
from gwansang.texts import DEFAULT_LOCALE, Locale

_SIGN_UP_CONSENTS: Final[Sequence[Purpose]] = ("reading",)


class AccountCreator:
    """Adds accounts with their key and the consents of a sign-up."""

    def __init__(self, texts: ConsentTexts, sealer: Sealer, audit: AuditLog, *, clock: Clock) -> None:
        self._texts = texts
        self._sealer = sealer
        self._audit = audit
        self._clock = clock

    def sign_up_text(self, locale: Locale) -> str:
        """Return in a language what a sign-up consents to."""
        return "\n\n".join(self._texts[purpose].text(locale) for purpose in _SIGN_UP_CONSENTS)

    async def add(
        self,
        tx: Transaction,
        address: str,
        name: str,
        password_hash: str,
        *,
        is_admin: bool = False,
        proven: bool,
        locale: Locale = DEFAULT_LOCALE,
    ) -> User:
        """Add an account with a normalized address and a valid name; raises EmailTakenError.

        proven: whether the address is known to be the user's, because a provider has verified it or because an
        operator, who alone creates administrators, vouches for it. locale: in which the consents' texts were shown.
        """
        now = self._clock()
        row = User(
            email=address,
            username=name,
            password_hash=password_hash,
            is_active=True,
            is_admin=is_admin,
            email_verified=proven,
            token_version=0,
            seen_at=now,
            created_at=now,
            updated_at=now,
        )
        await ensure_address_free(tx, address, None, now)
        await tx.users.add(row)
        await tx.user_keys.add(self._sealer.new_user_key(row.id))
        for purpose in _SIGN_UP_CONSENTS:
            await tx.consents.add(self._texts.new_consent(row.id, purpose, locale, now))
        await self._audit.record(tx, "account_created", row.id, admin=is_admin)
        return row


async def ensure_address_free(tx: Transaction, address: str, user_id: int | None, now: datetime) -> None:
    """Raise EmailTakenError if another account has this address, or can still have it back."""
    owner = await tx.users.get_by_email(address)
    if (owner is not None and owner.id != user_id) or await tx.mail_tokens.is_reserved(address, user_id, now):
        raise EmailTakenError("Another account has this e-mail address.")
