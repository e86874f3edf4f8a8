"""Password rules and hashing, off the event loop in a bounded number of threads."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, TypeVar

from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.base import HasherProtocol
from pwdlib.hashers.bcrypt import BcryptHasher

from gwansang.core.common_passwords import is_common_password
from gwansang.core.exceptions import InvalidInput, Unavailable

Scheme = Literal["bcrypt", "argon2"]
MIN_LENGTH = 8
MAX_LENGTH = 128
BCRYPT_MAX_BYTES = 72
UNUSABLE_HASH = "!"  # that no password has, for accounts whose password has to be chosen anew
_MAX_WAITING = 64
T = TypeVar("T")


class InvalidPasswordError(InvalidInput):
    """Carries `field`, `min`, `max` and `max_bytes` in its context, and never the password."""

    code = "INVALID_PASSWORD"
    title = "This can't be a password"


class CommonPasswordError(InvalidInput):
    """Carries `field` in its context, and never the password."""

    code = "PASSWORD_TOO_COMMON"
    title = "This password is guessed at once"


class HashingBusyError(Unavailable):
    """Carries `retry_after_s` in its context."""

    code = "HASHING_BUSY"
    title = "Too many are signing in at once"


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """Result of a verification; `outdated` if the hash should be renewed."""

    valid: bool
    outdated: bool = False


class PasswordHasher:
    """Hashes with one scheme and verifies hashes of every supported scheme."""

    def __init__(self, scheme: Scheme = "bcrypt", *, bcrypt_rounds: int = 12, threads: int = 2) -> None:
        bcrypt, argon2 = BcryptHasher(rounds=bcrypt_rounds), Argon2Hasher()
        self._scheme: Scheme = scheme
        self._hashers: tuple[HasherProtocol, ...] = (bcrypt, argon2)
        self._hasher: HasherProtocol = bcrypt if scheme == "bcrypt" else argon2
        self._dummy_hash = _dummy_bcrypt_hash(bcrypt_rounds) if scheme == "bcrypt" else _dummy_argon2_hash()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="password")
        self._pending = 0

    async def hash(self, password: str) -> str:
        """Return the hash of a new password; raises InvalidPasswordError, CommonPasswordError, HashingBusyError."""
        text = self.validate(password)
        return await self._run(lambda: self._hash_uncommon(text))

    async def rehash(self, password: str) -> str:
        """Return another hash of a password that is in use, even a common one; raises InvalidPasswordError,
        HashingBusyError."""
        text = self.validate(password)
        return await self._run(lambda: self._hasher.hash(text))

    async def verify(self, password: str, password_hash: str | None) -> PasswordCheck:
        """Compare a password with a hash; without a usable hash the same work is done and the result is invalid.

        Raises HashingBusyError.
        """
        usable = None if password_hash == UNUSABLE_HASH else password_hash
        text, compared = _normalize(password), usable or self._dummy_hash
        checked = await self._run(lambda: self._verify(text, compared))
        return checked if usable else PasswordCheck(valid=False)

    def validate(self, password: str) -> str:
        """Return a new password in the normalized form that is hashed; raises InvalidPasswordError."""
        text = _normalize(password)
        too_long = _exceeds_bcrypt(text, self._hasher)
        if not MIN_LENGTH <= len(text) <= MAX_LENGTH or too_long or not _storable(text):
            message = f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters"
            message += f", at most {BCRYPT_MAX_BYTES} bytes as UTF-8." if self._scheme == "bcrypt" else "."
            raise InvalidPasswordError(
                message, field="password", min=MIN_LENGTH, max=MAX_LENGTH, max_bytes=BCRYPT_MAX_BYTES
            )
        return text

    def close(self) -> None:
        """Stop the threads."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _hash_uncommon(self, text: str) -> str:
        if is_common_password(text):
            message = "This password is among the first that are guessed; choose another one."
            raise CommonPasswordError(message, field="password")
        return self._hasher.hash(text)

    def _verify(self, text: str, password_hash: str) -> PasswordCheck:
        hasher = next((hasher for hasher in self._hashers if hasher.identify(password_hash)), None)
        if hasher is None:
            return PasswordCheck(valid=False)
        if len(text) > MAX_LENGTH or not _storable(text) or _exceeds_bcrypt(text, hasher):
            hasher.verify("wrong in any case", password_hash)  # same duration as for a valid password
            return PasswordCheck(valid=False)
        if not hasher.verify(text, password_hash):
            return PasswordCheck(valid=False)
        outdated = hasher is not self._hasher or hasher.check_needs_rehash(password_hash)
        return PasswordCheck(valid=True, outdated=outdated and not _exceeds_bcrypt(text, self._hasher))

    async def _run(self, task: Callable[[], T]) -> T:
        if self._pending >= _MAX_WAITING:
            raise HashingBusyError("Too many are signing in at once; try again in a moment.", retry_after_s=5)
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, task)
        finally:
            self._pending -= 1


def _normalize(password: str) -> str:
    """Return the password in NFC: keyboards of different systems write the same Korean letters differently."""
    return unicodedata.normalize("NFC", password[: MAX_LENGTH * 8])


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _exceeds_bcrypt(text: str, hasher: HasherProtocol) -> bool:
    return isinstance(hasher, BcryptHasher) and len(_bytes(text)) > BCRYPT_MAX_BYTES


def _dummy_bcrypt_hash(rounds: int) -> str:
    """Return a hash that no password has, as costly to verify as a real one."""
    return f"$2b${rounds:02d}$" + "." * 53


def _dummy_argon2_hash() -> str:
    return Argon2Hasher().hash("no password")
