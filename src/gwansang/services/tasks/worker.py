"""Does tasks in this process: finds those that no worker knows of, says that it is alive, and hands over when it stops.

The engine is opened when there is something to do for the first time, because that takes most of a second; a process
that is nothing but a worker opens it at once.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from gwansang.core.exceptions import Unavailable
from gwansang.db.job_store import open_job_store
from gwansang.jobs.slots import WorkerSlot
from gwansang.services.tasks.executor import JobExecutor
from gwansang.services.tasks.job import Job
from gwansang.services.tasks.notifier import NEW_WORK
from gwansang.services.tasks.run import JobResources
from gwansang.services.tasks.sweeper import Sweeper

if TYPE_CHECKING:  # its module takes most of a second to import
    from gwansang.jobs.engine import JobEngine

_log = structlog.get_logger("gwansang.jobs")
_AT_ONCE: Final = 50
_LAST_WORDS_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class PollIntervals:
    """How often things are looked after. A worker that was not heard of for `silent_s` is taken for dead; one that
    stops waits for `grace_s` for the steps that run."""

    poll_s: float = 1.0
    heartbeat_s: float = 3.0
    sweep_s: float = 5.0
    dead_after_s: float = 15.0
    shutdown_grace_s: float = 8.0


@dataclass(frozen=True, slots=True)
class JobPolicy:
    """How long work is done. slots: a folder that the workers of a machine share; concurrency: tasks at once in one
    worker, the same for all; keep: how long an ended task can be asked for."""

    database_url: str
    slots: Path
    concurrency: int
    keep: timedelta
    pace: PollIntervals = PollIntervals()


@dataclass(frozen=True, slots=True)
class _AtWork:
    """An opened engine and what goes with it."""

    slot: WorkerSlot
    engine: "JobEngine"
    sweeper: Sweeper


class TaskWorker:
    """The worker in this process; belongs to one event loop."""

    def __init__(self, places: JobResources, driver: JobExecutor, rules: JobPolicy) -> None:
        self._places = places
        self._driver = driver
        self._rules = rules
        self._pace = rules.pace
        self._loops: list[asyncio.Task[None]] = []
        self._at_work: _AtWork | None = None
        self._opening = asyncio.Lock()

    async def start(self, *, at_once: bool = False) -> None:
        """Begins to look for work; `at_once` opens the engine before it returns."""
        if at_once:
            await self._open()
        self._loops = [
            asyncio.create_task(_again(self._look, self._until_new_work), name="jobs.look"),
            asyncio.create_task(_again(self._beat, lambda: asyncio.sleep(self._pace.heartbeat_s)), name="jobs.beat"),
            asyncio.create_task(_again(self._sweep, lambda: asyncio.sleep(self._pace.sweep_s)), name="jobs.sweep"),
        ]

    @property
    def name(self) -> str:
        """The name of this worker; "" before it is at work."""
        return self._at_work.slot.name if self._at_work else ""

    async def close(self) -> None:
        """Lets the steps that run end, hands back the rest, and leaves; others go on at once."""
        self._driver.stop()
        async with self._opening:  # a thread that opens the engine can't be stopped, and would leave it open
            for loop in self._loops:
                loop.cancel()
        for loop in self._loops:
            with suppress(asyncio.CancelledError):
                await loop
        if self._at_work is not None:
            await self._leave(self._at_work)
            self._at_work = None

    async def _open(self) -> _AtWork:
        async with self._opening:
            if self._at_work is None:
                self._at_work = await self._begin()
                await self._beat()
                _log.info("jobs.at_work", worker=self.name, concurrency=self._rules.concurrency)
            return self._at_work

    async def _begin(self) -> _AtWork:
        slot = WorkerSlot.take(self._rules.slots)
        try:
            engine = await asyncio.to_thread(self._opened, slot.name, asyncio.get_running_loop())
        except BaseException:
            slot.release()
            raise
        silent = timedelta(seconds=self._pace.dead_after_s)
        return _AtWork(slot, engine, Sweeper(self._places, self._driver, engine, worker=slot.name, silent=silent))

    def _opened(self, worker: str, loop: asyncio.AbstractEventLoop) -> "JobEngine":
        from gwansang.jobs.engine import JobEngine  # noqa: PLC0415 - takes most of a second, and only where jobs are done

        store = open_job_store(self._rules.database_url)
        engine = JobEngine(store, self._driver, loop, worker=worker, concurrency=self._rules.concurrency)
        try:
            engine.start()
        except BaseException:
            engine.close()
            raise
        return engine

    async def _look(self) -> None:
        """Gives new tasks to the engine."""
        uow = self._places.uow
        async with uow.read() as tx:
            new = await tx.tasks.not_enqueued(_AT_ONCE)
            silent = self._places.clock() - timedelta(seconds=2 * self._pace.dead_after_s)
            needed = bool(new) or await tx.tasks.any_unfinished() or await tx.workers.any_stale(silent)
        if not needed:  # not even to clear away what a dead worker left in the engine's tables
            return
        engine = (await self._open()).engine
        while new:
            await asyncio.to_thread(engine.enqueue, new)
            async with uow.write() as tx:
                await tx.tasks.mark_enqueued(new, self._places.clock())
            async with uow.read() as tx:
                new = await tx.tasks.not_enqueued(_AT_ONCE)

    async def _until_new_work(self) -> None:
        await self._places.notifier.wait(NEW_WORK, self._pace.poll_s)

    async def _beat(self) -> None:
        if self._at_work is not None:
            async with self._places.uow.write() as tx:
                await tx.workers.beat(self._at_work.slot.name, self._places.clock())

    async def _sweep(self) -> None:
        if self._at_work is not None:
            await self._at_work.sweeper.sweep()

    async def _leave(self, at_work: _AtWork) -> None:
        try:
            handed_back = await self._hand_over(at_work)
            with suppress(Unavailable):
                async with self._places.uow.write() as tx:
                    await tx.workers.leave(at_work.slot.name)
        finally:
            at_work.slot.release()  # not before: whoever has the name next must not be forgotten under it
        _log.info("jobs.left", worker=at_work.slot.name, handed_back=handed_back)

    async def _hand_over(self, at_work: _AtWork) -> int:
        """Ends the engine and says how many tasks others can go on with at once; where the database is away, they do
        when this worker has been silent for some time."""
        engine = at_work.engine
        try:
            await asyncio.to_thread(engine.stop_dequeuing)
            if not await self._still(self._pace.shutdown_grace_s):
                self._driver.interrupt()
                await self._still(_LAST_WORDS_S)
            with suppress(Unavailable):
                await at_work.sweeper.delete_ended()
            with suppress(Unavailable):
                return await asyncio.to_thread(engine.requeue_own)
            return 0
        finally:
            await asyncio.to_thread(engine.close)

    async def _still(self, seconds: float) -> bool:
        """Whether nothing is being done here any more, within that time."""
        try:
            async with asyncio.timeout(seconds):
                await self._driver.idle.wait()
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def open_worker(
    places: JobResources, jobs: Mapping[str, Job], rules: JobPolicy, *, at_once: bool = False
) -> AsyncIterator[TaskWorker]:
    """A worker in this process that does these kinds of work; `at_once` has it ready from the beginning."""
    runner = TaskWorker(places, JobExecutor(jobs, places, keep=rules.keep), rules)
    try:
        await runner.start(at_once=at_once)
        yield runner
    finally:
        await runner.close()


async def _again(act: Callable[[], Awaitable[None]], pause: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await act()
        except Unavailable as error:
            _log.warning("jobs.postponed", error=error.code)
        except Exception:  # a worker that is alive must not stop looking
            _log.exception("jobs.stumbled")
        await pause()
