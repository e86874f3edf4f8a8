"""Proofs that someone reads an address: to verify it, and to set a forgotten password anew."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import structlog

from gwansang.core.clock import Clock
from gwansang.core.email_address import InvalidEmailError, normalize_email
from gwansang.core.exceptions import Malformed
from gwansang.core.passwords import PasswordHasher
from gwansang.core.tokens import secret_digest
from gwansang.models.account import MailToken, User
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.user_service import UserInfo, found, info, set_password
from gwansang.services.protection.audit import AuditLog

MailPurpose = Literal["verify", "reset"]
_log = structlog.get_logger("gwansang.accounts")


class MailTokenInvalidError(Malformed):
    """Unknown, used, replaced by a newer one, or too old: nobody is told which."""

    code = "MAIL_TOKEN_INVALID"
    title = "This link is not valid any more"


@dataclass(frozen=True, slots=True, repr=False)
class MailProof:
    """What to send to an address; `token` exists only here and in the mail."""

    purpose: MailPurpose
    email: str
    username: str
    token: str
    expires_at: datetime


class EmailProofService:
    """Single-use tokens for mails; a newer one of the same purpose replaces the older."""

    def __init__(
        self,
        uow: UnitOfWork,
        passwords: PasswordHasher,
        audit: AuditLog,
        *,
        clock: Clock,
        new_id: Callable[[], UUID],
        new_secret: Callable[[], str],
        ttl: timedelta,
    ) -> None:
        self._uow = uow
        self._passwords = passwords
        self._audit = audit
        self._clock = clock
        self._new_id = new_id
        self._new_secret = new_secret
        self._ttl = ttl

    async def start_verification(self, user_id: int) -> MailProof | None:
        """What to mail to the user, None where the address is verified already; raises UserNotFoundError."""
        async with self._uow.write() as tx:
            user = found(await tx.users.get_for_update(user_id))
            if user.email_verified:
                return None
            proof, row = self._issue(user, "verify")
            await tx.mail_tokens.replace(row)
        return proof

    async def start_reset(self, email: str) -> MailProof | None:
        """What to mail to the address, None where no active user has it: the caller's answer must not tell."""
        try:
            address = normalize_email(email)
        except InvalidEmailError:
            return None
        async with self._uow.write() as tx:
            user = await tx.users.get_by_email_for_update(address)
            if user is None or not user.is_active:
                return None
            proof, row = self._issue(user, "reset")
            await tx.mail_tokens.replace(row)
        return proof

    async def verify(self, token: str) -> UserInfo:
        """Marks the address as verified; raises MailTokenInvalidError."""
        async with self._uow.write() as tx:
            user = await self._spend(tx, token, "verify")
            user.email_verified, user.updated_at = True, self._clock()
            await tx.users.save(user)
        return info(user)

    async def reset(self, token: str, password: str) -> None:
        """Sets a new password and ends every token; raises MailTokenInvalidError, InvalidPasswordError."""
        self._passwords.validate(password)
        async with self._uow.read() as tx:  # a guess is not worth a hash
            if await tx.mail_tokens.get_owner(secret_digest(token), "reset", self._clock()) is None:
                raise _invalid()
        password_hash = await self._passwords.hash(password)
        async with self._uow.write() as tx:
            user = await self._spend(tx, token, "reset")
            user.email_verified = True  # whoever has the token reads the address
            await set_password(tx, user, password_hash, self._clock())
            await self._audit.note(tx, "password_changed", user.id, by_mail=True)
        _log.info("account.password_reset", user_id=user.id)

    async def _spend(self, tx: Transaction, token: str, purpose: MailPurpose) -> User:
        owner = await tx.mail_tokens.get_owner(secret_digest(token), purpose, self._clock())
        user = (
            None if owner is None else await tx.users.get_for_update(owner)
        )  # always the user's row before its tokens
        if user is None or not user.is_active or not await tx.mail_tokens.consume(secret_digest(token)):
            raise _invalid()
        return user

    def _issue(self, user: User, purpose: MailPurpose) -> tuple[MailProof, MailToken]:
        now, token = self._clock(), self._new_secret()
        proof = MailProof(purpose, user.email, user.username, token, now + self._ttl)
        row = MailToken(
            id=self._new_id(),
            user_id=user.id,
            purpose=purpose,
            token_hash=secret_digest(token),
            created_at=now,
            expires_at=proof.expires_at,
        )
        return proof, row


def _invalid() -> MailTokenInvalidError:
    return MailTokenInvalidError("This link is not valid any more; ask for a new one.")
