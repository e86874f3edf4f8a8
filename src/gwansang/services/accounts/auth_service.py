"""Sign-in, refresh and sign-out of people, with rotating refresh tokens."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from gwansang.core.clock import Clock
from gwansang.core.device_tokens import DeviceTokens
from gwansang.core.exceptions import Unauthenticated
from gwansang.core.tokens import RefreshClaims, TokenInvalidError, TokenSigner, secret_digest
from gwansang.core.tokens import TokenPair as SignedPair
from gwansang.models.account import TokenFamily, User
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.caller import OWN_SCOPES, Caller
from gwansang.services.accounts.credentials import Credentials, InactiveUserError, InvalidCredentialsError
from gwansang.services.accounts.sign_in_starter import SignedIn, SignInStarter, TokenPair

__all__ = [
    "AuthService",
    "InactiveUserError",
    "InvalidCredentialsError",
    "SignedIn",
    "TokenInvalidError",
    "TokenPair",
    "TokenReusedError",
]
_log = structlog.get_logger("gwansang.auth")
_GRACE: Final = timedelta(seconds=20)  # in which a refresh token may be sent twice


class TokenReusedError(Unauthenticated):
    code = "TOKEN_REUSED"
    title = "This token was used before"


class AuthService:
    """Issues and checks tokens; a family is one sign-in with all tokens that follow from it."""

    def __init__(
        self,
        uow: UnitOfWork,
        credentials: Credentials,
        tokens: TokenSigner,
        devices: DeviceTokens,
        starter: SignInStarter,
        *,
        clock: Clock,
        new_id: Callable[[], UUID],
    ) -> None:
        self._uow = uow
        self._credentials = credentials
        self._tokens = tokens
        self._devices = devices
        self._starter = starter
        self._clock = clock
        self._new_id = new_id

    async def recognise(self, email: str, device_token: str) -> UUID | None:
        """Return the device of a token if this account was signed in to on it since all its sign-ins were ended."""
        claims = self._devices.verify(device_token)
        user = await self._credentials.find(email) if claims else None
        known = claims and user and (claims.user_id, claims.version) == (user.id, user.token_version)
        return claims.device if claims and known else None

    async def login(
        self, email: str, password: str, device_name: str | None = None, device: UUID | None = None
    ) -> SignedIn:
        """Start a new family on a device, a new one if it is not known; the least recently used sign-in ends if there
        are too many. Raises InactiveUserError, and InvalidCredentialsError after the same work whether the address or
        the password was wrong."""
        user = await self._credentials.verify(email, password)
        return await self._starter.start(user.id, user.token_version, device_name, device)

    async def refresh(self, refresh_token: str) -> TokenPair:
        """Exchange a refresh token for a new pair. The token before the current one gets the same pair again for some
        seconds: two windows refreshed at once, or an answer was lost. Any other token that was used before ends its
        family. Raises TokenInvalidError, TokenReusedError."""
        claims = self._tokens.decode_refresh(refresh_token)
        now = self._clock()
        async with self._uow.write() as tx:
            user = await tx.users.get_for_update(claims.user_id)
            if user is None or user.token_version != claims.version:
                raise TokenInvalidError("This token is not valid any more; sign in again.")
            family = await tx.families.get_active(claims.family, claims.user_id, now)
            pair = self._next_pair(family, claims, secret_digest(refresh_token), now) if family else None
            if pair is not None:
                user.seen_at = now
            else:  # must be committed: raise only after the block
                reused = await tx.families.delete(claims.family, claims.user_id)
        if pair is None:
            raise _refresh_error(claims, reused=reused)
        return TokenPair(pair.access, pair.refresh, pair.expires_in_s)

    async def logout(self, user_id: int, family: UUID) -> None:
        """End a sign-in with all its tokens; does nothing if it has ended."""
        async with self._uow.write() as tx:
            await tx.families.delete(family, user_id)

    async def authenticate(self, access_token: str) -> Caller:
        """Return the caller of an access token; raises TokenInvalidError, also if its sign-in was ended early, and
        InactiveUserError if that was because the account was deactivated."""
        claims = self._tokens.decode_access(access_token)
        try:
            return await self.revalidate(claims.user_id, claims.family, claims.expires_at, claims.version)
        except TokenInvalidError:
            async with self._uow.read() as tx:
                user = await tx.users.get(claims.user_id)
            if user is None or user.is_active:
                raise
            raise InactiveUserError("This account is deactivated.") from None

    async def revalidate(self, user_id: int, family: UUID, expires_at: datetime, version: int | None = None) -> Caller:
        """Return the current caller of a sign-in that was authenticated before by an access token; raises
        TokenInvalidError once that token has expired or its sign-in was ended early."""
        now = self._clock()
        async with self._uow.read() as tx:
            user = await tx.users.get_by_family(user_id, family, now)
        current = user is not None and user.is_active and version in (None, user.token_version)
        if user is None or not current or expires_at <= now:
            raise TokenInvalidError("This token is not valid any more; sign in again.")
        scopes = frozenset((*OWN_SCOPES, "admin") if user.is_admin else OWN_SCOPES)
        return Caller(user_id=user.id, scopes=scopes, is_admin=user.is_admin, family=family, expires_at=expires_at)

    def _next_pair(self, row: TokenFamily, claims: RefreshClaims, presented: str, now: datetime) -> SignedPair | None:
        """Rotate the token of a family, or return the pair of its last rotation again; None for a reused token."""
        if presented == row.token_hash:
            token_id = self._new_id()
            pair = self._tokens.issue_pair(row.user_id, claims.version, row.id, token_id, now)
            row.previous_hash, row.token_hash = row.token_hash, secret_digest(pair.refresh)
            row.token_id, row.refreshed_at, row.expires_at = token_id, now, pair.refresh_expires_at
            return pair
        if presented != row.previous_hash or row.token_id is None or now - row.refreshed_at > _GRACE:
            return None
        pair = self._tokens.issue_pair(row.user_id, claims.version, row.id, row.token_id, row.refreshed_at)
        return pair if secret_digest(pair.refresh) == row.token_hash else None


async def end_all_tokens(tx: Transaction, user: User) -> None:
    """Invalidate every token of a user from the end of the transaction on, mailed ones included, except for those that
    restore an address: who took the account over must not be able to end them."""
    user.token_version += 1
    await tx.families.delete_for_user(user.id)
    await tx.provider_sign_ins.delete_for_user(user.id)
    await tx.mail_tokens.delete_codes(user.id, "verify", "change", "reset")
    await tx.users.save(user)


async def end_all_access(tx: Transaction, user: User) -> None:
    """Invalidate every token of a user as `end_all_tokens` does, and delete every API key and linked identity."""
    await tx.keys.delete_for_user(user.id)
    await tx.identities.delete_for_user(user.id)
    await end_all_tokens(tx, user)


def _refresh_error(claims: RefreshClaims, *, reused: bool) -> Unauthenticated:
    if not reused:
        return TokenInvalidError("This token is not valid any more; sign in again.")
    _log.warning("auth.token_reused", user_id=claims.user_id, family=str(claims.family))
    return TokenReusedError("This token was used before, so its whole sign-in was ended; sign in again.")
