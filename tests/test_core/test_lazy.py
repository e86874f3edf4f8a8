"""A value is derived once, however many ask for it at the same time."""

import asyncio
import threading
import time

import pytest

from gwansang.core.lazy import Lazy


def test_fifty_who_ask_at_once_get_one_value_and_hold_no_thread() -> None:
    threads: list[int] = []
    may_end = threading.Event()

    def derive() -> object:
        threads.append(threading.get_ident())
        assert may_end.wait(30)
        return object()

    async def run() -> None:
        value = Lazy(derive)
        asked = [asyncio.create_task(value.get()) for _ in range(50)]
        async with asyncio.timeout(20):
            await asyncio.to_thread(str)  # finds a thread: those who wait have none
        may_end.set()
        assert len({id(one) for one in await asyncio.gather(*asked)}) == 1
        assert await value.get() is asked[0].result()

    asyncio.run(run())
    assert len(threads) == 1


def test_a_failure_is_raised_and_the_next_one_tries_again() -> None:
    outcomes = iter([OSError("no such file"), "content"])

    def derive() -> str:
        outcome = next(outcomes)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    async def run() -> None:
        value = Lazy(derive)
        failed, waited = await asyncio.gather(value.get(), value.get(), return_exceptions=True)
        assert isinstance(failed, OSError)
        assert waited == "content"

    asyncio.run(run())


def test_a_value_of_none_is_derived_once_too() -> None:
    calls: list[None] = []

    async def run() -> None:
        value = Lazy(lambda: calls.append(None))
        await value.get()
        await value.get()

    asyncio.run(run())
    assert len(calls) == 1


def test_a_cancelled_caller_neither_ends_nor_repeats_the_computation() -> None:
    computed: list[str] = []

    def compute() -> str:
        computed.append("value")
        time.sleep(0.2)
        return computed[-1]

    async def run() -> None:
        value = Lazy(compute)
        first, second, third = (asyncio.create_task(value.get()) for _ in range(3))
        await asyncio.sleep(0.05)
        second.cancel()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert await third == "value"

    asyncio.run(run())
    assert computed == ["value"]


def test_event_loops_one_after_the_other_share_a_value() -> None:
    value = Lazy(object)

    async def three() -> list[object]:
        return await asyncio.gather(*(value.get() for _ in range(3)))

    assert len({id(one) for one in (*asyncio.run(three()), *asyncio.run(three()))}) == 1
