"""The start of a sign-in, however its user has proven who they are."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import structlog

from gwansang.core.clock import Clock
from gwansang.core.device_tokens import DeviceTokens
from gwansang.core.tokens import TokenSigner, secret_digest
from gwansang.models.account import TokenFamily
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.accounts.credentials import InvalidCredentialsError
from gwansang.services.protection.audit import AuditLog

_log = structlog.get_logger("gwansang.auth")


@dataclass(frozen=True, slots=True, repr=False)
class TokenPair:
    """Tokens of a sign-in; `expires_in` is the lifetime of the access token in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    token_type: str = "bearer"  # noqa: S105 - the name of a scheme


@dataclass(frozen=True, slots=True, repr=False)
class SignedIn(TokenPair):
    """Tokens of a new sign-in, and the token by which its device is known at the next one."""

    device_token: str = ""


class SignInStarter:
    """Starts token families; the least recently used sign-in of a user ends if there are too many."""

    def __init__(
        self,
        uow: UnitOfWork,
        tokens: TokenSigner,
        devices: DeviceTokens,
        audit: AuditLog,
        *,
        clock: Clock,
        new_id: Callable[[], UUID],
        max_sign_ins: int,
    ) -> None:
        self._uow = uow
        self._tokens = tokens
        self._devices = devices
        self._audit = audit
        self._clock = clock
        self._new_id = new_id
        self._max_sign_ins = max_sign_ins

    async def start(
        self, user_id: int, version: int, device_name: str | None = None, device: UUID | None = None
    ) -> SignedIn:
        """Start a family of a user on a device, a new one if it is not known; raises InvalidCredentialsError if the
        user was deactivated or all sign-ins were ended since `version`."""
        now, family, token_id = self._clock(), self._new_id(), self._new_id()
        pair = self._tokens.issue_pair(user_id, version, family, token_id, now)
        row = TokenFamily(
            id=family,
            user_id=user_id,
            token_hash=secret_digest(pair.refresh),
            token_id=token_id,
            device_name=device_name,
            created_at=now,
            refreshed_at=now,
            expires_at=pair.refresh_expires_at,
        )
        await self.add(row, version)
        device_token = self._devices.sign(user_id, version, device or self._new_id())
        return SignedIn(pair.access, pair.refresh, pair.expires_in_s, device_token=device_token)

    async def add(self, row: TokenFamily, version: int) -> None:
        """Store a sign-in; raises InvalidCredentialsError if the user was deactivated or all sign-ins were ended since
        `version`."""
        now, user_id = row.created_at, row.user_id
        async with self._uow.write() as tx:
            user = await tx.users.get_for_update(user_id)
            if user is None or not user.is_active or user.token_version != version:  # changed meanwhile
                raise InvalidCredentialsError("E-mail or password is wrong.")
            user.seen_at = now
            await tx.families.delete_expired(now, user_id)
            await tx.families.keep_last_used(user_id, self._max_sign_ins - 1)
            await tx.families.add(row)
            await self._audit.record(tx, "signed_in", user_id)
        _log.info("auth.login", user_id=user_id)
