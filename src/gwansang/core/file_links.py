"""Signed names of files: they tell a key and an end, and nobody but this service can make one."""

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
    """Makes and reads tokens; a token is the expiry in seconds since 1970, the key, and a signature over both."""

    def __init__(self, secret: str, *, clock: Clock) -> None:
        self._signing_key = hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256)
        self._clock = clock

    def token(self, key: str, ttl_s: int) -> tuple[str, datetime]:
        """A token for a key and when it ends."""
        expires_at = (self._clock() + timedelta(seconds=ttl_s)).replace(microsecond=0).astimezone(UTC)
        told = f"{int(expires_at.timestamp())}:{key}".encode()
        return base64.urlsafe_b64encode(self._signature(told) + told).rstrip(b"=").decode(), expires_at

    def key(self, token: str) -> str | None:
        """The key that a token names; None for one that is not ours or has ended."""
        if len(token) > _MAX_CHARACTERS:
            return None
        try:
            data = base64.b64decode(token.encode() + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        signature, told = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
        if not hmac.compare_digest(signature, self._signature(told)):
            return None
        expires, _, key = told.decode().partition(":")
        return key if self._clock().timestamp() < int(expires) else None

    def _signature(self, told: bytes) -> bytes:
        return hmac.digest(self._signing_key, told, hashlib.sha256)
