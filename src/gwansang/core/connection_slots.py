"""How many connections somebody may hold open at once, in this process."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gwansang.core.exceptions import RateLimited


@dataclass(frozen=True, slots=True)
class SocketPolicy:
    """Which sites may open WebSockets, how many may be open, and how often it is looked whether they may stay."""

    origins: tuple[str, ...]
    per_user: int
    per_address: int
    recheck_s: float


class TooManySocketsError(RateLimited):
    """Carries `max` in its context."""

    code = "TOO_MANY_SOCKETS"
    title = "Too many connections are open"


class ConnectionSlots:
    """Counts who holds how many; belongs to one event loop."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()

    @contextmanager
    def place(self, who: str, most: int) -> Iterator[None]:
        """One place for the length of the block; raises NoPlaceLeftError where `most` are taken."""
        if self._held[who] >= most:
            message = f"There are {most} open connections already; close one first."
            raise TooManySocketsError(message, max=most)
        self._held[who] += 1
        try:
            yield
        finally:
            self._held[who] -= 1
            if not self._held[who]:
                del self._held[who]

    @property
    def taken(self) -> int:
        """All places that are held now."""
        return self._held.total()
