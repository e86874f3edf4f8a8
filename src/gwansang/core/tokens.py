"""Signed access and refresh tokens (JWT), and random secrets that are stored as digests only."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import jwt

from gwansang.core.clock import Clock
from gwansang.core.exceptions import Unauthenticated

_ALGORITHM = "HS256"
_MAX_CHARACTERS = 4096
_REQUIRED = ["sub", "type", "exp", "iat", "jti", "ver", "family"]
_LEEWAY = timedelta(seconds=5)  # for differences between the clocks of our processes
_MAX_USER_ID = 2**31 - 1
_MAX_TIME = 2**32  # seconds since 1970; far above any lifetime, and every platform has a date for it


class TokenInvalidError(Unauthenticated):
    """The token is forged, of another type, expired or revoked."""

    code = "TOKEN_INVALID"
    title = "This token is not valid"


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """Claims of an access token."""

    user_id: int
    version: int
    family: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    """Claims of a refresh token."""

    user_id: int
    version: int
    family: UUID


@dataclass(frozen=True, slots=True, repr=False)
class TokenPair:
    """An access and a refresh token of one family."""

    access: str
    refresh: str
    expires_in_s: int
    refresh_expires_at: datetime


class TokenSigner:
    """Signs and decodes tokens with one key and one fixed algorithm; the token's own header is ignored."""

    def __init__(self, key: str, *, access_ttl: timedelta, refresh_ttl: timedelta, clock: Clock) -> None:
        self._key = key
        self._access_ttl = access_ttl
        self._refresh_ttl = refresh_ttl
        self._clock = clock

    def issue_pair(self, user_id: int, version: int, family: UUID, token_id: UUID, now: datetime) -> TokenPair:
        """Return an access and a refresh token; `token_id` must be new for each pair."""
        refresh_expires_at = now + self._refresh_ttl
        claims = {"sub": str(user_id), "iat": now, "jti": str(token_id), "ver": version, "family": str(family)}
        access = claims | {"type": "access", "exp": now + self._access_ttl}
        refresh = claims | {"type": "refresh", "exp": refresh_expires_at}
        return TokenPair(
            access=jwt.encode(access, self._key, _ALGORITHM),
            refresh=jwt.encode(refresh, self._key, _ALGORITHM),
            expires_in_s=int(self._access_ttl.total_seconds()),
            refresh_expires_at=refresh_expires_at,
        )

    def decode_access(self, token: str) -> AccessClaims:
        """Return the claims of an access token; raises TokenInvalidError."""
        return AccessClaims(*self._decode(token, "access"))

    def decode_refresh(self, token: str) -> RefreshClaims:
        """Return the claims of a refresh token; raises TokenInvalidError."""
        return RefreshClaims(*self._decode(token, "refresh")[:3])

    def _decode(self, token: str, token_type: Literal["access", "refresh"]) -> tuple[int, int, UUID, datetime]:
        if len(token) > _MAX_CHARACTERS:
            raise _invalid_token()
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                # Times are compared below, with the clock that was passed in.
                options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
            user_id, version, family = _user_id(claims["sub"]), claims["ver"], UUID(claims["family"])
        except (jwt.InvalidTokenError, ValueError, AttributeError, TypeError, RecursionError):
            raise _invalid_token() from None
        if claims["type"] != token_type or type(version) is not int or not self._is_current(claims):
            raise _invalid_token()
        return user_id, version, family, datetime.fromtimestamp(claims["exp"], UTC)

    def _is_current(self, claims: dict[str, object]) -> bool:
        now = self._clock().timestamp()
        issued, expires, not_before = claims["iat"], claims["exp"], claims.get("nbf", 0)
        if not all(type(value) is int and value < _MAX_TIME for value in (issued, expires, not_before)):
            return False
        return max(_int(issued), _int(not_before)) <= now + _LEEWAY.total_seconds() and now < _int(expires)


def secret_digest(secret: str) -> str:
    """Return the SHA-256 under which a high-entropy secret is stored."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def generate_secret() -> str:
    """Return 256 random bits as URL-safe text."""
    return secrets.token_urlsafe(32)


def _user_id(subject: object) -> int:
    if not isinstance(subject, str) or not subject.isascii() or not subject.isdigit() or len(subject) > 10:
        raise ValueError("no user id")
    if int(subject) > _MAX_USER_ID:
        raise ValueError("no user id")
    return int(subject)


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _invalid_token() -> TokenInvalidError:
    return TokenInvalidError("This token is not valid; sign in again.")
