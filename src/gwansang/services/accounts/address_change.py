"""Change of an address: the old one counts until the new one is proven, and gets a mail with a way back."""

from datetime import timedelta
from typing import Final

import structlog

from gwansang.core.email_address import normalize_email
from gwansang.core.passwords import UNUSABLE_HASH
from gwansang.core.tokens import TokenInvalidError
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.accounts.caller import Caller
from gwansang.services.accounts.email_proof_service import AccountMails, CodeIssuer, EmailProof, token_invalid
from gwansang.services.accounts.user_service import (
    ensure_address_free,
    require_user,
    set_password,
    user_info,
    validate_username,
)
from gwansang.services.protection.audit import AuditLog

_log = structlog.get_logger("gwansang.accounts")
UNDO_DAYS: Final = 7


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

    async def request(self, caller: Caller, email: str, username: str | None = None) -> AccountMails:
        """Request a change of the caller's address, and change the name; the mails are a code to the new address and a
        way back to the old one. The current address cancels requests. Raises EmailTakenError, InvalidEmailError,
        InvalidUsernameError, UserNotFoundError, TokenInvalidError."""
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
        return AccountMails(user_info(user, address if mails else None), tuple(mails))

    async def undo(self, token: str) -> AccountMails:
        """Restore the address that the code was mailed to and void the password, every sign-in and API key, requests,
        and the ways back from this change and later ones. The mail has a code to choose a new password. Earlier ways
        back stay: otherwise a thief who changes the address twice could undo the second change to void the owner's.
        Raises MailTokenInvalidError, EmailTakenError."""
        async with self._uow.write() as tx:
            user, code = await self._codes.consume(tx, token, "undo")
            if code.email is None:  # an older release dropped the address to restore
                raise token_invalid()
            await ensure_address_free(tx, code.email, user.id, self._codes.clock())
            user.email, user.email_verified = code.email, True
            await set_password(tx, user, UNUSABLE_HASH, self._codes.clock())
            await tx.mail_tokens.delete_undos_since(user.id, code.created_at)
            reset = await self._codes.issue(tx, user, "reset", user.email)
            await self._audit.record(tx, "address_restored", user.id)
        _log.info("account.address_restored", user_id=user.id)
        return AccountMails(user_info(user), (EmailProof("restored", reset.email, reset.token),))
