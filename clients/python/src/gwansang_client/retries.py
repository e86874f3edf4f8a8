"""Rules for sending a call again, without any input or output."""

import random
from dataclasses import dataclass
from typing import Final

import httpx

from gwansang_client.calls import Call
from gwansang_client.errors import ApiError, ConnectionFailedError

_REFUSED_FOR_NOW: Final = frozenset({409, 429, 503})
_UNCERTAIN: Final = frozenset({"DATABASE_UNAVAILABLE", "STORAGE_UNAVAILABLE"})  # lost at the end of the work, maybe
_GATEWAY_FAULTS: Final = frozenset({502, 503, 504})
_FIRST_PAUSE_S: Final = 0.4
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a call is sent again, and the longest pause in seconds that is waited for.

    A call that the service refused with `Retry-After` is sent again after that pause: it has had no effect. A call
    without an answer is sent again only if it never left, or if sending it twice does no harm: GET, PUT, and creating
    calls with an `Idempotency-Key`.
    """

    attempts: int = 3
    longest_pause_s: float = 20.0


class Attempts:
    """Counts the attempts of one call and decides about the next one."""

    def __init__(self, call: Call[object], policy: RetryPolicy) -> None:
        self._call = call
        self._policy = policy
        self._made = 0

    def pause_after_refusal(self, error: ApiError) -> float:
        """Return the seconds to wait before the next attempt; raises the error if there is none."""
        self._made += 1
        pause_s = self._asked_pause(error)
        if pause_s is None or pause_s > self._policy.longest_pause_s or self._made >= self._policy.attempts:
            raise error
        return pause_s

    def pause_after_failure(self, failure: httpx.RequestError) -> float:
        """Return the seconds to wait before the next attempt; raises ConnectionFailedError if there is none."""
        self._made += 1
        harmless = self._call.repeatable or isinstance(failure, _NOT_SENT)
        if not harmless or self._made >= self._policy.attempts:
            reason = str(failure) or type(failure).__name__
            raise ConnectionFailedError(f"{self._call.operation}: {reason}") from failure
        return self._own_pause()

    def _asked_pause(self, error: ApiError) -> float | None:
        is_safe = self._call.repeatable or error.code not in _UNCERTAIN
        if error.status in _REFUSED_FOR_NOW and error.retry_after is not None and is_safe:
            return error.retry_after
        return self._own_pause() if error.status in _GATEWAY_FAULTS and self._call.repeatable else None

    def _own_pause(self) -> float:
        return float(_FIRST_PAUSE_S * 2 ** (self._made - 1) * random.uniform(0.75, 1.25))  # noqa: S311  # no secret
