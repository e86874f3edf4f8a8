"""Signed links to stored files: a token holds a storage key and an expiry, and only this service can make one."""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from gwansang.core.clock import Clock

_PURPOSE = b"gwansang file link v1"  # the key of these signatures signs nothing else
_DIGEST_BYTES = 32
_MAX_CHARACTERS = 1024


class FileLinks:
    """Signs and verifies tokens; a token is a signature, the expiry in seconds since 1970, and the storage key."""

    def __init__(self, secret: str, *, clock: Clock) -> None:
        self._signing_key = hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256)
        self._clock = clock

    def sign(self, key: str, ttl_s: int) -> tuple[str, datetime]:
        """Return a token for a storage key and the time it expires."""
        expires_at = (self._clock() + timedelta(seconds=ttl_s)).replace(microsecond=0).astimezone(UTC)
        payload = f"{int(expires_at.timestamp())}:{key}".encode()
        return base64.urlsafe_b64encode(self._signature(payload) + payload).rstrip(b"=").decode(), expires_at

    def verify(self, token: str) -> str | None:
        """Return the storage key of a token; None if the token is not genuine or has expired."""
        if len(token) > _MAX_CHARACTERS:
            return None
        try:
            data = base64.b64decode(token.encode() + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        signature, payload = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
        if not hmac.compare_digest(signature, self._signature(payload)):
            return None
        expires, _, key = payload.decode().partition(":")
        return key if self._clock().timestamp() < int(expires) else None

    def _signature(self, payload: bytes) -> bytes:
        return hmac.digest(self._signing_key, payload, hashlib.sha256)
