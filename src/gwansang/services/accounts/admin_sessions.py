"""Sessions of the admin pages: sign-ins of administrators whose cookie opens these pages and nothing else.

A session is a row among the user's sign-ins, so that a changed password, a lost role, a deactivation, a sign-out and
the end of the sign-in in the list of sessions all end it at once.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from gwansang.core.clock import Clock
from gwansang.core.tokens import TokenInvalidError, secret_digest
from gwansang.models.account import TokenFamily, User
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.accounts.auth_service import AuthService
from gwansang.services.accounts.caller import OWN_SCOPES, AdminOnlyError, Caller
from gwansang.services.accounts.credentials import Credentials
from gwansang.services.accounts.sign_in_starter import SignInStarter

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=8)
_USE_RESOLUTION: Final = timedelta(minutes=1)
# A refresh token of the API is stored by its digest, too, and does not have this form.
_COOKIE: Final = re.compile(r"([0-9a-f]{32})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True, repr=False)
class AdminSession:
    """A session with its administrator; `form_token` proves that a form comes from a page of this session."""

    caller: Caller
    name: str
    form_token: str


class AdminSessionService:
    """Starts, checks and ends sessions of the admin pages."""

    def __init__(
        self,
        uow: UnitOfWork,
        credentials: Credentials,
        auth: AuthService,
        starter: SignInStarter,
        *,
        clock: Clock,
        new_id: Callable[[], UUID],
        new_secret: Callable[[], str],
    ) -> None:
        self._uow = uow
        self._credentials = credentials
        self._auth = auth
        self._starter = starter
        self._clock = clock
        self._new_id = new_id
        self._new_secret = new_secret

    async def sign_in(self, email: str, password: str, device_name: str | None) -> str:
        """Start a session and return its cookie, whose secret is stored as a digest only. Raises
        InvalidCredentialsError, InactiveUserError, AdminOnlyError."""
        user = await self._credentials.verify(email, password)
        if not user.is_admin:
            raise AdminOnlyError("Only administrators may do this.")
        now, family, secret = self._clock(), self._new_id(), self._new_secret()
        row = TokenFamily(
            id=family,
            user_id=user.id,
            token_hash=secret_digest(secret),
            device_name=device_name,
            created_at=now,
            refreshed_at=now,
            expires_at=now + IDLE,
        )
        await self._starter.add(row, user.token_version)
        return f"{family.hex}.{secret}"

    async def authenticate(self, cookie: str) -> AdminSession:
        """Return the session of a cookie, and prolong it; raises TokenInvalidError once it has ended, was unused for
        half an hour, or is eight hours old."""
        match = _COOKIE.fullmatch(cookie)
        if match is None:
            raise _ended()
        family, secret, now = UUID(match[1]), match[2], self._clock()
        async with self._uow.read() as tx:
            row = await tx.families.get(family, now)
            user = await tx.users.get(row.user_id) if row else None
        if row is None or user is None or not hmac.compare_digest(row.token_hash, secret_digest(secret)):
            raise _ended()
        if not (user.is_active and user.is_admin):
            raise _ended()
        if now - row.refreshed_at >= _USE_RESOLUTION:
            async with self._uow.write() as tx:
                await tx.families.prolong(family, now, min(now + IDLE, row.created_at + LONGEST))
        return AdminSession(_caller(user, row), user.username, _form_token(secret))

    async def end(self, session: AdminSession) -> None:
        """End a session; nothing opens it from then on."""
        if session.caller.family is not None:
            await self._auth.logout(session.caller.user_id, session.caller.family)


def is_form_token(session: AdminSession, presented: str) -> bool:
    """Return whether a form was made for this session."""
    return hmac.compare_digest(session.form_token.encode(), presented.encode("utf-8", "surrogatepass"))


def _caller(user: User, row: TokenFamily) -> Caller:
    expires_at: datetime = row.created_at + LONGEST
    scopes = frozenset((*OWN_SCOPES, "admin"))
    return Caller(user_id=user.id, scopes=scopes, is_admin=True, family=row.id, expires_at=expires_at)


def _form_token(secret: str) -> str:
    return hmac.digest(secret.encode(), b"gwansang admin form", hashlib.sha256).hex()


def _ended() -> TokenInvalidError:
    return TokenInvalidError("This session has ended; sign in again.")
