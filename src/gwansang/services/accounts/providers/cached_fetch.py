"""A value that is fetched from a provider, and kept for longer if it can't be fetched anew."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from gwansang.core.clock import Clock
from gwansang.services.accounts.providers.errors import ProviderUnavailableError, provider_error

_FAILURE_PAUSE: Final = timedelta(seconds=10)  # in which a provider that has just failed is not asked again
Fetched = TypeVar("Fetched")


class CachedFetch(Generic[Fetched]):
    """The last value that was fetched, and the time of the last failure; one request fetches at a time."""

    def __init__(self, fetch: Callable[[], Awaitable[Fetched]], *, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = asyncio.Lock()
        self._held: tuple[datetime, Fetched] | None = None  # with the time of the fetch
        self._failed_at: datetime | None = None

    async def get(self, max_age: timedelta, max_stale: timedelta) -> Fetched:
        """Return a value of at most `max_age`. If it can't be fetched, or another request is fetching it, the one that
        is held is returned up to `max_stale`; without such a one raises ProviderUnavailableError."""
        held = self._younger_than(max_age) or (self._younger_than(max_stale) if self._lock.locked() else None)
        if held is not None:
            return held[1]
        async with self._lock:
            held = self._younger_than(max_age) or await self._refetch() or self._younger_than(max_stale)
        if held is None:
            raise provider_error(ProviderUnavailableError)
        return held[1]

    def _younger_than(self, age: timedelta) -> tuple[datetime, Fetched] | None:
        return self._held if self._held is not None and self._clock() - self._held[0] < age else None

    async def _refetch(self) -> tuple[datetime, Fetched] | None:
        """Fetch and hold the value; return None if that fails, or has failed just before."""
        if self._failed_at is not None and self._clock() - self._failed_at < _FAILURE_PAUSE:
            return None
        try:
            self._held = self._clock(), await self._fetch()
        except ProviderUnavailableError:
            self._failed_at = self._clock()
            return None
        return self._held
