"""Change of an address: the old one counts until the new one is proven, and gets a mail with a way back."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from gwansang.core.email_address import normalize_email
from gwansang.core.tokens import TokenInvalidError
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.accounts.auth_service import end_all_access
from gwansang.services.accounts.caller import Caller
from gwansang.services.accounts.email_proof_service import CodeIssuer, EmailProof
from gwansang.services.accounts.user_service import (
    UserInfo,
    ensure_address_free,
    require_user,
    user_info,
    validate_username,
)
from gwansang.services.protection.audit import AuditLog

_log = structlog.get_logger("gwansang.accounts")
UNDO_DAYS: Final = 7


@dataclass(frozen=True, slots=True, repr=False)
class RequestedChange:
    """The account after a request, and the mails to send: a code to the new address, a way back to the old one."""

    user: UserInfo
    mails: tuple[EmailProof, ...]


class AddressChangeService:
    """Requests and undoes changes of addresses; `EmailProofService.verify` completes them."""

    def __init__(self, uow: UnitOfWork, audit: AuditLog, codes: CodeIssuer) -> None:
        self._uow = uow
        self._audit = audit
        self._codes = codes

    async def differs(self, user_id: int, email: str) -> bool:
        """Return whether this is another address than the user's; raises InvalidEmailError, UserNotFoundError."""
        address = normalize_email(email)
        async with self._uow.read() as tx:
            return require_user(await tx.users.get(user_id)).email != address

    async def request(self, caller: Caller, email: str, username: str | None = None) -> RequestedChange:
        """Request a change of the caller's address, and change the name. The current address cancels requests. Raises
        EmailTakenError, InvalidEmailError, InvalidUsernameError, UserNotFoundError, TokenInvalidError."""
        address, now = normalize_email(email), self._codes.clock()
        name = None if username is None else validate_username(username)
        mails: list[EmailProof] = []
        async with self._uow.write() as tx:
            user = require_user(await tx.users.get_for_update(caller.user_id))
            if caller.family is None or await tx.families.get_active(caller.family, user.id, now) is None:
                raise TokenInvalidError("This token is not valid any more; sign in again.")  # ended meanwhile
            user.username, user.updated_at = user.username if name is None else name, now
            await tx.mail_tokens.delete_changes(user.id, except_to=address)
            if address != user.email:
                await ensure_address_free(tx, address, user.id, now)
                mails.append(await self._codes.issue(tx, user, "change", address))
                if user.email_verified:  # a stranger at a mistyped address gets no way into the account
                    undo = await self._codes.issue(tx, user, "undo", user.email, timedelta(days=UNDO_DAYS))
                    mails.append(undo)
            await tx.users.save(user)
        return RequestedChange(user_info(user, address if mails else None), tuple(mails))

    async def undo(self, token: str) -> UserInfo:
        """Restore the address that the code was mailed to, cancel requests, and end every sign-in and API key; raises
        MailTokenInvalidError, EmailTakenError."""
        async with self._uow.write() as tx:
            user, code = await self._codes.consume(tx, token, "undo")
            address = code.email or user.email
            await ensure_address_free(tx, address, user.id, self._codes.clock())
            user.email, user.email_verified, user.updated_at = address, True, self._codes.clock()
            await tx.users.save(user)
            await tx.mail_tokens.delete_undos_since(user.id, code.created_at)
            await end_all_access(tx, user)
            await self._audit.record(tx, "address_restored", user.id)
        _log.info("account.address_restored", user_id=user.id)
        return user_info(user)
