"""Signed tokens and random secrets: typed, versioned, and never stored but as a digest."""

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
_LEEWAY = timedelta(seconds=5)  # between the clocks of our own processes
_MAX_USER_ID = 2**31 - 1


class TokenInvalidError(Unauthenticated):
    """Not ours, not of this kind, expired or ended."""

    code = "TOKEN_INVALID"
    title = "This token is not valid"


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What an access token says."""

    user_id: int
    version: int
    family: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    """What a refresh token says."""

    user_id: int
    version: int
    family: UUID


@dataclass(frozen=True, slots=True, repr=False)
class SignedPair:
    """Two tokens of one family."""

    access: str
    refresh: str
    expires_in_s: int
    refresh_expires_at: datetime


class Tokens:
    """Signs and reads tokens with one key and one fixed algorithm; what a token's header asks for is ignored."""

    def __init__(self, key: str, *, access_ttl: timedelta, refresh_ttl: timedelta, clock: Clock) -> None:
        self._key = key
        self._access_ttl = access_ttl
        self._refresh_ttl = refresh_ttl
        self._clock = clock

    def pair(self, user_id: int, version: int, family: UUID, token_id: UUID, now: datetime) -> SignedPair:
        """An access and a refresh token; a fresh `token_id` makes them unlike all others."""
        refresh_expires_at = now + self._refresh_ttl
        claims = {"sub": str(user_id), "iat": now, "jti": str(token_id), "ver": version, "family": str(family)}
        access = claims | {"type": "access", "exp": now + self._access_ttl}
        refresh = claims | {"type": "refresh", "exp": refresh_expires_at}
        return SignedPair(
            access=jwt.encode(access, self._key, _ALGORITHM),
            refresh=jwt.encode(refresh, self._key, _ALGORITHM),
            expires_in_s=int(self._access_ttl.total_seconds()),
            refresh_expires_at=refresh_expires_at,
        )

    def read_access(self, token: str) -> AccessClaims:
        """The claims of an access token; raises TokenInvalidError."""
        return AccessClaims(*self._claims(token, "access"))

    def read_refresh(self, token: str) -> RefreshClaims:
        """The claims of a refresh token; raises TokenInvalidError."""
        return RefreshClaims(*self._claims(token, "refresh")[:3])

    def _claims(self, token: str, kind: Literal["access", "refresh"]) -> tuple[int, int, UUID, datetime]:
        if len(token) > _MAX_CHARACTERS:
            raise _invalid()
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                # Times are compared below, with the clock of the service.
                options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
            user_id, version, family = _number(claims["sub"]), claims["ver"], UUID(claims["family"])
        except (jwt.InvalidTokenError, ValueError, AttributeError, TypeError, RecursionError):
            raise _invalid() from None
        if claims["type"] != kind or type(version) is not int or not self._in_time(claims):
            raise _invalid()
        return user_id, version, family, datetime.fromtimestamp(claims["exp"], UTC)

    def _in_time(self, claims: dict[str, object]) -> bool:
        now = self._clock().timestamp()
        issued, expires, not_before = claims["iat"], claims["exp"], claims.get("nbf", 0)
        if not all(type(moment) is int for moment in (issued, expires, not_before)):
            return False
        return max(_int(issued), _int(not_before)) <= now + _LEEWAY.total_seconds() and now < _int(expires)


def digest(secret: str) -> str:
    """What is stored of a secret that has enough randomness of its own."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def new_secret() -> str:
    """256 random bits, as letters that fit into a link."""
    return secrets.token_urlsafe(32)


def _number(subject: object) -> int:
    if not isinstance(subject, str) or not subject.isascii() or not subject.isdigit() or len(subject) > 10:
        raise ValueError("no user id")
    if int(subject) > _MAX_USER_ID:
        raise ValueError("no user id")
    return int(subject)


def _int(moment: object) -> int:
    return moment if isinstance(moment, int) else 0


def _invalid() -> TokenInvalidError:
    return TokenInvalidError("This token is not valid; sign in again.")
