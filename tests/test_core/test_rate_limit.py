"""Rate limits: exact under concurrency, shared through Redis, and defined while Redis is unreachable."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

import pytest
import structlog
from structlog.testing import capture_logs

from gwansang.core.exceptions import RateLimited
from gwansang.core.rate_limit import Bucket, Limit, LimitsUnknownError, Quota, RateLimiter, open_rate_limiter
from tests.support.redis_server import REDIS_URL, needs_redis

LIMITS = {Bucket.CALLER: Limit(100, 60), Bucket.LOGIN_ACCOUNT: Limit(3, 60, fail_closed=True)}
NOWHERE = "redis://127.0.0.1:1/0"
CHILD = """
import asyncio, json, sys
from gwansang.core import rate_limit
from gwansang.core.rate_limit import Bucket, Limit, open_rate_limiter

rate_limit._REDIS_TIMEOUT_S = 30.0

async def main(url, key):
    async with open_rate_limiter({Bucket.CALLER: Limit(100, 60)}, url) as limiter:
        print("ready", flush=True)
        sys.stdin.readline()
        quotas = await asyncio.gather(*(limiter.spend(Bucket.CALLER, key) for _ in range(60)))
    print(json.dumps(sum(not quota.refused for quota in quotas)))

asyncio.run(main(*sys.argv[1:]))
"""
stores = pytest.mark.parametrize("url", [pytest.param(None, id="memory"), pytest.param(REDIS_URL, marks=needs_redis)])


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    """Undo the logging set-up of applications that other tests started: it would filter the captured events."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


@pytest.fixture
def no_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep Redis marked as unreachable for the whole test, however slow the machine is."""
    monkeypatch.setattr("gwansang.core.rate_limit._RETRY_PAUSE_S", 600.0)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for Redis however slow the machine is: after half a second a call is counted without it, by design."""
    monkeypatch.setattr("gwansang.core.rate_limit._REDIS_TIMEOUT_S", 30.0)


def spent(url: str | None, *costs: int, limits: dict[Bucket, Limit] | None = None) -> list[Quota]:
    async def spend() -> list[Quota]:
        async with open_rate_limiter(limits or LIMITS, url) as limiter:
            key = uuid4().hex
            return [await limiter.spend(Bucket.CALLER, key, cost) for cost in costs]

    return asyncio.run(spend())


@stores
@pytest.mark.usefixtures("patient")
def test_concurrent_calls_get_exactly_the_limit(url: str | None) -> None:
    async def crowd() -> Counter[bool]:
        async with open_rate_limiter(LIMITS, url) as limiter:
            key = uuid4().hex
            quotas = await asyncio.gather(*(limiter.spend(Bucket.CALLER, key) for _ in range(150)))
            return Counter(quota.refused for quota in quotas)

    assert asyncio.run(crowd()) == {False: 100, True: 50}


@needs_redis
def test_four_processes_share_a_limit_of_100_through_redis() -> None:
    command = [sys.executable, "-c", CHILD, REDIS_URL, uuid4().hex]
    children = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    taken = [json.loads(child.communicate("go\n", timeout=30)[0]) for child in children]
    assert sum(taken) == 100


@stores
def test_a_call_spends_its_cost_and_a_refused_one_nothing(url: str | None) -> None:
    quotas = spent(url, 20, 20, 20, 20, 15, 20, 5)
    assert [quota.remaining for quota in quotas] == [80, 60, 40, 20, 5, 5, 0]
    assert [quota.refused for quota in quotas] == [False] * 5 + [True, False]


@stores
def test_a_point_that_is_given_back_can_be_spent_again_and_a_look_spends_nothing(url: str | None) -> None:
    async def use() -> list[bool]:
        async with open_rate_limiter({Bucket.CALLER: Limit(2, 3600)}, url) as limiter:
            key = uuid4().hex
            first = await limiter.spend(Bucket.CALLER, key)
            before = ("peek", "peek", "spend", "peek", "spend")
            seen = [(await getattr(limiter, step)(Bucket.CALLER, key)).refused for step in before]
            await limiter.give_back(Bucket.CALLER, key, first)
            after = ("peek", "spend", "spend")
            return seen + [(await getattr(limiter, step)(Bucket.CALLER, key)).refused for step in after]

    assert asyncio.run(use()) == [False, False, False, True, True, False, False, True]


class Hours:
    """Windows of an hour that a test lets pass at once: on our clocks, and in what Redis knows of their age."""

    def __init__(self, url: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
        self._url = url
        self._passed = 0.0
        monkeypatch.setattr("gwansang.core.rate_limit.monotonic", lambda: time.monotonic() + self._passed)
        if url is None:
            monkeypatch.setattr("limits.aio.storage.memory.time.time", lambda: 3600.0 * 1000 + 1 + self._passed)

    async def let_one_pass(self, *keys: str) -> None:
        """Let the next window of these counters begin."""
        self._passed += 3600
        if self._url is None:
            return
        from redis.asyncio import Redis  # noqa: PLC0415 - only shared limits need it

        async with Redis.from_url(self._url) as redis:
            for key in keys:
                (current,) = [name async for name in redis.scan_iter(f"*{key}*") if not name.endswith(b"/-1")]
                assert await redis.pexpire(current, 3600_000 - 1000)


async def number_accepted(limiter: RateLimiter, key: str, tries: int = 8) -> int:
    return sum([not (await limiter.spend(Bucket.CALLER, key)).refused for _ in range(tries)])


@stores
def test_a_point_that_is_given_back_late_is_not_taken_off_the_next_window(
    url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def accepted() -> list[int]:
        hours = Hours(url, monkeypatch)
        async with open_rate_limiter({Bucket.CALLER: Limit(4, 3600)}, url) as limiter:
            idle, busy = uuid4().hex, uuid4().hex
            late = [await limiter.spend(Bucket.CALLER, key) for key in (idle, busy)]
            await hours.let_one_pass(idle, busy)
            await limiter.spend(Bucket.CALLER, busy)  # a wrong password
            for key, spent in zip((idle, busy), late, strict=True):
                await limiter.give_back(Bucket.CALLER, key, spent)
            return [await number_accepted(limiter, key) for key in (idle, busy)]

    assert asyncio.run(accepted()) == [4, 3]  # the point of an hour ago is worth less than one


@stores
def test_points_are_given_back_at_most_as_often_as_they_were_spent(url: str | None) -> None:
    async def accepted() -> int:
        async with open_rate_limiter({Bucket.CALLER: Limit(4, 3600)}, url) as limiter:
            key = uuid4().hex
            spent = await limiter.spend(Bucket.CALLER, key)
            for _ in range(3):
                await limiter.give_back(Bucket.CALLER, key, spent)
            return await number_accepted(limiter, key)

    assert asyncio.run(accepted()) == 4


@needs_redis
def test_a_point_that_redis_counts_is_not_taken_off_the_count_of_this_process(no_retry: None) -> None:
    async def accepted() -> int:
        limits = {Bucket.CALLER: Limit(4, 3600)}
        async with open_rate_limiter(limits, REDIS_URL) as shared, open_rate_limiter(limits, None) as alone:
            spent = await shared.spend(Bucket.CALLER, "someone")
            await alone.spend(Bucket.CALLER, "someone")
            await alone.give_back(Bucket.CALLER, "someone", spent)
            return await number_accepted(alone, "someone")

    assert asyncio.run(accepted()) == 3


@stores
def test_a_refused_call_is_accepted_after_its_reset_time(url: str | None) -> None:
    async def again_after_reset() -> tuple[float, bool]:
        async with open_rate_limiter({Bucket.CALLER: Limit(4, 1)}, url) as limiter:
            key = uuid4().hex
            await limiter.spend(Bucket.CALLER, key, 4)
            refused = await limiter.spend(Bucket.CALLER, key, 2)
            assert refused.refused
            await asyncio.sleep(refused.reset_s)
            return refused.reset_s, (await limiter.spend(Bucket.CALLER, key, 2)).refused

    reset_s, refused_again = asyncio.run(again_after_reset())
    assert reset_s in (1, 2)
    assert not refused_again


def test_a_refused_quota_raises_an_error_with_its_limits() -> None:
    *_, quota = spent(None, 100, 1)
    with pytest.raises(RateLimited) as refused:
        quota.check()
    assert refused.value.context == {"retry_after_s": quota.reset_s, "limit": 100, "window_s": 60}


def test_without_redis_password_limits_fail_closed_and_others_are_counted_locally(no_retry: None) -> None:
    async def away() -> list[bool]:
        async with open_rate_limiter(LIMITS, NOWHERE) as limiter:
            with pytest.raises(LimitsUnknownError):
                await limiter.spend(Bucket.LOGIN_ACCOUNT, "someone")
            return [(await limiter.spend(Bucket.CALLER, "someone")).refused for _ in range(101)]

    with capture_logs() as events:
        refused = asyncio.run(away())
    assert refused == [False] * 100 + [True]
    assert [event["event"] for event in events] == ["limits.redis_unavailable"]


@contextmanager
def silent_server() -> Iterator[socket.socket]:
    """Yield a listening socket whose connections are never answered."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def connections_to(listening: socket.socket) -> int:
    """Return the number of connections that wait at a listening socket."""
    listening.setblocking(False)
    count = 0
    with suppress(BlockingIOError):
        while True:
            listening.accept()[0].close()
            count += 1
    return count


def test_an_unresponsive_redis_is_asked_once_and_then_left_alone(no_retry: None) -> None:
    async def spend(url: str) -> list[bool]:
        async with open_rate_limiter(LIMITS, url) as limiter:
            return [(await limiter.spend(Bucket.CALLER, "someone")).refused for _ in range(3)]

    with silent_server() as listening, capture_logs() as events:
        refused = asyncio.run(spend(f"redis://127.0.0.1:{listening.getsockname()[1]}/0"))
        assert connections_to(listening) == 1
    assert refused == [False, False, False]
    assert [event["event"] for event in events] == ["limits.redis_unavailable"]
