"""Device tokens: signed proof that an account was signed in to on a device before.

Such a token opens nothing. Passwords sent with it are counted by themselves, so a stranger who guesses passwords of the
account does not keep its owner out. It ends with all sign-ins of the account, as by a reset of the password.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import jwt

from gwansang.core.clock import Clock
from gwansang.core.encryption import derive_key

TTL: Final = timedelta(days=180)
_ALGORITHM: Final = "HS256"
_MAX_CHARACTERS: Final = 1024


@dataclass(frozen=True, slots=True)
class DeviceClaims:
    """A known device, and the state of the account that it is known to."""

    device: UUID
    user_id: int
    version: int


@dataclass(frozen=True, slots=True)
class DeviceTokens:
    """Signs and verifies device tokens with a key of their own, derived from `secret`."""

    secret: str
    clock: Clock

    def sign(self, user_id: int, version: int, device: UUID) -> str:
        """Return a token for a device on which this user signed in while the account had this `token_version`."""
        claims = {"sub": str(user_id), "ver": version, "jti": device.hex}
        return jwt.encode({**claims, "exp": int((self.clock() + TTL).timestamp())}, self._key(), _ALGORITHM)

    def verify(self, token: str) -> DeviceClaims | None:
        """Return what a token says; None for one that is forged or expired."""
        if len(token) > _MAX_CHARACTERS:
            return None
        try:
            claims = jwt.decode(
                token,
                self._key(),
                algorithms=[_ALGORITHM],
                options={"require": ["sub", "ver", "jti", "exp"], "verify_exp": False, "verify_iat": False},
            )
            stated = DeviceClaims(UUID(claims["jti"]), int(claims["sub"]), int(claims["ver"]))
            return stated if self.clock().timestamp() < int(claims["exp"]) else None
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            return None

    def _key(self) -> bytes:
        return derive_key(self.secret, b"gwansang device tokens")
