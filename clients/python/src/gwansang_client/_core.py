"""The parts of a client that are the same with and without asyncio."""

import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx

from gwansang_client._version import __version__
from gwansang_client.calls import Call
from gwansang_client.errors import ApiError, SignInEndedError, WaitTimeoutError, error_of_response
from gwansang_client.sign_in import ENDS_SIGN_IN, SignIn, Tokens

T = TypeVar("T")
Item_co = TypeVar("Item_co", covariant=True)
MAX_MESSAGE_BYTES: Final = 32 * 1024 * 1024  # the results of an import of 20,000 pictures
USER_AGENT: Final = f"gwansang-client/{__version__} Python/{platform.python_version()}"


@dataclass(frozen=True, slots=True)
class Options:
    """The settings of a client; `trust_env` lets it use proxies of the environment."""

    base_url: str
    locale: str | None
    timeout: float
    trust_env: bool

    def http(self) -> dict[str, Any]:
        """Return the arguments of an httpx client; environment files with passwords are never read."""
        headers = {"User-Agent": USER_AGENT, **({"Accept-Language": self.locale} if self.locale else {})}
        return {
            "base_url": self.base_url.rstrip("/"),
            "headers": headers,
            "timeout": httpx.Timeout(self.timeout, connect=min(10.0, self.timeout)),
            "trust_env": self.trust_env,
        }

    def socket_url(self, path: str) -> str:
        """Return the address of a WebSocket."""
        parts = urlsplit(self.base_url.rstrip("/"))
        scheme = {"http": "ws", "https": "wss"}[parts.scheme]
        return urlunsplit((scheme, parts.netloc, parts.path, "", "")) + path

    def socket(self) -> dict[str, Any]:
        """Return the arguments with which websockets connects."""
        languages = {"Accept-Language": self.locale} if self.locale else {}
        return {
            "additional_headers": languages,
            "user_agent_header": USER_AGENT,
            "max_size": MAX_MESSAGE_BYTES,
            "proxy": True if self.trust_env else None,
            "open_timeout": min(10.0, self.timeout),
        }


class Page(Protocol[Item_co]):
    """A page of a list; `next` continues behind it."""

    @property
    def items(self) -> Sequence[Item_co]:
        """Return the items of the page."""

    @property
    def next(self) -> str | None:
        """Return the cursor of the next page, None on the last one."""


class Prepared(Generic[T]):
    """A call with its files in memory, ready to be sent with the credentials of the moment."""

    def __init__(self, call: Call[T], sign_in: SignIn) -> None:
        self.call = call.loaded()
        self._request = self.call.request()
        self._sign_in = sign_in

    def request(self, tokens: Tokens | None) -> dict[str, Any]:
        """Return the arguments of httpx."""
        credentials = {} if self.call.public else self._sign_in.headers(tokens)
        return {**self._request, "headers": {**self._request["headers"], **credentials}}

    def answer(self, response: httpx.Response) -> T:
        """Return the answer of a call that succeeded, and forget the sign-in that it ended."""
        if self.call.operation in ENDS_SIGN_IN:
            self._sign_in.forget()
        return self.call.read(response.content)


def refusal_of(response: httpx.Response) -> ApiError | None:
    """Return the error of an answer, None for a success."""
    return None if response.is_success else error_of_response(response)


def sign_in_ended(error: ApiError | None = None) -> SignInEndedError:
    """Return the error for a sign-in whose refresh token is valid no longer; error: the answer that says so."""
    if error is not None:
        return SignInEndedError(str(error), **vars(error))
    return SignInEndedError("the sign-in has ended", status=401, code="TOKEN_INVALID")


class Deadline:
    """The end of the time that a caller gave; None is no end."""

    def __init__(self, timeout: float | None) -> None:
        self._ends = None if timeout is None else time.monotonic() + timeout

    def left(self) -> float | None:
        """Return the seconds that are left, None without an end; raises WaitTimeoutError if none are."""
        if self._ends is None:
            return None
        left_s = self._ends - time.monotonic()
        if left_s <= 0:
            raise WaitTimeoutError("the time to wait is over")
        return left_s

    def pause(self, pause_s: float) -> float:
        """Return the pause, cut at the end; raises WaitTimeoutError if it has come."""
        left_s = self.left()
        return pause_s if left_s is None else min(pause_s, left_s)
