"""Rate limits: exact under concurrency, shared through Redis, and defined while Redis is unreachable."""

import asyncio
import json
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

import pytest
import structlog
from structlog.testing import capture_logs

from gwansang.core.exceptions import RateLimited
from gwansang.core.rate_limit import Bucket, Limit, LimitsUnknownError, Quota, open_rate_limiter
from tests.support.redis_server import REDIS_URL, needs_redis

LIMITS = {Bucket.CALLER: Limit(100, 60), Bucket.LOGIN_ACCOUNT: Limit(3, 60, fail_closed=True)}
NOWHERE = "redis://127.0.0.1:1/0"
CHILD = """
import asyncio, json, sys
from gwansang.core.rate_limit import Bucket, Limit, open_rate_limiter

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


def spent(url: str | None, *costs: int, limits: dict[Bucket, Limit] | None = None) -> list[Quota]:
    async def spend() -> list[Quota]:
        async with open_rate_limiter(limits or LIMITS, url) as limiter:
            key = uuid4().hex
            return [await limiter.spend(Bucket.CALLER, key, cost) for cost in costs]

    return asyncio.run(spend())


@stores
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
            seen = []
            for step in ("spend", "peek", "peek", "spend", "peek", "spend", "give_back", "peek", "spend", "spend"):
                quota = await getattr(limiter, step)(Bucket.CALLER, key)
                seen += [] if quota is None else [quota.refused]
            return seen

    assert asyncio.run(use()) == [False, False, False, False, True, True, False, False, True]


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
