"""How a task is driven: begun, one step after the other, finished once, in whatever process, whichever died."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final, NoReturn, TypeVar
from uuid import UUID, uuid4

import structlog
from pydantic import TypeAdapter

from gwansang.core.exceptions import AppError, Unavailable
from gwansang.jobs.protocols import TaskReleased
from gwansang.models import Task
from gwansang.repositories.tasks import UNFINISHED
from gwansang.services.tasks.exclusive_gate import ExclusiveGate
from gwansang.services.tasks.failure import failure_of
from gwansang.services.tasks.job import Job, JsonObject
from gwansang.services.tasks.run import ClaimedTask, JobResources, TaskGoneError, TaskRun

_log = structlog.get_logger("gwansang.tasks")
MAX_TRIES: Final = 3
_WAITS: Final = 12  # for what is out of reach: two minutes altogether
_LONGEST_WAIT_S: Final = 15.0
_OBJECT: Final[TypeAdapter[JsonObject]] = TypeAdapter(JsonObject)
T = TypeVar("T")


class JobFailedError(AppError):
    """It was tried several times, and each time the work failed unexpectedly or the process died of it."""

    code = "JOB_FAILED"
    title = "The work could not be done"


class JobExecutor:
    """Drives the tasks that the engine gives to this process; belongs to one event loop."""

    def __init__(self, jobs: Mapping[str, Job], places: JobResources, *, keep: timedelta) -> None:
        self._jobs = jobs
        self._places = places
        self._keep = keep
        self._stopping = asyncio.Event()
        self._busy: set[asyncio.Task[object]] = set()
        self.gate = ExclusiveGate()
        self.active: dict[UUID, int] = {}
        self.idle = asyncio.Event()
        self.idle.set()

    async def begin(self, task_id: UUID) -> "JobExecution | None":
        """Takes the task and decides how many steps it has; None where it has ended. Raises TaskReleased."""
        self.raise_if_stopping()
        self.active[task_id] = self.active.get(task_id, 0) + 1
        self.idle.clear()
        try:
            work = await self._take(task_id)
        except BaseException as error:
            self.left(task_id)
            _tell_why(task_id, error)
            raise
        if work is None:
            self.left(task_id)
            return None
        course = JobExecution(self, work, self._jobs[work.kind])
        try:
            await course.plan()
        except BaseException:
            await course.leave()
            raise
        return course

    def stop(self) -> None:
        """From now on tasks end between two steps, to be taken up by others."""
        self._stopping.set()

    def interrupt(self) -> None:
        """Ends steps in their middle."""
        for task in tuple(self._busy):
            task.cancel()

    def raise_if_stopping(self) -> None:
        """Raises TaskReleased where this process stops."""
        if self._stopping.is_set():
            raise TaskReleased

    @asynccontextmanager
    async def interruptible(self) -> AsyncIterator[None]:
        """What `interrupt` ends."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - for the type checker: coroutines run in tasks
        self._busy.add(task)
        try:
            yield
        finally:
            self._busy.discard(task)

    async def run_with_retries(self, work: TaskRun, act: Callable[[], Awaitable[T]]) -> T:
        """Acts until it succeeds; ends the task where it can't, and then raises TaskGoneError. Raises TaskReleased."""
        waits = 0
        while True:
            self.raise_if_stopping()
            try:
                return await act()
            except Unavailable as error:
                waits += 1
                if waits > _WAITS:
                    await self._fail(work, error)
                pause = min(_LONGEST_WAIT_S, 0.1 * 2**waits)
            except AppError as error:
                await self._fail(work, error)
            except TaskGoneError:
                raise
            except Exception as error:  # whatever a job does wrong, the queue goes on
                _log.exception("task.stumbled", task_id=str(work.id), kind=work.kind, tries=work.tries)
                if work.tries >= MAX_TRIES:
                    await self._fail(work, _dead(error))
                work.begun = False
                pause = 0.2 * work.tries
            await self._pause(pause)

    async def finished(self, work: TaskRun, job: Job) -> None:
        """Ends the task with its result."""
        await work.succeed(await job.finish(work), self._keep)

    def left(self, task_id: UUID) -> None:
        """A course of this task has ended here."""
        self.active[task_id] -= 1
        if not self.active[task_id]:
            del self.active[task_id]
        if not self.active:
            self.idle.set()

    async def _take(self, task_id: UUID) -> TaskRun | None:
        places = self._places
        async with places.uow.write() as tx:
            row = await tx.tasks.get_for_update(task_id)
            if row is None or row.status not in UNFINISHED:
                return None
            if row.kind not in self._jobs:
                _log.warning("task.kind_unknown", task_id=str(task_id), kind=row.kind)
                raise TaskReleased  # it is of a newer release, which will do it
            key = await places.sealer.load_or_create_key(tx, row.user_id)
            taken = _taken(row, uuid4(), await tx.task_items.positions(task_id))
            row.run, row.status = taken.run, "processing"
            row.started_at = row.started_at or places.clock()
            row.version += 1
            await tx.tasks.save(row)
        places.notifier.notify(task_id)
        work = TaskRun(taken, key, places)
        if work.tries < MAX_TRIES:
            return work
        try:
            await self._fail(work, _dead(None))
        except TaskGoneError:
            return None

    async def _fail(self, work: TaskRun, error: AppError) -> NoReturn:
        await work.fail(failure_of(error), self._keep)
        raise TaskGoneError

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


class JobExecution:
    """A task on its way through this process."""

    def __init__(self, driver: JobExecutor, work: TaskRun, job: Job) -> None:
        self._driver = driver
        self._work = work
        self._job = job
        self._gone = False

    @property
    def steps(self) -> int:
        return 0 if self._gone else self._work.steps or 0

    async def plan(self) -> None:
        """Decides how many steps there are, once."""
        if self._work.steps is None:
            await self._unless_gone(self._plan)

    async def step(self, index: int) -> None:
        """Does a step that is not done yet."""
        if index not in self._work.done:
            await self._unless_gone(lambda: self._step(index))

    async def finish(self) -> None:
        """Ends the task. What steps the engine took for done and are not (its tables are older or newer than ours, as
        after a restored backup) are done first."""
        for index in range(self.steps):
            await self.step(index)
        await self._unless_gone(lambda: self._driver.finished(self._work, self._job))
        self._gone = True

    async def leave(self) -> None:
        """Lets go of the task; what was begun and is not ended does not count as a try."""
        self._driver.left(self._work.id)
        if not self._gone:
            try:
                await self._work.undo_try()
            except TaskGoneError:
                self._gone = True

    async def _unless_gone(self, act: Callable[[], Awaitable[None]]) -> None:
        async def alone_if_last() -> None:
            async with self._driver.gate.passing(alone=self._work.current_try >= MAX_TRIES):
                await self._work.begin()  # not before: who waits at the gate did nothing that could kill
                await act()

        if self._gone:
            return
        async with self._driver.interruptible():
            try:
                await self._driver.run_with_retries(self._work, alone_if_last)
            except TaskGoneError:
                self._gone = True

    async def _plan(self) -> None:
        await self._work.planned(await self._job.plan(self._work))

    async def _step(self, index: int) -> None:
        outcome = await self._job.step(self._work, index)
        steps = self._work.steps or 0
        await self._work.keep(index, outcome, (len(self._work.done) + 1) / (steps + 1))  # the rest is for the finish


def _tell_why(task_id: UUID, error: BaseException) -> None:
    """Whoever can't take a task hands it back, again and again; an operator has to learn what is missing here."""
    if isinstance(error, AppError):
        _log.error("task.not_taken", task_id=str(task_id), code=error.code, reason=error.message)
    elif isinstance(error, Exception):
        _log.error("task.not_taken", task_id=str(task_id), exc_info=error)


def _taken(row: Task, run: UUID, done: frozenset[int]) -> ClaimedTask:
    return ClaimedTask(
        id=row.id,
        user_id=row.user_id,
        kind=row.kind,
        params=_OBJECT.validate_python(row.params),
        inputs=row.inputs,
        steps=row.steps,
        tries=row.tries,
        run=run,
        done=done,
    )


def _dead(error: Exception | None) -> JobFailedError:
    failed = JobFailedError("It was tried three times and could not be done.", tries=MAX_TRIES)
    failed.__cause__ = error
    return failed
