"""The tokens of a sign-in, where they are kept, and when they are renewed."""

import json
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Protocol
from uuid import uuid4

from gwansang_client.calls import Call
from gwansang_client.errors import ApiError
from gwansang_client.generated import calls, models

RENEW_BEFORE_S: Final = 30.0
REFRESH_TIMEOUT_S: Final = 8.0  # two tries stay within the 20 seconds for which a refresh token gives the same pair
REFRESH_ATTEMPTS: Final = 2
ENDS_SIGN_IN: Final = frozenset({"logout", "delete_me"})
_ENDED_CODES: Final = frozenset({"TOKEN_INVALID", "UNAUTHENTICATED"})


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one sign-in; `expires_at` is the end of the access token, in seconds since 1970.

    device_token: opens nothing; sent with the next sign-in it marks this device as known.
    """

    access_token: str
    refresh_token: str
    expires_at: float
    device_token: str | None = None

    def __repr__(self) -> str:
        """Return a text without the secrets."""
        return f"Tokens(expires_at={self.expires_at:.0f})"


class TokenStore(Protocol):
    """Where the tokens are kept; one store for each user, shared by all clients that act for the user."""

    def load(self) -> Tokens | None:
        """Return the tokens, or None without a sign-in."""

    def save(self, tokens: Tokens | None) -> None:
        """Keep these tokens instead of the last ones; None forgets them."""


class MemoryTokenStore:
    """Keeps tokens until the process ends."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens

    def load(self) -> Tokens | None:
        """Return the tokens, or None without a sign-in."""
        return self._tokens

    def save(self, tokens: Tokens | None) -> None:
        """Keep these tokens instead of the last ones; None forgets them."""
        self._tokens = tokens


class FileTokenStore:
    """Keeps tokens in a file that only its owner can read, for programs that run again and again.

    The file is replaced as a whole. Processes that refresh at the same moment get the same tokens from the service.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def load(self) -> Tokens | None:
        """Return the tokens, or None without a sign-in; raises ValueError for a file of something else."""
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return Tokens(**json.loads(text))

    def save(self, tokens: Tokens | None) -> None:
        """Keep these tokens instead of the last ones; None forgets them."""
        if tokens is None:
            self._path.unlink(missing_ok=True)
            return
        new = self._path.with_name(f"{self._path.name}.{uuid4().hex}.new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(tokens), file)
        new.replace(self._path)


class SignIn:
    """The credentials that calls carry: an API key, the tokens of a store, or none."""

    def __init__(self, store: TokenStore, api_key: str | None) -> None:
        self._store = store
        self._api_key = api_key

    @property
    def tokens(self) -> Tokens | None:
        """Return the tokens of the sign-in, if there is one."""
        return None if self._api_key else self._store.load()

    def headers(self, tokens: Tokens | None) -> dict[str, str]:
        """Return the credentials as headers; none for a guest."""
        if self._api_key:
            return {"X-API-Key": self._api_key}
        return {"Authorization": f"Bearer {tokens.access_token}"} if tokens else {}

    @property
    def has_credentials(self) -> bool:
        """Return whether calls are sent with credentials."""
        return bool(self._api_key) or self._store.load() is not None

    def accept_sign_in(self, answer: models.SignedInOut) -> None:
        """Keep the tokens of a new sign-in."""
        ends = time.time() + answer.expires_in
        self._store.save(Tokens(answer.access_token, answer.refresh_token, ends, answer.device_token))

    def accept_refresh(self, answer: models.TokensOut) -> Tokens:
        """Keep and return the tokens that replace the last ones; the device token stays."""
        known = self._store.load()
        device_token = known.device_token if known else None
        fresh = Tokens(answer.access_token, answer.refresh_token, time.time() + answer.expires_in, device_token)
        self._store.save(fresh)
        return fresh

    def forget(self) -> None:
        """Forget the tokens."""
        self._store.save(None)


def is_due(tokens: Tokens) -> bool:
    """Return whether the access token ends so soon that it is renewed before the next call."""
    return tokens.expires_at - time.time() < RENEW_BEFORE_S


def is_ended(error: ApiError) -> bool:
    """Return whether an answer says that the access token is valid no longer."""
    return error.status == 401 and error.code in _ENDED_CODES


def refresh_call(tokens: Tokens) -> Call[models.TokensOut]:
    """Return the call that exchanges a refresh token."""
    return replace(calls.refresh_tokens(refresh_token=tokens.refresh_token), timeout=REFRESH_TIMEOUT_S)
