"""Encryption at rest: a master key wraps data keys, and a data key seals what is stored of one user.

AES-256-GCM throughout. What is sealed begins with a byte that names this format and 12 random bytes; the associated
data says whose it is and where it belongs, so that a sealed text in another row or column does not open.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gwansang.core.exceptions import Unavailable

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_FORMAT: Final = b"\x01"
_OVERHEAD: Final = len(_FORMAT) + _NONCE_BYTES + 16
_NAMED = re.compile(r"([A-Za-z0-9._-]{1,40}):([A-Za-z0-9+/_=-]+)", re.ASCII)
DEVELOPMENT_KEY_ID: Final = "development"


class EncryptionKeyMissingError(Unavailable):
    """Stored data were encrypted with a master key that is not among those of the settings. Carries `key_id`."""

    code = "ENCRYPTION_KEY_MISSING"
    title = "A key of the stored data is missing"


class SealBrokenError(Unavailable):
    """What is stored does not open: another key under the same name, another row, or changed bytes."""

    code = "SEAL_BROKEN"
    title = "Stored data can't be opened"


@dataclass(frozen=True, slots=True, repr=False)
class MasterKeys:
    """Master keys by name; `first` wraps what is new, the others only open what is old."""

    first: str
    by_id: Mapping[str, bytes]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads "id:base64,id2:base64"; raises ValueError with a sentence that repeats no key."""
        keys: dict[str, bytes] = {}
        for place, one in enumerate(filter(None, map(str.strip, text.split(","))), start=1):
            named = _NAMED.fullmatch(one)
            key = _decoded(named[2]) if named else b""
            if named is None or len(key) != KEY_BYTES:
                raise ValueError(f"key {place} is not a name, a colon and {KEY_BYTES} bytes in base64")
            if named[1] in keys:
                raise ValueError(f"key {place} has the name of an earlier one")
            keys[named[1]] = key
        if not keys:
            raise ValueError("there is no key in it")
        return cls(next(iter(keys)), keys)

    @classmethod
    def derived(cls, secret: str) -> Self:
        """One key made from another secret, for development."""
        return cls(DEVELOPMENT_KEY_ID, {DEVELOPMENT_KEY_ID: derived_key(secret, b"gwansang encryption at rest")})

    def wrap(self, key: bytes, bound_to: bytes) -> bytes:
        """A data key, sealed with the first master key."""
        return seal(self.by_id[self.first], key, _wrapping(self.first, bound_to))

    def unwrap(self, key_id: str, wrapped: bytes, bound_to: bytes) -> bytes:
        """A data key that `key_id` wrapped; raises EncryptionKeyMissingError, SealBrokenError."""
        master = self.by_id.get(key_id)
        if master is None:
            message = f"Stored data need the master key {key_id!r}, which ENCRYPTION_KEYS does not have."
            raise EncryptionKeyMissingError(message, key_id=key_id)
        return unseal(master, wrapped, _wrapping(key_id, bound_to))


def new_key() -> bytes:
    """A random key."""
    return secrets.token_bytes(KEY_BYTES)


def derived_key(secret: str, purpose: bytes) -> bytes:
    """A key for one purpose from a secret: HKDF with SHA-256 (RFC 5869), no salt, one block."""
    extracted = hmac.digest(bytes(hashlib.sha256().digest_size), secret.encode(), "sha256")
    return hmac.digest(extracted, purpose + b"\x01", "sha256")


def seal(key: bytes, text: bytes, bound_to: bytes) -> bytes:
    """The text as nobody can read or change it without the key, in the place that `bound_to` names."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _FORMAT + nonce + AESGCM(key).encrypt(nonce, text, bound_to)


def unseal(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """What was sealed with the same key and place; raises SealBrokenError."""
    if len(sealed) < _OVERHEAD or not sealed.startswith(_FORMAT):
        raise _broken()
    nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, rest, bound_to)
    except InvalidTag:
        raise _broken() from None


def _wrapping(key_id: str, bound_to: bytes) -> bytes:
    return b"\x00".join((b"gwansang/data-key", key_id.encode(), bound_to))


def _decoded(text: str) -> bytes:
    padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
    try:
        return base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error:
        return b""


def _broken() -> SealBrokenError:
    return SealBrokenError("Stored data can't be opened with the keys that are set; `gwansang doctor` tells more.")
