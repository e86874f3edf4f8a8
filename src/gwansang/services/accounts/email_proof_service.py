"""Single-use tokens sent by mail: to verify an address and to reset a password."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
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
from gwansang.services.accounts.user_service import UserInfo, set_password, user_info
from gwansang.services.protection.audit import AuditLog

MailPurpose = Literal["verify", "reset"]
_log = structlog.get_logger("gwansang.accounts")


class MailTokenInvalidError(Malformed):
    """Unknown, used, replaced or expired; the answer does not reveal which."""

    code = "MAIL_TOKEN_INVALID"
    title = "This link is not valid any more"


@dataclass(frozen=True, slots=True, repr=False)
class EmailProof:
    """A token to mail to an address; it exists only here and in the mail. Without a repr, so that no log can show
    it."""

    purpose: MailPurpose
    email: str
    token: str


class EmailProofService:
    """Issues and accepts mailed tokens; a newer token of the same purpose replaces the older."""

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

    async def start_verification(self, user_id: int) -> EmailProof | None:
        """Return a token to mail to the user, None if the address is verified already or the user was deleted."""
        async with self._uow.write() as tx:
            user = await tx.users.get_for_update(user_id)
            if user is None or user.email_verified:
                return None
            return await self._issue(tx, user, "verify")

    async def start_reset(self, email: str) -> EmailProof | None:
        """Return a token to mail to the address, None if no active user has it; a response must not depend on this."""
        try:
            address = normalize_email(email)
        except InvalidEmailError:
            return None
        async with self._uow.write() as tx:
            user = await tx.users.get_by_email_for_update(address)
            if user is None or not user.is_active:
                return None
            return await self._issue(tx, user, "reset")

    async def verify(self, token: str) -> UserInfo:
        """Mark the address as verified; raises MailTokenInvalidError."""
        async with self._uow.write() as tx:
            user = await self._consume(tx, token, "verify")
            user.email_verified, user.updated_at = True, self._clock()
            await tx.users.save(user)
        return user_info(user)

    async def reset(self, token: str, password: str) -> None:
        """Set a new password and end every token; raises MailTokenInvalidError, InvalidPasswordError."""
        self._passwords.validate(password)
        async with self._uow.read() as tx:  # before the expensive hash
            if await tx.mail_tokens.get_owner(secret_digest(token), "reset", self._clock()) is None:
                raise _token_invalid()
        password_hash = await self._passwords.hash(password)
        async with self._uow.write() as tx:
            user = await self._consume(tx, token, "reset")
            user.email_verified = True  # the token was mailed to this address
            await set_password(tx, user, password_hash, self._clock())
            await self._audit.record(tx, "password_changed", user.id, by_mail=True)
        _log.info("account.password_reset", user_id=user.id)

    async def _consume(self, tx: Transaction, token: str, purpose: MailPurpose) -> User:
        owner = await tx.mail_tokens.get_owner(secret_digest(token), purpose, self._clock())
        user = (
            None if owner is None else await tx.users.get_for_update(owner)
        )  # always the user's row before its tokens
        if user is None or not user.is_active or not await tx.mail_tokens.consume(secret_digest(token)):
            raise _token_invalid()
        return user

    async def _issue(self, tx: Transaction, user: User, purpose: MailPurpose) -> EmailProof:
        now, token = self._clock(), self._new_secret()
        row = MailToken(
            id=self._new_id(),
            user_id=user.id,
            purpose=purpose,
            token_hash=secret_digest(token),
            created_at=now,
            expires_at=now + self._ttl,
        )
        await tx.mail_tokens.replace(row)
        return EmailProof(purpose, user.email, token)


def _token_invalid() -> MailTokenInvalidError:
    return MailTokenInvalidError("This link is not valid any more; ask for a new one.")
