"""Codes sent by mail: to verify an address, to change it, and to reset a password."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

import structlog

from gwansang.core.clock import Clock
from gwansang.core.email_address import InvalidEmailError, normalize_email
from gwansang.core.exceptions import Malformed
from gwansang.core.passwords import PasswordHasher
from gwansang.core.tokens import secret_digest
from gwansang.models.account import MailToken, User
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.auth_service import InactiveUserError
from gwansang.services.accounts.user_service import (
    UserInfo,
    ensure_address_free,
    require_user,
    set_password,
    user_info,
)
from gwansang.services.protection.audit import AuditLog

CodePurpose = Literal["verify", "change", "reset", "undo"]
MailPurpose = Literal[
    CodePurpose, "restored", "password_changed", "address_changed", "address_changed_by_admin", "webhook_disabled"
]
_VOIDED: Final = {"verify": ("verify", "change"), "change": ("verify", "change", "reset")}  # by the use of a code
_log = structlog.get_logger("gwansang.accounts")


class MailTokenInvalidError(Malformed):
    """Unknown, used or expired; the answer does not reveal which."""

    code = "MAIL_TOKEN_INVALID"
    title = "This link is not valid any more"


@dataclass(frozen=True, slots=True, repr=False)
class EmailProof:
    """A mail to an address, with its code if it has one; the code exists only here and in the mail. Without a repr, so
    that no log can show it."""

    purpose: MailPurpose
    email: str
    token: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class AccountMails:
    """An account after a change, and the mails to send."""

    user: UserInfo
    mails: tuple[EmailProof, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeIssuer:
    """Issues codes; several for one purpose are valid at a time, until one of them is used."""

    clock: Clock
    new_id: Callable[[], UUID]
    new_secret: Callable[[], str]
    ttl: timedelta

    async def issue(
        self, tx: Transaction, user: User, purpose: CodePurpose, email: str, ttl: timedelta | None = None
    ) -> EmailProof:
        """Store a code that is mailed to `email`, and return the mail."""
        now, token = self.clock(), self.new_secret()
        row = MailToken(
            id=self.new_id(),
            user_id=user.id,
            purpose=purpose,
            email=email,
            token_hash=secret_digest(token),
            created_at=now,
            expires_at=now + (ttl or self.ttl),
        )
        await tx.mail_tokens.add(row)
        return EmailProof(purpose, email, token)

    async def consume(self, tx: Transaction, token: str, *purposes: CodePurpose) -> tuple[User, MailToken]:
        """Delete a code that is being used, and return it with its user, who is locked; raises
        MailTokenInvalidError."""
        digest = secret_digest(token)
        row = await tx.mail_tokens.get_valid(digest, purposes, self.clock())
        user = None if row is None else await tx.users.get_for_update(row.user_id)  # always before its tokens
        if row is None or user is None or not user.is_active or not await tx.mail_tokens.consume(digest):
            raise token_invalid()
        return user, row


class EmailProofService:
    """Issues and accepts codes that prove the ownership of an address."""

    def __init__(self, uow: UnitOfWork, passwords: PasswordHasher, audit: AuditLog, codes: CodeIssuer) -> None:
        self._uow = uow
        self._passwords = passwords
        self._audit = audit
        self._codes = codes

    async def start_verification(self, user_id: int) -> EmailProof | None:
        """Return a code to mail to the user, None if the address is verified already or the user was deleted."""
        async with self._uow.write() as tx:
            user = await tx.users.get_for_update(user_id)
            if user is None or user.email_verified:
                return None
            return await self._codes.issue(tx, user, "verify", user.email)

    async def start_reset(self, email: str) -> EmailProof | None:
        """Return a code to mail to the address, None if no active user has it; a response must not depend on this."""
        try:
            address = normalize_email(email)
        except InvalidEmailError:
            return None
        async with self._uow.write() as tx:
            user = await tx.users.get_by_email_for_update(address)
            if user is None or not user.is_active:
                return None
            return await self._codes.issue(tx, user, "reset", user.email)

    async def vouch(self, user_id: int, by: int) -> UserInfo:
        """Mark the address as verified because an administrator vouches for it, and void codes that verify it; raises
        UserNotFoundError."""
        async with self._uow.write() as tx:
            user = require_user(await tx.users.get_for_update(user_id))
            user.email_verified, user.updated_at = True, self._codes.clock()
            await tx.users.save(user)
            await tx.mail_tokens.delete_codes(user.id, "verify")
            await self._audit.record(tx, "address_vouched", user_id, by)
        return user_info(user)

    async def start_reset_for(self, user_id: int, by: int) -> EmailProof:
        """Return a code to mail to the user, which an administrator requests; raises UserNotFoundError,
        InactiveUserError."""
        async with self._uow.write() as tx:
            user = require_user(await tx.users.get_for_update(user_id))
            if not user.is_active:
                raise InactiveUserError("This account is deactivated.")
            proof = await self._codes.issue(tx, user, "reset", user.email)
            await self._audit.record(tx, "reset_mailed", user_id, by)
        return proof

    async def verify(self, token: str) -> AccountMails:
        """Mark the address as verified, or replace it with the new one that the code was mailed to, and return the mail
        that tells the old one; raises MailTokenInvalidError, EmailTakenError."""
        async with self._uow.write() as tx:
            user, code = await self._codes.consume(tx, token, "verify", "change")
            told = _told_of(user, code)
            if code.purpose == "change":
                await self._replace_address(tx, user, code)
            elif code.email not in (None, user.email):
                raise token_invalid()
            user.email_verified, user.updated_at = True, self._codes.clock()
            await tx.users.save(user)
            await tx.mail_tokens.delete_codes(user.id, *_VOIDED[code.purpose])
        _log.info("account.address_verified", user_id=user.id, purpose=code.purpose)
        return AccountMails(user_info(user), told)

    async def _replace_address(self, tx: Transaction, user: User, code: MailToken) -> None:
        if code.email is None:  # an older release dropped the address that the code proves
            raise token_invalid()
        await ensure_address_free(tx, code.email, user.id, self._codes.clock())
        user.email = code.email
        await self._audit.record(tx, "address_changed", user.id)

    async def reset(self, token: str, password: str) -> EmailProof:
        """Set a new password, end every sign-in and API key, and return the mail about it; raises
        MailTokenInvalidError, InvalidPasswordError."""
        self._passwords.validate(password)
        async with self._uow.read() as tx:  # before the expensive hash
            if await tx.mail_tokens.get_valid(secret_digest(token), ("reset",), self._codes.clock()) is None:
                raise token_invalid()
        password_hash = await self._passwords.hash(password)
        async with self._uow.write() as tx:
            user, code = await self._codes.consume(tx, token, "reset")
            if code.email not in (None, user.email):
                raise token_invalid()
            user.email_verified = True  # the code was mailed to this address
            await set_password(tx, user, password_hash, self._codes.clock())
            await self._audit.record(tx, "password_changed", user.id, by_mail=True)
        _log.info("account.password_reset", user_id=user.id)
        return EmailProof("password_changed", user.email)


def _told_of(user: User, code: MailToken) -> tuple[EmailProof, ...]:
    """Return the mail to the address that a code replaces, if its owner has proven it."""
    return (EmailProof("address_changed", user.email),) if code.purpose == "change" and user.email_verified else ()


def token_invalid() -> MailTokenInvalidError:
    """Return the error for a code that can't be used."""
    return MailTokenInvalidError("This link is not valid any more; ask for a new one.")
