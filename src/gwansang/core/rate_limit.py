"""Rate limits: sliding windows, counted in this process or shared through Redis.

While Redis is unreachable, a limit that protects passwords fails closed (no guessing while nothing is counted); any
other limit is counted by each process on its own.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic
from typing import TypeVar

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

from gwansang.core.exceptions import RateLimited, Unavailable

_log = structlog.get_logger("gwansang.limits")
_REDIS_TIMEOUT_S = 0.5
_CONNECTIONS = 16  # a blocking pool waits for a free one; the default pool raises, which would count as unreachable
_RETRY_PAUSE_S = 2.0  # between attempts while Redis is unreachable
_RETRY_AFTER_S = 5

Storage = MemoryStorage | RedisStorage
T = TypeVar("T")


class LimitsUnknownError(Unavailable):
    """Carries `retry_after_s` in its context."""

    code = "LIMITS_UNAVAILABLE"
    title = "Attempts can't be counted right now"


class Bucket(StrEnum):
    """Names of the limits, each with its own counters."""

    CALLER = "caller"
    ADDRESS = "address"
    GUEST_READINGS = "guest-readings"
    LOGIN_PAIR = "login-pair"
    LOGIN_DEVICE = "login-device"
    LOGIN_ACCOUNT = "login-account"
    LOGIN_ADDRESS = "login-address"
    LOGIN_CALLS = "login-calls"
    MAIL_ADDRESS = "mail-address"
    MAIL_PURPOSE = "mail-purpose"
    MAIL_SENDER = "mail-sender"
    EXPORTS = "exports"


@dataclass(frozen=True, slots=True)
class Limit:
    """`amount` points in `window_s` seconds; a `fail_closed` limit refuses while Redis is unreachable."""

    amount: int
    window_s: int
    fail_closed: bool = False


@dataclass(frozen=True, slots=True)
class CountedWindow:
    """The window that a call was counted in: where, and when it ends on the monotonic clock."""

    storage: Storage
    ends_at: float


@dataclass(frozen=True, slots=True)
class Quota:
    """State of a limit after a call; if `refused`, the same call is accepted after `reset_s` seconds."""

    amount: int
    window_s: int
    remaining: int
    reset_s: int
    refused: bool
    window: CountedWindow = field(repr=False, compare=False)

    def check(self) -> None:
        """Raise RateLimited if the call was refused."""
        if self.refused:
            message = f"Too many requests; try again in {self.reset_s} seconds."
            raise RateLimited(message, retry_after_s=self.reset_s, limit=self.amount, window_s=self.window_s)


class RateLimiter:
    """Counts points against limits; `shared` is None if only this process serves."""

    def __init__(self, limits: Mapping[Bucket, Limit], shared: RedisStorage | None) -> None:
        self._limits = limits
        self._local = MemoryStorage()
        self._shared = shared
        self._unavailable_until = 0.0

    async def spend(self, bucket: Bucket, key: str, cost: int = 1) -> Quota:
        """Spend `cost` points of the caller `key`; raises LimitsUnknownError if the limit fails closed.

        A refused call spends nothing.
        """
        return await self._apply(bucket, lambda storage, limit: _spend(storage, bucket, limit, key, cost))

    async def peek(self, bucket: Bucket, key: str) -> Quota:
        """Return the quota of the caller `key` as if a point were spent, and spend nothing; raises
        LimitsUnknownError."""
        return await self._apply(bucket, lambda storage, limit: _peek(storage, bucket, limit, key))

    async def give_back(self, bucket: Bucket, key: str, spent: Quota) -> None:
        """Give the point back that a call of `spend` returned as `spent`. It stays spent if its window has passed, or
        if its count is unavailable."""
        with suppress(LimitsUnknownError):
            await self._apply(bucket, lambda storage, limit: _give_back(storage, bucket, limit, key, spent.window))

    async def _apply(self, bucket: Bucket, count: Callable[[Storage, Limit], Awaitable[T]]) -> T:
        limit = self._limits[bucket]
        if self._shared is not None and monotonic() >= self._unavailable_until:
            try:
                async with asyncio.timeout(_REDIS_TIMEOUT_S):
                    return await count(self._shared, limit)
            except (StorageError, OSError, TimeoutError) as error:
                self._unavailable_until = monotonic() + _RETRY_PAUSE_S
                _log.warning("limits.redis_unavailable", reason=type(error).__name__)
        if self._shared is not None and limit.fail_closed:
            message = "Attempts can't be counted right now, so none is taken; try again in a moment."
            raise LimitsUnknownError(message, retry_after_s=_RETRY_AFTER_S)
        return await count(self._local, limit)


@asynccontextmanager
async def open_rate_limiter(limits: Mapping[Bucket, Limit], redis_url: str | None) -> AsyncIterator[RateLimiter]:
    """Yield a limiter whose connections close with the block; an unreachable Redis does not prevent the start."""
    if redis_url is None:
        yield RateLimiter(limits, None)
        return
    from redis.asyncio import BlockingConnectionPool  # noqa: PLC0415 - 20 MB of memory that only shared limits need

    pool = BlockingConnectionPool.from_url(redis_url, max_connections=_CONNECTIONS, timeout=_REDIS_TIMEOUT_S)
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


async def _spend(storage: Storage, bucket: Bucket, limit: Limit, key: str, cost: int) -> Quota:
    item = RateLimitItemPerSecond(limit.amount, limit.window_s, namespace=bucket)
    accepted = await SlidingWindowCounterRateLimiter(storage).hit(item, key, cost=cost)
    return await _quota(storage, item, limit, key, cost, accepted=accepted)


async def _peek(storage: Storage, bucket: Bucket, limit: Limit, key: str) -> Quota:
    item = RateLimitItemPerSecond(limit.amount, limit.window_s, namespace=bucket)
    accepted = await SlidingWindowCounterRateLimiter(storage).test(item, key)
    return await _quota(storage, item, limit, key, 1, accepted=accepted)


async def _give_back(storage: Storage, bucket: Bucket, limit: Limit, key: str, spent: CountedWindow) -> None:
    """Take a point off the window that it was spent in, and off no later one: that would count a call too few there."""
    item = RateLimitItemPerSecond(limit.amount, limit.window_s, namespace=bucket)
    window = await _window(storage, item, limit, key)
    if window.current < 1 or not window.is_same(storage, spent):
        return
    counter = SlidingWindowCounterRateLimiter(storage)
    await counter.hit(item, key, cost=-1)
    if not (await _window(storage, item, limit, key)).is_same(storage, spent):  # it ended between the two calls
        await counter.hit(item, key)


async def _window(storage: Storage, item: RateLimitItem, limit: Limit, key: str) -> "_Window":
    return _Window(*await storage.get_sliding_window(item.key_for(key), limit.window_s), limit.window_s)


async def _quota(storage: Storage, item: RateLimitItem, limit: Limit, key: str, cost: int, *, accepted: bool) -> Quota:
    window = await _window(storage, item, limit, key)
    return Quota(
        amount=limit.amount,
        window_s=limit.window_s,
        remaining=max(0, limit.amount - math.floor(window.used)),
        reset_s=window.wait_s(limit.amount - 1 if accepted else limit.amount - cost),
        refused=not accepted,
        window=CountedWindow(storage, window.ends_at),
    )


@dataclass(frozen=True, slots=True)
class _Window:
    """The two counters of a sliding window; the weight of the previous one falls while the current one fills."""

    previous: int
    previous_ttl_s: float
    current: int
    current_ttl_s: float  # until it expires; it becomes the previous one `window_s` earlier
    window_s: int

    @property
    def used(self) -> float:
        return self.previous * self.previous_ttl_s / self.window_s + self.current

    @property
    def ends_at(self) -> float:
        """The end of the current window on the monotonic clock; with Redis it is known to some milliseconds."""
        return monotonic() + self.current_ttl_s - self.window_s

    def is_same(self, storage: Storage, other: CountedWindow) -> bool:
        """Return whether the other one is the current window of this storage; ends of different ones are at least a
        whole window apart."""
        return storage is other.storage and abs(self.ends_at - other.ends_at) < self.window_s / 2

    def wait_s(self, allowed: int) -> int:
        """Return the seconds until at most `allowed` points count, if nothing else is spent; at least 1."""
        if self.used <= allowed:
            wait = 0.0
        elif self.current <= allowed:
            wait = self.previous_ttl_s - (allowed - self.current) * self.window_s / self.previous
        else:
            wait = self.current_ttl_s - self.window_s * allowed / self.current
        return max(1, math.ceil(wait))
