"""Limits: exact under a crowd, shared through Redis, and with a plan for the day Redis is away."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
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
from gwansang.core.rate_limit import Bucket, Limit, open_rate_limiter

async def main(url, who):
    async with open_rate_limiter({Bucket.CALLER: Limit(100, 60)}, url) as limiter:
        print("ready", flush=True)
        sys.stdin.readline()
        quotas = await asyncio.gather(*(limiter.spend(Bucket.CALLER, who) for _ in range(60)))
    print(json.dumps(sum(not quota.refused for quota in quotas)))

asyncio.run(main(*sys.argv[1:]))
"""
stores = pytest.mark.parametrize("url", [pytest.param(None, id="memory"), pytest.param(REDIS_URL, marks=needs_redis)])


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    """What a running application configured would filter what is captured here."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


def spent(url: str | None, *costs: int, limits: dict[Bucket, Limit] | None = None) -> list[Quota]:
    async def spend() -> list[Quota]:
        async with open_rate_limiter(limits or LIMITS, url) as limiter:
            who = uuid4().hex
            return [await limiter.spend(Bucket.CALLER, who, cost) for cost in costs]

    return asyncio.run(spend())


@stores
def test_a_crowd_gets_exactly_the_limit(url: str | None) -> None:
    async def crowd() -> Counter[bool]:
        async with open_rate_limiter(LIMITS, url) as limiter:
            who = uuid4().hex
            quotas = await asyncio.gather(*(limiter.spend(Bucket.CALLER, who) for _ in range(150)))
            return Counter(quota.refused for quota in quotas)

    assert asyncio.run(crowd()) == {False: 100, True: 50}


@needs_redis
def test_four_processes_behind_one_redis_hold_a_limit_of_100_at_exactly_100() -> None:
    command = [sys.executable, "-c", CHILD, REDIS_URL, uuid4().hex]
    children = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    taken = [json.loads(child.communicate("go\n", timeout=30)[0]) for child in children]
    assert sum(taken) == 100


@stores
def test_a_costly_call_takes_its_points_and_a_refused_one_takes_none(url: str | None) -> None:
    quotas = spent(url, 20, 20, 20, 20, 15, 20, 5)
    assert [quota.remaining for quota in quotas] == [80, 60, 40, 20, 5, 5, 0]
    assert [quota.refused for quota in quotas] == [False] * 5 + [True, False]


@stores
def test_a_refusal_names_the_moment_when_the_call_is_taken(url: str | None) -> None:
    async def again_when_told() -> tuple[float, bool]:
        async with open_rate_limiter({Bucket.CALLER: Limit(4, 1)}, url) as limiter:
            who = uuid4().hex
            await limiter.spend(Bucket.CALLER, who, 4)
            refused = await limiter.spend(Bucket.CALLER, who, 2)
            assert refused.refused
            await asyncio.sleep(refused.reset_s)
            return refused.reset_s, (await limiter.spend(Bucket.CALLER, who, 2)).refused

    reset_s, refused_again = asyncio.run(again_when_told())
    assert reset_s in (1, 2)
    assert not refused_again


def test_a_refused_quota_is_an_error_with_its_facts() -> None:
    *_, quota = spent(None, 100, 1)
    with pytest.raises(RateLimited) as refused:
        quota.check()
    assert refused.value.context == {"retry_after_s": quota.reset_s, "limit": 100, "window_s": 60}


def test_without_redis_passwords_are_guarded_and_everything_else_is_counted_here() -> None:
    async def away() -> list[bool]:
        async with open_rate_limiter(LIMITS, NOWHERE) as limiter:
            with pytest.raises(LimitsUnknownError):
                await limiter.spend(Bucket.LOGIN_ACCOUNT, "someone")
            return [(await limiter.spend(Bucket.CALLER, "someone")).refused for _ in range(101)]

    with capture_logs() as events:
        started = time.monotonic()
        refused = asyncio.run(away())
    assert refused == [False] * 100 + [True]
    assert time.monotonic() - started < 2
    assert [event["event"] for event in events] == ["limits.redis_unavailable"]


@contextmanager
def deaf_server() -> Iterator[str]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"redis://127.0.0.1:{listening.getsockname()[1]}/0"


def test_a_redis_that_does_not_answer_costs_one_caller_half_a_second_and_the_next_ones_nothing() -> None:
    async def impatient(limiter: RateLimiter) -> float:
        started = time.monotonic()
        await limiter.spend(Bucket.CALLER, "someone")
        return time.monotonic() - started

    async def waits() -> list[float]:
        async with open_rate_limiter(LIMITS, url) as limiter:
            return [await impatient(limiter) for _ in range(3)]

    with deaf_server() as url:
        first, *others = asyncio.run(waits())
    assert 0.3 < first < 1.5
    assert max(others) < 0.1
