"""Limits on the number of connections that one user or address holds open in this process."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gwansang.core.exceptions import RateLimited


@dataclass(frozen=True, slots=True)
class SocketPolicy:
    """Origins that may open WebSockets, limits on open ones, and the interval at which their rights are rechecked."""

    origins: tuple[str, ...]
    per_user: int
    per_address: int
    recheck_s: float


class TooManySocketsError(RateLimited):
    """Carries `max` in its context."""

    code = "TOO_MANY_SOCKETS"
    title = "Too many connections are open"


class ConnectionSlots:
    """Counts the open connections of each holder; belongs to one event loop."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()

    @contextmanager
    def acquire(self, holder: str, limit: int) -> Iterator[None]:
        """Hold one slot for the length of the block; raises TooManySocketsError if `holder` has `limit` already."""
        if self._held[holder] >= limit:
            message = f"There are {limit} open connections already; close one first."
            raise TooManySocketsError(message, max=limit)
        self._held[holder] += 1
        try:
            yield
        finally:
            self._held[holder] -= 1
            if not self._held[holder]:
                del self._held[holder]
