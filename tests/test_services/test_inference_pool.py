"""The pool: each thread its engine, nothing unbounded, nothing left behind."""

import asyncio
import threading
import time
from contextvars import ContextVar
from threading import Event

import pytest

from gwansang.services.ml.inference_pool import (
    InferencePool,
    InferenceTimeoutError,
    NotReadyError,
    QueueFullError,
)
from tests.support.fakes import Gate

pytestmark = pytest.mark.anyio
word: ContextVar[str] = ContextVar("word", default="none")


def pool_of(workers: int = 1, queue: int = 1, timeout_s: float = 10.0) -> InferencePool[int]:
    return InferencePool(threading.get_ident, workers=workers, queue=queue, timeout_s=timeout_s)


async def test_every_thread_has_built_its_own_engine_before_the_pool_is_ready() -> None:
    built: list[int] = []
    pool = InferencePool(lambda: built.append(threading.get_ident()), workers=3, queue=1, timeout_s=5)
    await pool.start()
    await pool.close()
    assert len(built) == len(set(built)) == 3


async def test_a_job_gets_the_engine_of_its_own_thread() -> None:
    pool = pool_of(workers=2, queue=20)
    await pool.start()
    seen = await asyncio.gather(*(pool.run(lambda engine: engine == threading.get_ident()) for _ in range(20)))
    await pool.close()
    assert all(seen)


async def test_an_engine_that_cannot_be_built_is_told_as_it_failed_and_leaves_no_thread() -> None:
    def fail() -> None:
        raise ValueError("the model is broken")

    with pytest.raises(ValueError, match="the model is broken"):
        await InferencePool(fail, workers=3, queue=1, timeout_s=5).start()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("inference")]


async def test_a_full_queue_refuses_with_a_time_to_come_back() -> None:
    pool, gate = pool_of(queue=1), Gate()
    await pool.start()
    waiting = [asyncio.create_task(pool.run(gate)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(QueueFullError) as refused:
        await pool.run(gate)
    with pytest.raises(QueueFullError):
        pool.check_ready()
    gate.open()
    await asyncio.gather(*waiting)
    await pool.close()
    assert refused.value.context["retry_after_s"] >= 1


async def test_a_caller_who_gives_up_while_waiting_frees_the_place_and_is_never_worked_for() -> None:
    pool, gate, ran = pool_of(queue=1), Gate(), Event()
    await pool.start()
    running = asyncio.create_task(pool.run(gate))
    await asyncio.to_thread(gate.reached.wait)
    given_up = asyncio.create_task(pool.run(lambda _: ran.set()))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    assert pool.load()[0] == 1
    gate.open()
    await running
    await pool.close()
    assert not ran.is_set()


async def test_a_job_over_its_time_is_answered_and_keeps_its_place_until_the_thread_is_free_again() -> None:
    pool, gate = pool_of(timeout_s=0.05), Gate()
    await pool.start()
    with pytest.raises(InferenceTimeoutError):
        await pool.run(gate)
    assert pool.load()[0] == 1
    gate.open()
    await asyncio.to_thread(gate.left.wait)
    assert await pool.run(lambda _: "free") == "free"
    await pool.close()


async def test_a_job_may_fail_with_a_timeout_of_its_own() -> None:
    def fail(_: int) -> None:
        raise TimeoutError("mine")

    pool = pool_of()
    await pool.start()
    with pytest.raises(TimeoutError, match="mine"):
        await pool.run(fail)
    await pool.close()


async def test_the_event_loop_goes_on_while_the_pool_works() -> None:
    pool = pool_of()
    await pool.start()
    working = asyncio.create_task(pool.run(lambda _: time.sleep(0.2)))
    ticks = 0
    while not working.done():
        await asyncio.sleep(0.01)
        ticks += 1
    await pool.close()
    assert ticks >= 5


async def test_the_callers_context_is_seen_inside() -> None:
    pool = pool_of()
    await pool.start()
    word.set("spoken")
    heard = await pool.run(lambda _: word.get())
    await pool.close()
    assert heard == "spoken"


async def test_a_pool_takes_nothing_before_its_start_and_after_its_end() -> None:
    pool = pool_of()
    with pytest.raises(NotReadyError):
        await pool.run(str)
    await pool.start()
    await pool.close()
    with pytest.raises(NotReadyError):
        await pool.run(str)
