"""InferencePool: state of threads, a bounded queue, timeouts, and the end."""

import asyncio
import threading
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
request_id: ContextVar[str] = ContextVar("request_id", default="none")


def pool_of(
    workers: int = 1, queue: int = 1, timeout_s: float = 10.0, pending: list[int] | None = None
) -> InferencePool[int]:
    """Return a pool that adds the number of its jobs to `pending` whenever it changes."""
    seen = [] if pending is None else pending
    return InferencePool(
        threading.get_ident,
        workers=workers,
        queue=queue,
        timeout_s=timeout_s,
        record_queue=lambda jobs, waiting, waits_s: seen.append(jobs),
    )


async def test_every_thread_builds_its_state_before_the_pool_is_ready() -> None:
    built: list[int] = []
    pool = InferencePool(lambda: built.append(threading.get_ident()), workers=3, queue=1, timeout_s=5)
    await pool.start()
    await pool.close()
    assert len(built) == len(set(built)) == 3


async def test_a_job_gets_the_state_of_its_own_thread() -> None:
    pool = pool_of(workers=2, queue=20)
    await pool.start()
    own = await asyncio.gather(*(pool.run(lambda state: state == threading.get_ident()) for _ in range(20)))
    await pool.close()
    assert all(own)


async def test_a_failing_build_is_raised_by_start_and_leaves_no_thread() -> None:
    def fail() -> None:
        raise ValueError("the model is broken")

    with pytest.raises(ValueError, match="the model is broken"):
        await InferencePool(fail, workers=3, queue=1, timeout_s=5).start()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("inference")]


async def test_a_full_queue_raises_with_retry_after() -> None:
    pool, gate = pool_of(queue=1), Gate()
    await pool.start()
    waiting = [asyncio.create_task(pool.run(gate)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(QueueFullError) as raised:
        await pool.run(gate)
    with pytest.raises(QueueFullError):
        pool.check_ready()
    gate.open()
    await asyncio.gather(*waiting)
    await pool.close()
    assert raised.value.context["retry_after_s"] >= 1


async def test_a_cancelled_waiting_job_frees_its_slot_and_never_runs() -> None:
    pending: list[int] = []
    pool, gate, ran = pool_of(queue=1, pending=pending), Gate(), Event()
    await pool.start()
    running = asyncio.create_task(pool.run(gate))
    await asyncio.to_thread(gate.reached.wait)
    waiting = asyncio.create_task(pool.run(lambda _: ran.set()))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert pending[-1] == 1
    gate.open()
    await running
    await pool.close()
    assert not ran.is_set()


async def test_a_timed_out_job_counts_until_its_thread_is_free_again() -> None:
    pending: list[int] = []
    pool, gate = pool_of(timeout_s=0.05, pending=pending), Gate()
    await pool.start()
    with pytest.raises(InferenceTimeoutError):
        await pool.run(gate)
    assert pending[-1] == 1
    gate.open()
    await asyncio.to_thread(gate.left.wait)
    assert await pool.run(lambda _: "free") == "free"
    await pool.close()


async def test_a_timeout_error_of_the_job_itself_is_raised_unchanged() -> None:
    def fail(_: int) -> None:
        raise TimeoutError("mine")

    pool = pool_of()
    await pool.start()
    with pytest.raises(TimeoutError, match="mine"):
        await pool.run(fail)
    await pool.close()


async def test_the_event_loop_runs_while_the_pool_works() -> None:
    pool, gate = pool_of(), Gate()
    await pool.start()
    running = asyncio.create_task(pool.run(gate))
    await asyncio.to_thread(gate.reached.wait)
    await asyncio.sleep(0.01)  # only a free event loop comes back from this while the job blocks its thread
    assert not running.done()
    gate.open()
    await running
    await pool.close()


async def test_a_job_sees_the_context_variables_of_its_caller() -> None:
    pool = pool_of()
    await pool.start()
    request_id.set("a request")
    found = await pool.run(lambda _: request_id.get())
    await pool.close()
    assert found == "a request"


async def test_a_pool_rejects_jobs_before_start_and_after_close() -> None:
    pool = pool_of()
    with pytest.raises(NotReadyError):
        await pool.run(str)
    await pool.start()
    await pool.close()
    with pytest.raises(NotReadyError):
        await pool.run(str)
