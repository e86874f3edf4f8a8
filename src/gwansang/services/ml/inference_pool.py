"""The one place where CPU work runs: a bounded pool of threads, each with its own engine."""

import asyncio
import contextvars
import math
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import Generic, TypeVar

from gwansang.core.exceptions import Unavailable

E = TypeVar("E")
T = TypeVar("T")
_MAX_RETRY_AFTER_S = 60
_REST_S = 1.0


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


class InferencePool(Generic[E]):
    """Runs functions of an engine on `workers` threads; at most `queue` more wait.

    `build` makes one engine and is called once in each thread, because an engine belongs to its thread. `when_idle` is
    called in one of them when the last job is done, at most once a second; `note_wait` is told how many seconds each
    job waited for a thread.
    """

    def __init__(
        self,
        build: Callable[[], E],
        *,
        workers: int,
        queue: int,
        timeout_s: float,
        when_idle: Callable[[], object] = object,
        note_wait: Callable[[float], object] = float,
    ) -> None:
        self._build = build
        self._when_idle = when_idle
        self._note_wait = note_wait
        self._waiting: dict[object, float] = {}  # since when, the oldest first
        self._rested = monotonic()
        self._workers = workers
        self._capacity = workers + queue
        self._timeout_s = timeout_s
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="inference")
        self._own = threading.local()
        self._lock = threading.Lock()
        self._pending = 0
        self._mean_s = 0.2  # of one job; measured from the first on
        self._open = False

    def check_ready(self) -> None:
        """Raises NotReadyError or QueueFullError where another job would not be taken."""
        if not self._open:
            raise NotReadyError("The service is starting or stopping; try again in a moment.", retry_after_s=5)
        if self._pending >= self._capacity:
            message = "Too many photos are waiting to be read; try again a little later."
            raise QueueFullError(message, retry_after_s=self._retry_after_s())

    @property
    def pending(self) -> int:
        """Jobs taken and not finished: running and waiting."""
        return self._pending

    def load(self) -> tuple[int, int, float]:
        """Jobs taken and not finished, those of them that wait for a thread, and how many seconds the first waits."""
        with self._lock:
            since = next(iter(self._waiting.values()), None)
            return self._pending, len(self._waiting), 0.0 if since is None else monotonic() - since

    async def start(self) -> None:
        """Builds the engine of every thread; raises the first failure."""
        barrier = threading.Barrier(self._workers)
        builds = [self._threads.submit(self._equip, barrier) for _ in range(self._workers)]
        outcomes = await asyncio.gather(*map(asyncio.wrap_future, builds), return_exceptions=True)
        faults = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if faults:
            await self.close()
            raise min(
                faults, key=lambda fault: isinstance(fault, threading.BrokenBarrierError)
            )  # the cause, not its echo
        self._open = True

    async def close(self) -> None:
        """Lets running jobs end, drops waiting ones, ends the threads."""
        with self._lock:
            self._open = False
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)

    async def run(self, work: Callable[[E], T]) -> T:
        """Runs `work` with the engine of a free thread; raises QueueFullError where too many wait already."""
        job = self._submit(work)
        try:
            async with asyncio.timeout(self._timeout_s) as deadline:
                return await asyncio.wrap_future(job)  # a caller who is cancelled takes a waiting job along
        except TimeoutError:
            if not deadline.expired():
                raise
            message = "The analysis took too long and was given up; try again, or send a smaller photo."
            raise InferenceTimeoutError(message, retry_after_s=self._retry_after_s()) from None

    def _submit(self, work: Callable[[E], T]) -> Future[T]:
        place = object()
        with self._lock:
            self.check_ready()
            self._pending += 1
            self._waiting[place] = monotonic()
        job = self._threads.submit(contextvars.copy_context().run, self._timed, work, place)
        job.add_done_callback(lambda _: self._forget(place))
        return job

    def _timed(self, work: Callable[[E], T], place: object) -> T:
        started = monotonic()
        with self._lock:
            waited_s = started - self._waiting.pop(place, started)
        self._note_wait(waited_s)
        try:
            engine: E = self._own.engine
            return work(engine)
        finally:
            self._mean_s += 0.1 * (monotonic() - started - self._mean_s)

    def _forget(self, place: object) -> None:
        with self._lock:
            self._waiting.pop(place, None)
            self._pending -= 1
            if self._open and not self._pending and monotonic() - self._rested > _REST_S:
                self._rested = monotonic()
                self._threads.submit(self._when_idle)

    def _equip(self, barrier: threading.Barrier) -> None:
        """Each of these blocks its thread until all have built, so that no thread builds twice and none is left out."""
        try:
            self._own.engine = self._build()
            barrier.wait()
        except BaseException:
            barrier.abort()
            raise

    def _retry_after_s(self) -> int:
        wait_s = self._mean_s * self._pending / self._workers
        return min(max(1, math.ceil(wait_s)), _MAX_RETRY_AFTER_S)
