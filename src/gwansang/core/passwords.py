"""Passwords: what they must be, and their hashes, made off the event loop by a bounded number of threads."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, TypeVar

from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.base import HasherProtocol
from pwdlib.hashers.bcrypt import BcryptHasher

from gwansang.core.exceptions import InvalidInput, Unavailable

Scheme = Literal["bcrypt", "argon2"]
MIN_LENGTH = 8
MAX_LENGTH = 128
BCRYPT_MAX_BYTES = 72
_MAX_WAITING = 64
T = TypeVar("T")


class InvalidPasswordError(InvalidInput):
    """Carries `field`, `min`, `max` and `max_bytes` in its context, and never the password."""

    code = "INVALID_PASSWORD"
    title = "This can't be a password"


class HashingBusyError(Unavailable):
    """Carries `retry_after_s` in its context."""

    code = "HASHING_BUSY"
    title = "Too many are signing in at once"


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a password is right, and whether its hash should be made anew."""

    valid: bool
    outdated: bool = False


class Passwords:
    """Hashes with one scheme and knows the hashes of every scheme."""

    def __init__(self, scheme: Scheme = "bcrypt", *, bcrypt_rounds: int = 12, threads: int = 2) -> None:
        bcrypt, argon2 = BcryptHasher(rounds=bcrypt_rounds), Argon2Hasher()
        self._scheme: Scheme = scheme
        self._known: tuple[HasherProtocol, ...] = (bcrypt, argon2)
        self._hasher: HasherProtocol = bcrypt if scheme == "bcrypt" else argon2
        self._nobodys = _bcrypt_of_nobody(bcrypt_rounds) if scheme == "bcrypt" else _argon2_of_nobody()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="password")
        self._pending = 0

    async def hash(self, password: str) -> str:
        """The hash of a new password; raises InvalidPasswordError, HashingBusyError."""
        text = self.check(password)
        return await self._run(lambda: self._hasher.hash(text))

    async def verify(self, password: str, password_hash: str | None) -> Verified:
        """Whether the password is right; without a hash the same work is done and the answer is no."""
        text, known = _normal(password), password_hash or self._nobodys
        checked = await self._run(lambda: self._verify(text, known))
        return checked if password_hash else Verified(valid=False)

    def check(self, password: str) -> str:
        """The password in the form that is hashed; raises InvalidPasswordError where it can't be a new one."""
        text = _normal(password)
        long = len(_bytes(text)) > BCRYPT_MAX_BYTES if self._scheme == "bcrypt" else False
        if not MIN_LENGTH <= len(text) <= MAX_LENGTH or long or not _storable(text):
            message = f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters"
            message += f", at most {BCRYPT_MAX_BYTES} bytes as UTF-8." if self._scheme == "bcrypt" else "."
            raise InvalidPasswordError(
                message, field="password", min=MIN_LENGTH, max=MAX_LENGTH, max_bytes=BCRYPT_MAX_BYTES
            )
        return text

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _verify(self, text: str, password_hash: str) -> Verified:
        hasher = next((one for one in self._known if one.identify(password_hash)), None)
        if hasher is None:
            return Verified(valid=False)
        if len(text) > MAX_LENGTH or not _storable(text) or _too_long(text, hasher):
            hasher.verify("wrong in any case", password_hash)  # for the time it takes
            return Verified(valid=False)
        if not hasher.verify(text, password_hash):
            return Verified(valid=False)
        outdated = hasher is not self._hasher or hasher.check_needs_rehash(password_hash)
        return Verified(valid=True, outdated=outdated and not _too_long(text, self._hasher))

    async def _run(self, work: Callable[[], T]) -> T:
        if self._pending >= _MAX_WAITING:
            raise HashingBusyError("Too many are signing in at once; try again in a moment.", retry_after_s=5)
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._pending -= 1


def _normal(password: str) -> str:
    """One form for what keyboards of different systems write for the same Korean letters."""
    return unicodedata.normalize("NFC", password[: MAX_LENGTH * 8])


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _too_long(text: str, hasher: HasherProtocol) -> bool:
    return isinstance(hasher, BcryptHasher) and len(_bytes(text)) > BCRYPT_MAX_BYTES


def _bcrypt_of_nobody(rounds: int) -> str:
    """A hash that no password has, as costly to compare with as a real one."""
    return f"$2b${rounds:02d}$" + "." * 53


def _argon2_of_nobody() -> str:
    return Argon2Hasher().hash("nobody")
