"""Accounts: registration, changes, lists and deletion."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from gwansang.core.clock import Clock
from gwansang.core.email_address import InvalidEmailError, normalize_email, normalize_email_prefix
from gwansang.core.exceptions import Forbidden, InvalidInput, NotFound
from gwansang.core.paging import FIRST_PAGE, Page, PageRequest
from gwansang.core.passwords import UNUSABLE_HASH, InvalidPasswordError, PasswordHasher
from gwansang.models.account import User
from gwansang.models.base import from_row
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.repositories.users import EmailTakenError
from gwansang.services.accounts.account_creator import AccountCreator, ensure_address_free
from gwansang.services.accounts.auth_service import InvalidCredentialsError, end_all_access, end_all_tokens
from gwansang.services.protection.age import BirthYearError, TooYoungError, check_birth_year
from gwansang.services.protection.audit import OPERATOR, AuditLog
from gwansang.services.protection.erasure import ErasureService, LastAdminError, ensure_not_last_admin
from gwansang.texts import DEFAULT_LOCALE, Locale

__all__ = [
    "BirthYearError",
    "EmailTakenError",
    "EmailUnverifiedError",
    "InvalidCredentialsError",
    "InvalidEmailError",
    "InvalidPasswordError",
    "InvalidUsernameError",
    "LastAdminError",
    "TooYoungError",
    "UserInfo",
    "UserNotFoundError",
    "UserService",
    "ensure_address_free",
]
_log = structlog.get_logger("gwansang.accounts")
MIN_USERNAME: Final = 2  # a given name in Hangul, such as 민지, has two
MAX_USERNAME: Final = 50


class UserNotFoundError(NotFound):
    code = "USER_NOT_FOUND"
    title = "There is no such user"


class InvalidUsernameError(InvalidInput):
    """Carries `field`, `min` and `max` in its context."""

    code = "INVALID_USERNAME"
    title = "This can't be a name"


class EmailUnverifiedError(Forbidden):
    """Nothing is kept, and no key is made, for an address that may be somebody else's."""

    code = "EMAIL_UNVERIFIED"
    title = "The e-mail address is not verified yet"


@dataclass(frozen=True, slots=True)
class UserInfo:
    """An account as its owner and administrators see it; `pending_email` is a new address that is not proven yet, and
    only in what its owner sees."""

    id: int
    email: str
    username: str
    is_active: bool
    is_admin: bool
    email_verified: bool
    has_password: bool
    created_at: datetime
    updated_at: datetime
    pending_email: str | None = None


class UserService:
    """Use cases of accounts."""

    def __init__(
        self,
        uow: UnitOfWork,
        passwords: PasswordHasher,
        creator: AccountCreator,
        audit: AuditLog,
        erasures: ErasureService,
        *,
        clock: Clock,
    ) -> None:
        self._uow = uow
        self._audit = audit
        self._erasures = erasures
        self._creator = creator
        self._passwords = passwords
        self._clock = clock

    async def register(
        self,
        email: str,
        username: str,
        password: str,
        *,
        is_admin: bool = False,
        birth_year: int | None = None,
        locale: Locale = DEFAULT_LOCALE,
    ) -> UserInfo:
        """Create an account; the birth year is checked and not stored; locale: in which the texts of the consents were
        shown. Raises EmailTakenError, InvalidEmailError, InvalidUsernameError, InvalidPasswordError, BirthYearError,
        TooYoungError."""
        check_birth_year(birth_year, self._clock().date())
        address, name = normalize_email(email), validate_username(username)
        password_hash = await self._passwords.hash(password)
        async with self._uow.write() as tx:
            row = await self._creator.add(
                tx, address, name, password_hash, is_admin=is_admin, proven=is_admin, locale=locale
            )
        _log.info("account.created", user_id=row.id)
        return user_info(row)

    async def get(self, user_id: int) -> UserInfo:
        """Return an account for its owner; raises UserNotFoundError."""
        async with self._uow.read() as tx:
            user = require_user(await tx.users.get(user_id))
            return user_info(user, await tx.mail_tokens.pending_address(user_id, self._clock()))

    async def view(self, user_id: int, by: int) -> UserInfo:
        """Return an account for an administrator and record it in the audit log; raises UserNotFoundError."""
        async with self._uow.write() as tx:
            user = user_info(require_user(await tx.users.get(user_id)))
            await self._audit.record(tx, "admin_viewed", user_id, by)
        return user

    async def find(self, email: str) -> UserInfo:
        """Return the account with this address; raises UserNotFoundError, InvalidEmailError."""
        address = normalize_email(email)
        async with self._uow.read() as tx:
            return user_info(require_user(await tx.users.get_by_email(address)))

    async def page(
        self,
        request: PageRequest = FIRST_PAGE,
        *,
        active: bool | None = None,
        email_prefix: str | None = None,
        by: int | str = OPERATOR,
    ) -> Page[UserInfo]:
        """Return a page of accounts by id for an administrator and record it in the audit log; raises InvalidPageError,
        InvalidEmailError."""
        prefix = None if email_prefix is None else normalize_email_prefix(email_prefix)
        async with self._uow.write() as tx:
            users = (await tx.users.page(request, active=active, email_prefix=prefix)).map(user_info)
            await self._audit.record(tx, "admin_listed", None, by, page=request.page, shown=len(users.items))
        return users

    async def update(
        self,
        user_id: int,
        *,
        username: str | None = None,
        email: str | None = None,
        is_active: bool | None = None,
        is_admin: bool | None = None,
        by: int | None = None,
    ) -> UserInfo:
        """Change the given fields; deactivation and a lost role end every token, a new address every mailed code. Only
        an administrator, named in `by`, may change anything but the name this way. Raises UserNotFoundError,
        EmailTakenError, InvalidEmailError, InvalidUsernameError, LastAdminError."""
        address = None if email is None else normalize_email(email)
        name = None if username is None else validate_username(username)
        async with self._uow.write() as tx:
            if is_active is False or is_admin is False:
                await ensure_not_last_admin(tx, user_id)
            user = require_user(await tx.users.get_for_update(user_id))
            user.username = user.username if name is None else name
            await _change_email(tx, user, address, self._clock())
            await _change_status(tx, user, is_active=is_active, is_admin=is_admin)
            user.updated_at = self._clock()
            await tx.users.save(user)
            if by is not None:
                await self._audit.record(tx, "admin_changed", user_id, by, active=user.is_active, admin=user.is_admin)
        return user_info(user)

    async def change_password(self, user_id: int, current: str, new: str, *, keep_access: bool = False) -> UserInfo:
        """Replace the password and end every sign-in and API key, unless they are to be kept; raises
        InvalidCredentialsError, InvalidPasswordError, UserNotFoundError."""
        self._passwords.validate(new)
        async with self._uow.read() as tx:
            before = require_user(await tx.users.get(user_id))
        if not (await self._passwords.verify(current, before.password_hash)).valid:
            raise InvalidCredentialsError("The current password is wrong.")
        password_hash = await self._passwords.hash(new)
        async with self._uow.write() as tx:
            user = require_user(await tx.users.get_for_update(user_id))
            if user.password_hash != before.password_hash:  # another request changed it meanwhile
                raise InvalidCredentialsError("The current password is wrong.")
            await set_password(tx, user, password_hash, self._clock(), keep_access=keep_access)
            await self._audit.record(tx, "password_changed", user_id)
        _log.info("account.password_changed", user_id=user_id)
        return user_info(user)

    async def delete(self, user_id: int, by: int | None = None) -> None:
        """Erase the account and everything that belongs to it; raises UserNotFoundError, LastAdminError."""
        if not await self._erasures.erase(user_id, by):
            raise UserNotFoundError("There is no such user.")


async def set_password(
    tx: Transaction, user: User, password_hash: str, now: datetime, *, keep_access: bool = False
) -> None:
    """Set a user's password, void mailed codes, and end every sign-in and API key, unless they are to be kept."""
    user.password_hash = password_hash
    user.updated_at = now
    if keep_access:
        await tx.mail_tokens.delete_codes(user.id, "verify", "change", "reset")
        await tx.users.save(user)
    else:
        await end_all_access(tx, user)


def require_proven(user: User) -> None:
    """Raise EmailUnverifiedError unless the user has proven the address: until then it may be somebody else's."""
    if not user.email_verified:
        raise EmailUnverifiedError("Verify your e-mail address first, with the code that was mailed to it.")


def require_user(user: User | None) -> User:
    """Return the user; raises UserNotFoundError if there is none."""
    if user is None:
        raise UserNotFoundError("There is no such user.")
    return user


def user_info(user: User, pending_email: str | None = None) -> UserInfo:
    """Return what an account's owner and administrators may see of it."""
    has_password = user.password_hash != UNUSABLE_HASH
    return from_row(UserInfo, user, has_password=has_password, pending_email=pending_email)


def validate_username(username: str) -> str:
    """Return the name without outer spaces; raises InvalidUsernameError."""
    name = username.strip(" ")
    if not MIN_USERNAME <= len(name) <= MAX_USERNAME or not name.isprintable():
        message = f"A name has {MIN_USERNAME} to {MAX_USERNAME} characters that can be seen."
        raise InvalidUsernameError(message, field="username", min=MIN_USERNAME, max=MAX_USERNAME)
    return name


async def _change_email(tx: Transaction, user: User, address: str | None, now: datetime) -> None:
    if address is None or address == user.email:
        return
    await ensure_address_free(tx, address, user.id, now)
    user.email, user.email_verified = address, False
    await tx.users.save(user)
    await tx.mail_tokens.delete_codes(user.id, "verify", "change", "reset", "undo")  # whoever had those addresses
    await tx.identities.delete_for_user(user.id)  # linked by the former address
    await tx.provider_sign_ins.delete_for_user(user.id)


async def _change_status(tx: Transaction, user: User, *, is_active: bool | None, is_admin: bool | None) -> None:
    revoked = (user.is_active and is_active is False) or (user.is_admin and is_admin is False)
    user.is_active = user.is_active if is_active is None else is_active
    user.is_admin = user.is_admin if is_admin is None else is_admin
    if revoked:
        await end_all_tokens(tx, user)
