"""API keys: shown once, stored as digests, limited in scope and lifetime."""

import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from gwansang.core.clock import Clock
from gwansang.core.exceptions import Conflict, InvalidInput, NotFound, Unauthenticated
from gwansang.core.paging import FIRST_PAGE, Page, PageRequest
from gwansang.core.tokens import TokenInvalidError, secret_digest
from gwansang.models.account import ApiKey
from gwansang.models.base import from_row
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.accounts.caller import KEY_SCOPES, Caller, KeyScope
from gwansang.services.accounts.idempotency_service import RecordCreation
from gwansang.services.accounts.user_service import require_proven, require_user
from gwansang.services.protection.audit import AuditLog

_log = structlog.get_logger("gwansang.keys")
MAX_NAME: Final = 50
MAX_LIFE_DAYS: Final = 3650
_KEY_FORMAT = re.compile(r"gsk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_DUMMY_HASH = secret_digest("")  # compared for unknown keys, so that they take the same time
_USE_RESOLUTION = timedelta(minutes=1)


class KeyInvalidError(Unauthenticated):
    """Unknown, revoked, expired, or of a deactivated account; the answer does not reveal which."""

    code = "KEY_INVALID"
    title = "This API key is not valid"


class KeyNotFoundError(NotFound):
    code = "KEY_NOT_FOUND"
    title = "There is no such key"


class KeyLimitError(Conflict):
    """Carries `max` in its context."""

    code = "KEY_LIMIT"
    title = "There are too many keys"


class InvalidKeyRequestError(InvalidInput):
    """Carries `field` in its context."""

    code = "INVALID_KEY_REQUEST"
    title = "There can't be such a key"


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key as its owner sees it later; `prefix` is the start of the key."""

    id: UUID
    name: str
    prefix: str
    scopes: tuple[KeyScope, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, repr=False)
class NewKey:
    """A new key with its secret, which is not stored."""

    info: KeyInfo
    key: str


class KeyService:
    """Creates, lists, revokes and authenticates API keys."""

    def __init__(
        self,
        uow: UnitOfWork,
        audit: AuditLog,
        *,
        clock: Clock,
        new_id: Callable[[], UUID],
        new_secret: Callable[[], str],
        max_keys: int,
    ) -> None:
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._new_id = new_id
        self._new_secret = new_secret
        self._max_keys = max_keys

    async def create(
        self,
        user_id: int,
        name: str,
        scopes: Sequence[str],
        expires_in_days: int | None = None,
        *,
        sign_in: UUID | None = None,
        record: RecordCreation | None = None,
    ) -> NewKey:
        """Create a key for an operator, or for a user whose `sign_in` must not have ended meanwhile. Raises
        InvalidKeyRequestError, KeyLimitError, EmailUnverifiedError, UserNotFoundError, TokenInvalidError."""
        label, allowed, now = _validate_name(name), _validate_scopes(scopes), self._clock()
        row_id = self._new_id()
        prefix, secret = f"gsk_{row_id.hex[:16]}", self._new_secret()
        row = ApiKey(
            id=row_id,
            user_id=user_id,
            name=label,
            prefix=prefix,
            secret_hash=secret_digest(secret),
            scopes=" ".join(allowed),
            created_at=now,
            expires_at=_expiry(now, expires_in_days),
            last_used_at=None,
        )
        async with self._uow.write() as tx:
            user = await tx.users.get_for_update(user_id)  # locked, so that two requests can't both pass the limit
            require_proven(require_user(user))
            if sign_in is not None and await tx.families.get_active(sign_in, user_id, now) is None:
                raise TokenInvalidError("This token is not valid any more; sign in again.")
            if await tx.keys.count(user_id) >= self._max_keys:
                message = f"There are {self._max_keys} keys already; delete one first."
                raise KeyLimitError(message, max=self._max_keys)
            await tx.keys.add(row)
            if record is not None:
                await record(tx, row_id)
            await self._audit.record(tx, "key_created", user_id, scopes=row.scopes)
        _log.info("key.created", user_id=user_id, key_id=str(row_id))
        return NewKey(key_info(row), f"{prefix}_{secret}")

    async def page(self, user_id: int, request: PageRequest = FIRST_PAGE) -> Page[KeyInfo]:
        """Return a page of the user's keys, newest first; raises InvalidPageError."""
        async with self._uow.read() as tx:
            return (await tx.keys.page(user_id, request)).map(key_info)

    async def revoke(self, user_id: int, key_id: UUID, by: int | None = None) -> None:
        """Delete a key of this user, or for an administrator named in `by`; raises KeyNotFoundError."""
        async with self._uow.write() as tx:
            if not await tx.keys.delete(user_id, key_id):
                raise KeyNotFoundError("There is no such key.")
            await self._audit.record(tx, "key_revoked", user_id, by)
        _log.info("key.revoked", user_id=user_id, key_id=str(key_id))

    async def authenticate(self, presented: str) -> Caller:
        """Return the caller of a key; raises KeyInvalidError."""
        prefix, secret = _split_key(presented)
        now = self._clock()
        async with self._uow.read() as tx:
            row = await tx.keys.get_by_prefix(prefix)
        matches = hmac.compare_digest(secret_digest(secret), row.secret_hash if row else _DUMMY_HASH)
        if row is None or not matches or _expired(row, now):
            raise KeyInvalidError("This API key is not valid.")
        if row.last_used_at is None or now - row.last_used_at >= _USE_RESOLUTION:
            async with self._uow.write() as tx:
                await tx.keys.record_use(row.id, now, now - _USE_RESOLUTION)
        return _caller(row)

    async def revalidate(self, key_id: UUID) -> Caller:
        """Return the current caller of a key authenticated before; raises KeyInvalidError once the key has ended."""
        async with self._uow.read() as tx:
            row = await tx.keys.get_active(key_id)
        if row is None or _expired(row, self._clock()):
            raise KeyInvalidError("This API key is not valid.")
        return _caller(row)


def _caller(row: ApiKey) -> Caller:
    scopes = frozenset(row.scopes.split())
    return Caller(user_id=row.user_id, scopes=scopes, key_id=row.id, expires_at=row.expires_at)


def _expired(row: ApiKey, now: datetime) -> bool:
    return row.expires_at is not None and row.expires_at <= now


def _split_key(presented: str) -> tuple[str, str]:
    match = _KEY_FORMAT.fullmatch(presented)
    return (f"gsk_{match[1]}", match[2]) if match else ("", "")


def _validate_name(name: str) -> str:
    label = name.strip(" ")
    if not 1 <= len(label) <= MAX_NAME or not label.isprintable():
        message = f"A key's name has 1 to {MAX_NAME} characters that can be seen."
        raise InvalidKeyRequestError(message, field="name")
    return label


def _validate_scopes(scopes: Sequence[str]) -> tuple[KeyScope, ...]:
    allowed = tuple(scope for scope in KEY_SCOPES if scope in scopes)
    if not allowed or not set(scopes) <= set(KEY_SCOPES):
        raise InvalidKeyRequestError(f"Choose among the scopes {', '.join(KEY_SCOPES)}.", field="scopes")
    return allowed


def _expiry(now: datetime, days: int | None) -> datetime | None:
    if days is None:
        return None
    if not 1 <= days <= MAX_LIFE_DAYS:
        message = f"A key lives from 1 to {MAX_LIFE_DAYS} days, or without an end."
        raise InvalidKeyRequestError(message, field="expires_in_days")
    return now + timedelta(days=days)


def key_info(row: ApiKey) -> KeyInfo:
    """Return what a key's owner may see of it."""
    return from_row(KeyInfo, row, scopes=tuple(scope for scope in KEY_SCOPES if scope in row.scopes.split()))
