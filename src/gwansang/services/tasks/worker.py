"""Worker of this process: adds new tasks and due deliveries to the engine, sends heartbeats, and requeues its work when
it stops.

The engine is opened with the first task, because that takes most of a second; a process that is only a worker opens it
at the start.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from gwansang.core.exceptions import Unavailable
from gwansang.core.tracing import NO_TRACER, Tracer
from gwansang.db.job_store import open_job_store
from gwansang.jobs.protocols import DELIVERIES, TASKS, LaneWork
from gwansang.jobs.slots import WorkerSlot
from gwansang.services.tasks.executor import JobExecutor
from gwansang.services.tasks.job import Job
from gwansang.services.tasks.notifier import NEW_TASK
from gwansang.services.tasks.run import JobResources
from gwansang.services.tasks.sweeper import Sweeper
from gwansang.services.webhooks.delivery_executor import DeliveryExecutor

if TYPE_CHECKING:  # its module takes most of a second to import
    from gwansang.jobs.engine import JobEngine

_log = structlog.get_logger("gwansang.jobs")
_BATCH: Final = 50
_CANCEL_GRACE_S: Final = 2.0
_DELIVERIES_AT_ONCE: Final = 8  # they wait for receivers and cost little else


@dataclass(frozen=True, slots=True)
class PollIntervals:
    """Intervals of a worker. A worker without a heartbeat for `dead_after_s` is taken for dead; one that stops waits
    `shutdown_grace_s` for its running steps and for the attempts to deliver that are under way."""

    poll_s: float = 1.0
    heartbeat_s: float = 3.0
    sweep_s: float = 5.0
    dead_after_s: float = 15.0
    shutdown_grace_s: float = 8.0


@dataclass(frozen=True, slots=True)
class JobPolicy:
    """Settings of a worker. slot_folder: shared by the workers of a machine; concurrency: tasks at once in one worker,
    the same for all."""

    database_url: str
    slot_folder: Path
    concurrency: int
    intervals: PollIntervals = PollIntervals()


@dataclass(frozen=True, slots=True)
class _OpenEngine:
    """An opened engine with its slot and its sweeper."""

    slot: WorkerSlot
    engine: "JobEngine"
    sweeper: Sweeper

    async def requeue_own(self) -> int:
        """Requeue the work of this worker and return how much it was."""
        requeued = 0
        for lane in (TASKS, DELIVERIES):
            own = [one.task_id for one in await self.engine.list_tasks(lane) if one.worker == self.slot.name]
            await self.engine.requeue(own, lane)
            requeued += len(own)
        return requeued


class TaskWorker:
    """The worker of this process; belongs to one event loop."""

    def __init__(
        self,
        resources: JobResources,
        executor: JobExecutor,
        policy: JobPolicy,
        deliveries: DeliveryExecutor | None = None,
    ) -> None:
        self._deliveries = deliveries
        self._resources = resources
        self._executor = executor
        self._policy = policy
        self._intervals = policy.intervals
        self._loops: list[asyncio.Task[None]] = []
        self._open: _OpenEngine | None = None
        self._opening = asyncio.Lock()

    async def start(self, *, eager: bool = False) -> None:
        """Start to look for tasks; `eager` opens the engine before returning."""
        if eager:
            await self._ensure_open()
        heartbeat_s, sweep_s = self._intervals.heartbeat_s, self._intervals.sweep_s
        self._loops = [
            asyncio.create_task(_repeat(self._enqueue_new, self._wait_for_new_task), name="jobs.enqueue"),
            asyncio.create_task(_repeat(self._send_heartbeat, lambda: asyncio.sleep(heartbeat_s)), name="jobs.beat"),
            asyncio.create_task(_repeat(self._sweep, lambda: asyncio.sleep(sweep_s)), name="jobs.sweep"),
        ]
        if self._deliveries is not None:
            enqueue_due, poll_s = partial(self._enqueue_due, self._deliveries), self._intervals.poll_s
            due = asyncio.create_task(_repeat(enqueue_due, lambda: asyncio.sleep(poll_s)), name="jobs.deliveries")
            self._loops.append(due)

    @property
    def name(self) -> str:
        """Name of this worker, "" before its engine is open."""
        return self._open.slot.name if self._open else ""

    async def close(self) -> None:
        """Let running steps end, requeue the remaining tasks for other workers, and stop."""
        self._executor.stop()
        if self._deliveries is not None:
            self._deliveries.stop()
        async with self._opening:  # a thread that opens the engine can't be stopped, and would leave it open
            for loop in self._loops:
                loop.cancel()
        for loop in self._loops:
            with suppress(asyncio.CancelledError):
                await loop
        if self._open is not None:
            await self._close_engine(self._open)
            self._open = None

    async def _ensure_open(self) -> _OpenEngine:
        async with self._opening:
            if self._open is None:
                self._open = await self._open_engine()
                await self._send_heartbeat()
                _log.info("worker.started", worker=self.name, concurrency=self._policy.concurrency)
            return self._open

    async def _open_engine(self) -> _OpenEngine:
        slot = WorkerSlot.acquire(self._policy.slot_folder)
        try:
            work = (self._executor, self._deliveries)
            engine = await asyncio.to_thread(_start_engine, slot.name, asyncio.get_running_loop(), self._policy, *work)
        except BaseException:
            slot.release()
            raise
        dead_after = timedelta(seconds=self._intervals.dead_after_s)
        sweeper = Sweeper(
            self._resources,
            self._executor,
            engine,
            worker=slot.name,
            dead_after=dead_after,
            deliveries=self._deliveries,
        )
        return _OpenEngine(slot, engine, sweeper)

    async def _enqueue_new(self) -> None:
        """Add new tasks to the engine."""
        uow = self._resources.uow
        async with uow.read() as tx:
            new = await tx.tasks.list_not_enqueued(_BATCH)
            stale = self._resources.clock() - timedelta(seconds=2 * self._intervals.dead_after_s)
            needed = bool(new) or await tx.tasks.any_unfinished() or await tx.workers.any_stale(stale)
        if not needed:  # not even to delete what a dead worker left in the engine's tables
            return
        engine = (await self._ensure_open()).engine
        while new:
            await engine.enqueue(new)
            async with uow.write() as tx:
                await tx.tasks.mark_enqueued(new, self._resources.clock())
            async with uow.read() as tx:
                new = await tx.tasks.list_not_enqueued(_BATCH)

    async def _enqueue_due(self, deliveries: DeliveryExecutor) -> None:
        """Add attempts to deliver events to the engine once they are due."""
        while due := await deliveries.list_due(_BATCH):
            await (await self._ensure_open()).engine.enqueue(due, DELIVERIES)
            await deliveries.mark_enqueued(due)

    async def _wait_for_new_task(self) -> None:
        await self._resources.notifier.wait(NEW_TASK, self._intervals.poll_s)

    async def _send_heartbeat(self) -> None:
        if self._open is not None:
            async with self._resources.uow.write() as tx:
                await tx.workers.record_heartbeat(self._open.slot.name, self._resources.clock())

    async def _sweep(self) -> None:
        if self._open is not None:
            await self._open.sweeper.sweep()

    async def _close_engine(self, opened: _OpenEngine) -> None:
        requeued = 0
        try:
            opened.engine.stop_dequeuing()
            await asyncio.gather(self._end_tasks(), self._end_deliveries())
            with suppress(Unavailable):  # otherwise others requeue its tasks once this worker counts as dead
                requeued = await self._hand_over(opened)
        finally:
            await asyncio.to_thread(opened.engine.close)
            opened.slot.release()  # last: another process with this name must not have its row deleted
        _log.info("worker.stopped", worker=opened.slot.name, requeued=requeued)

    async def _end_tasks(self) -> None:
        if not await self._executor.wait_until_idle(self._intervals.shutdown_grace_s):
            self._executor.cancel()
            await self._executor.wait_until_idle(_CANCEL_GRACE_S)

    async def _end_deliveries(self) -> None:
        if self._deliveries is not None:
            await self._deliveries.wait_until_idle(self._intervals.shutdown_grace_s)

    async def _hand_over(self, opened: _OpenEngine) -> int:
        """Requeue the tasks of this worker, return their number, and sign it off."""
        requeued = await opened.requeue_own()
        cleared = await opened.sweeper.clear()
        async with self._resources.uow.write() as tx:
            # Without a dead worker, the next one would not look into the engine if their users are erased.
            await (tx.workers.delete if cleared else tx.workers.mark_dead)(opened.slot.name)
        return requeued


@asynccontextmanager
async def open_worker(
    resources: JobResources,
    jobs: Iterable[Job],
    policy: JobPolicy,
    *,
    tracer: Tracer = NO_TRACER,
    eager: bool = False,
    deliveries: DeliveryExecutor | None = None,
) -> AsyncIterator[TaskWorker]:
    """Run a worker for these jobs, and for deliveries if given, in this process; `eager` opens its engine at once."""
    worker = TaskWorker(resources, JobExecutor(jobs, resources, tracer), policy, deliveries)
    try:
        await worker.start(eager=eager)
        yield worker
    finally:
        await worker.close()


def _start_engine(
    worker: str,
    loop: asyncio.AbstractEventLoop,
    policy: JobPolicy,
    executor: JobExecutor,
    deliveries: DeliveryExecutor | None,
) -> "JobEngine":
    from gwansang.jobs.engine import JobEngine  # noqa: PLC0415 - takes most of a second, needed only to run jobs

    engine = JobEngine(
        open_job_store(policy.database_url),
        executor.execute,
        worker=worker,
        concurrency=policy.concurrency,
        deliveries=None if deliveries is None else LaneWork(deliveries.execute, _DELIVERIES_AT_ONCE),
    )
    try:
        engine.start(loop)
    except BaseException:
        engine.close()
        raise
    return engine


async def _repeat(act: Callable[[], Awaitable[None]], pause: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await act()
        except Unavailable as error:
            _log.warning("worker.unavailable", error=error.code)
        except Exception:  # the loops of a running worker must not end
            _log.exception("worker.loop_failed")
        await pause()
