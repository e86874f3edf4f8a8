"""Encryption at rest: master keys wrap data keys, and a data key seals the stored data of one user.

AES-256-GCM throughout. A sealed value is a format byte, a 12-byte random nonce and the ciphertext with its tag. The
additional authenticated data (`aad`) names the owner, table and column, so that a value moved to another row or column
can't be opened.
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
_ENTRY = re.compile(r"([A-Za-z0-9._-]{1,40}):([A-Za-z0-9+/_=-]+)", re.ASCII)
DEVELOPMENT_KEY_ID: Final = "development"


class EncryptionKeyMissingError(Unavailable):
    """The master key that stored data were encrypted with is not in the settings. Carries `key_id` in its context."""

    code = "ENCRYPTION_KEY_MISSING"
    title = "A key of the stored data is missing"


class SealBrokenError(Unavailable):
    """Stored data fail authentication: a different key under the same id, another row, or changed bytes."""

    code = "SEAL_BROKEN"
    title = "Stored data can't be opened"


@dataclass(frozen=True, slots=True, repr=False)
class MasterKeys:
    """Master keys by id; the one with `primary_id` wraps new data keys, the others only unwrap older ones."""

    primary_id: str
    by_id: Mapping[str, bytes]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse "id:base64,id2:base64"; raises ValueError with a message that contains no key material."""
        keys: dict[str, bytes] = {}
        for number, entry in enumerate(filter(None, map(str.strip, text.split(","))), start=1):
            match = _ENTRY.fullmatch(entry)
            key = _decode_base64(match[2]) if match else b""
            if match is None or len(key) != KEY_BYTES:
                raise ValueError(f"key {number} is not a name, a colon and {KEY_BYTES} bytes in base64")
            if match[1] in keys:
                raise ValueError(f"key {number} has the name of an earlier one")
            keys[match[1]] = key
        if not keys:
            raise ValueError("there is no key in it")
        return cls(next(iter(keys)), keys)

    @classmethod
    def derive(cls, secret: str) -> Self:
        """Return a single master key derived from another secret, for development."""
        return cls(DEVELOPMENT_KEY_ID, {DEVELOPMENT_KEY_ID: derive_key(secret, b"gwansang encryption at rest")})

    def wrap(self, key: bytes, aad: bytes) -> bytes:
        """Return a data key sealed with the primary master key."""
        return seal(self.by_id[self.primary_id], key, _wrapping_aad(self.primary_id, aad))

    def unwrap(self, key_id: str, wrapped: bytes, aad: bytes) -> bytes:
        """Return the data key that master key `key_id` wrapped; raises EncryptionKeyMissingError, SealBrokenError."""
        master = self.by_id.get(key_id)
        if master is None:
            message = f"Stored data need the master key {key_id!r}, which ENCRYPTION_KEYS does not have."
            raise EncryptionKeyMissingError(message, key_id=key_id)
        return unseal(master, wrapped, _wrapping_aad(key_id, aad))


def generate_key() -> bytes:
    """Return a random 256-bit key."""
    return secrets.token_bytes(KEY_BYTES)


def derive_key(secret: str, purpose: bytes) -> bytes:
    """Derive a 256-bit key for one purpose from a secret: HKDF with SHA-256 (RFC 5869), no salt, one block."""
    extracted = hmac.digest(bytes(hashlib.sha256().digest_size), secret.encode(), "sha256")
    return hmac.digest(extracted, purpose + b"\x01", "sha256")


def seal(key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Encrypt and authenticate `plaintext`, bound to `aad`."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _FORMAT + nonce + AESGCM(key).encrypt(nonce, plaintext, aad)


def unseal(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Return the plaintext that was sealed with the same key and `aad`; raises SealBrokenError."""
    if len(sealed) < _OVERHEAD or not sealed.startswith(_FORMAT):
        raise _seal_broken()
    nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, aad)
    except InvalidTag:
        raise _seal_broken() from None


def _wrapping_aad(key_id: str, aad: bytes) -> bytes:
    return b"\x00".join((b"gwansang/data-key", key_id.encode(), aad))


def _decode_base64(text: str) -> bytes:
    padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
    try:
        return base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error:
        return b""


def _seal_broken() -> SealBrokenError:
    return SealBrokenError("Stored data can't be opened with the keys that are set; `gwansang doctor` tells more.")
