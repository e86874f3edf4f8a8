"""Bounded pool of threads for CPU work, each with worker state of its own."""

import asyncio
import contextvars
import math
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import Generic, TypeVar

from gwansang.core.exceptions import Unavailable
from gwansang.core.tracing import NO_TRACER, Tracer

StateT = TypeVar("StateT")
T = TypeVar("T")
_MAX_RETRY_AFTER_S = 60
_IDLE_INTERVAL_S = 1.0


class QueueFullError(Unavailable):
    """Carries `retry_after_s` in its context."""

    code = "QUEUE_FULL"
    title = "Too much to do at once"


class InferenceTimeoutError(Unavailable):
    """Carries `retry_after_s` in its context."""

    code = "INFERENCE_TIMEOUT"
    title = "The analysis took too long"


class NotReadyError(Unavailable):
    """Carries `retry_after_s` in its context."""

    code = "NOT_READY"
    title = "The service is starting or stopping"


def _ignore_queue(pending: int, waiting: int, waits_s: float | None) -> None:
    """Record nothing."""


class InferencePool(Generic[StateT]):
    """Thread pool with `workers` threads and a queue of at most `queue` jobs; a job gets its thread's state.

    build: makes the state of a thread, such as loaded networks, which only that thread may use; called once in each.
    when_idle: called in one of the threads when the last job is done, at most once a second.
    record_wait: called with the seconds that each job waited for a thread.
    record_queue: called at every change with the jobs that run or wait, those of them that wait, and how many seconds
    the first has waited (None: nothing waits).
    tracer: records each job as a part of the request or task that runs it.
    """

    def __init__(
        self,
        build: Callable[[], StateT],
        *,
        workers: int,
        queue: int,
        timeout_s: float,
        when_idle: Callable[[], object] = object,
        record_wait: Callable[[float], object] = float,
        record_queue: Callable[[int, int, float | None], object] = _ignore_queue,
        tracer: Tracer = NO_TRACER,
    ) -> None:
        self._build = build
        self._when_idle = when_idle
        self._record_wait = record_wait
        self._record_queue = record_queue
        self._tracer = tracer
        self._waiting_since: dict[object, float] = {}  # the oldest first
        self._idle_at = monotonic()
        self._workers = workers
        self._capacity = workers + queue
        self._timeout_s = timeout_s
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="inference")
        self._local = threading.local()
        self._lock = threading.Lock()
        self._pending = 0
        self._mean_s = 0.2  # of one job; measured from the first on
        self._open = False

    def check_ready(self) -> None:
        """Raise NotReadyError or QueueFullError if another job would not be accepted."""
        if not self._open:
            raise NotReadyError("The service is starting or stopping; try again in a moment.", retry_after_s=5)
        if self._pending >= self._capacity:
            message = "Too many photos are waiting to be read; try again a little later."
            raise QueueFullError(message, retry_after_s=self._retry_after_s())

    async def start(self) -> None:
        """Build the state of every thread; raises the first failure."""
        barrier = threading.Barrier(self._workers)
        builds = [self._threads.submit(self._build_state, barrier) for _ in range(self._workers)]
        outcomes = await asyncio.gather(*map(asyncio.wrap_future, builds), return_exceptions=True)
        faults = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if faults:
            await self.close()
            raise min(faults, key=lambda fault: isinstance(fault, threading.BrokenBarrierError))  # the cause first
        self._open = True

    async def close(self) -> None:
        """Wait for running jobs, cancel waiting ones and end the threads."""
        with self._lock:
            self._open = False
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)

    async def run(self, job: Callable[[StateT], T]) -> T:
        """Run a job with the state of a free thread; raises NotReadyError, QueueFullError, InferenceTimeoutError."""
        future = self._submit(job)
        try:
            async with asyncio.timeout(self._timeout_s) as deadline:
                return await asyncio.wrap_future(future)  # cancelling the caller cancels a job that still waits
        except TimeoutError:
            if not deadline.expired():
                raise
            message = "The analysis took too long and was given up; try again, or send a smaller photo."
            raise InferenceTimeoutError(message, retry_after_s=self._retry_after_s()) from None

    def _submit(self, job: Callable[[StateT], T]) -> Future[T]:
        job_id = object()
        with self._lock:
            self.check_ready()
            self._pending += 1
            self._waiting_since[job_id] = monotonic()
            self._note_queue()
        future = self._threads.submit(contextvars.copy_context().run, self._run_timed, job, job_id)
        future.add_done_callback(lambda _: self._finish(job_id))
        return future

    def _run_timed(self, job: Callable[[StateT], T], job_id: object) -> T:
        started = monotonic()
        with self._lock:
            waited_s = started - self._waiting_since.pop(job_id, started)
            self._note_queue()
        self._record_wait(waited_s)
        try:
            state: StateT = self._local.state
            with self._tracer.inner_span("inference", {"gwansang.inference.waited_s": waited_s}):
                return job(state)
        finally:
            self._mean_s += 0.1 * (monotonic() - started - self._mean_s)

    def _finish(self, job_id: object) -> None:
        with self._lock:
            self._waiting_since.pop(job_id, None)
            self._pending -= 1
            self._note_queue()
            if self._open and not self._pending and monotonic() - self._idle_at > _IDLE_INTERVAL_S:
                self._idle_at = monotonic()
                self._threads.submit(self._when_idle)

    def _note_queue(self) -> None:
        since = next(iter(self._waiting_since.values()), None)
        self._record_queue(self._pending, len(self._waiting_since), None if since is None else monotonic() - since)

    def _build_state(self, barrier: threading.Barrier) -> None:
        """Build this thread's state, then block until all are built, so that each thread builds exactly one."""
        try:
            self._local.state = self._build()
            barrier.wait()
        except BaseException:
            barrier.abort()
            raise

    def _retry_after_s(self) -> int:
        wait_s = self._mean_s * self._pending / self._workers
        return min(max(1, math.ceil(wait_s)), _MAX_RETRY_AFTER_S)
