"""How much a caller may ask for in a while: sliding windows, in this process or shared through Redis.

Where Redis is away, a limit that guards passwords refuses (nobody may guess while nobody counts), and any other limit
is counted by each process for itself until Redis is back.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic

import structlog
from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

from gwansang.core.exceptions import RateLimited, Unavailable

_log = structlog.get_logger("gwansang.limits")
_PATIENCE_S = 0.5  # for an answer of Redis
_CONNECTIONS = 16  # a caller waits for a free one; the other kind of pool refuses, which would pass for "away"
_PAUSE_S = 2.0  # between tries while Redis is away
_RETRY_AFTER_S = 5

Storage = MemoryStorage | RedisStorage


class LimitsUnknownError(Unavailable):
    """Carries `retry_after_s` in its context."""

    code = "LIMITS_UNAVAILABLE"
    title = "Attempts can't be counted right now"


class Bucket(StrEnum):
    """What is counted apart from each other."""

    CALLER = "caller"
    ADDRESS = "address"
    GUEST_READINGS = "guest-readings"
    LOGIN_ACCOUNT = "login-account"
    LOGIN_ADDRESS = "login-address"
    MAIL_ACCOUNT = "mail-account"
    EXPORTS = "exports"


@dataclass(frozen=True, slots=True)
class Limit:
    """`amount` points in `window_s` seconds; a `guarding` limit refuses while nobody can count."""

    amount: int
    window_s: int
    guarding: bool = False


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of a limit after a call; where `refused`, `reset_s` tells when the same call would be taken."""

    amount: int
    window_s: int
    remaining: int
    reset_s: int
    refused: bool

    def check(self) -> None:
        """Raises RateLimited where the call was refused."""
        if self.refused:
            message = f"Too many requests; try again in {self.reset_s} seconds."
            raise RateLimited(message, retry_after_s=self.reset_s, limit=self.amount, window_s=self.window_s)


class RateLimiter:
    """Counts points against limits; `shared` is None where one process serves alone."""

    def __init__(self, limits: Mapping[Bucket, Limit], shared: RedisStorage | None) -> None:
        self._limits = limits
        self._own = MemoryStorage()
        self._shared = shared
        self._away_until = 0.0

    async def spend(self, bucket: Bucket, who: str, cost: int = 1) -> Quota:
        """Takes `cost` points of `who`, or none and tells so; a refusal costs nothing."""
        limit = self._limits[bucket]
        if self._shared is not None and monotonic() >= self._away_until:
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    return await _spend(self._shared, bucket, limit, who, cost)
            except (StorageError, OSError, TimeoutError) as error:
                self._away_until = monotonic() + _PAUSE_S
                _log.warning("limits.store_away", reason=type(error).__name__)
        if self._shared is not None and limit.guarding:
            message = "Attempts can't be counted right now, so none is taken; try again in a moment."
            raise LimitsUnknownError(message, retry_after_s=_RETRY_AFTER_S)
        return await _spend(self._own, bucket, limit, who, cost)


@asynccontextmanager
async def rate_limiter(limits: Mapping[Bucket, Limit], redis_url: str | None) -> AsyncIterator[RateLimiter]:
    """A limiter whose connections end with the block; a Redis that is away is no reason not to start."""
    if redis_url is None:
        yield RateLimiter(limits, None)
        return
    from redis.asyncio import BlockingConnectionPool  # noqa: PLC0415 - 20 MB that only shared limits need

    pool = BlockingConnectionPool.from_url(redis_url, max_connections=_CONNECTIONS, timeout=_PATIENCE_S)
    storage = RedisStorage(
        f"async+{redis_url}",
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix="gwansang",
        connection_pool=pool,  # type: ignore[arg-type]  # documented, but forgotten in the annotation
    )
    try:
        yield RateLimiter(limits, storage)
    finally:
        await pool.aclose()


async def _spend(storage: Storage, bucket: Bucket, limit: Limit, who: str, cost: int) -> Quota:
    item = RateLimitItemPerSecond(limit.amount, limit.window_s, namespace=bucket)
    taken = await SlidingWindowCounterRateLimiter(storage).hit(item, who, cost=cost)
    window = _Window(*await storage.get_sliding_window(item.key_for(who), limit.window_s), limit.window_s)
    return Quota(
        amount=limit.amount,
        window_s=limit.window_s,
        remaining=max(0, limit.amount - math.floor(window.used)),
        reset_s=window.wait_s(limit.amount - 1 if taken else limit.amount - cost),
        refused=not taken,
    )


@dataclass(frozen=True, slots=True)
class _Window:
    """A sliding window as its two halves: the previous one fades while the current one fills."""

    previous: int
    previous_ttl_s: float
    current: int
    current_ttl_s: float  # until it is forgotten; it becomes the previous one `window_s` earlier
    window_s: int

    @property
    def used(self) -> float:
        return self.previous * self.previous_ttl_s / self.window_s + self.current

    def wait_s(self, room: int) -> int:
        """Seconds until no more than `room` points count, if nothing else is spent; at least 1."""
        if self.used <= room:
            wait = 0.0
        elif self.current <= room:
            wait = self.previous_ttl_s - (room - self.current) * self.window_s / self.previous
        else:
            wait = self.current_ttl_s - self.window_s * room / self.current
        return max(1, math.ceil(wait))
