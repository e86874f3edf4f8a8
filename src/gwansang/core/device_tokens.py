"""Device tokens: signed proof that an account was signed in to on a device before.

Such a token opens nothing. Passwords sent with it are counted by themselves, so a stranger who guesses passwords of the
account does not keep its owner out.
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
class DeviceTokens:
    """Signs and verifies device tokens with a key of their own, derived from `secret`."""

    secret: str
    clock: Clock

    def sign(self, account: str, device: UUID) -> str:
        """Return a token for a device on which this account signed in."""
        claims = {"sub": account, "jti": device.hex, "exp": int((self.clock() + TTL).timestamp())}
        return jwt.encode(claims, self._key(), _ALGORITHM)

    def verify(self, token: str, account: str) -> str | None:
        """Return the id of a device of this account; None for any other token."""
        if len(token) > _MAX_CHARACTERS:
            return None
        try:
            claims = jwt.decode(
                token,
                self._key(),
                algorithms=[_ALGORITHM],
                options={"require": ["sub", "jti", "exp"], "verify_exp": False, "verify_iat": False},
            )
        except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError):
            return None
        expires, device = claims["exp"], claims["jti"]
        current = type(expires) is int and self.clock().timestamp() < expires and claims["sub"] == account
        return device if current and isinstance(device, str) else None

    def _key(self) -> bytes:
        return derive_key(self.secret, b"gwansang device tokens")
