"""Execution of tasks by their jobs: claimed, planned, executed step by step, and finished exactly once, whichever
process dies."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Container, Iterable
from contextlib import suppress
from typing import Final, NoReturn, TypeVar
from uuid import UUID, uuid4

import structlog

from gwansang.core.exceptions import AppError, Unavailable
from gwansang.jobs.protocols import TaskReleased
from gwansang.repositories.tasks import UNFINISHED
from gwansang.services.tasks.exclusive_gate import ExclusiveGate
from gwansang.services.tasks.failure import Failure
from gwansang.services.tasks.job import Job
from gwansang.services.tasks.run import JobResources, TaskGoneError, TaskRun

_log = structlog.get_logger("gwansang.tasks")
MAX_TRIES: Final = 3
_GIVEN_UP: Final = "It was tried three times and could not be done."  # spells out MAX_TRIES
_INTERRUPTED: Final = "The process that worked on it ended, three times; what was sent may be all right."
_MAX_WAITS: Final = 12  # for an unavailable service: two minutes altogether
_MAX_PAUSE_S: Final = 15.0
T = TypeVar("T")


class JobFailedError(AppError):
    """It was tried several times, and the last time the work failed unexpectedly."""

    code = "JOB_FAILED"
    title = "The work could not be done"


class JobInterruptedError(AppError):
    """It was tried several times, and the last time the process ended without a word."""

    code = "JOB_INTERRUPTED"
    title = "The service stopped while it worked on this"


class JobExecutor:
    """Executes the tasks that the engine hands to this process; belongs to one event loop."""

    def __init__(self, jobs: Iterable[Job], resources: JobResources) -> None:
        self._jobs = {job.kind.name: job for job in jobs}
        self._resources = resources
        self._stopping = asyncio.Event()
        self._executions: set[JobExecution] = set()
        self.gate = ExclusiveGate()
        self.active: Counter[UUID] = Counter()
        self.idle = asyncio.Event()
        self.idle.set()

    async def begin(self, task_id: UUID) -> "JobExecution | None":
        """Claim and plan a task; None if it has ended or was erased. Raises TaskReleased."""
        self.raise_if_stopping()
        self.active[task_id] += 1
        self.idle.clear()
        run = None
        try:
            run = await self._claim(task_id)
        except Exception as error:
            _log_claim_failure(task_id, error)
            raise
        finally:
            if run is None:
                self._end(task_id)
        if run is None:
            return None
        execution = JobExecution(self, run, self._jobs[run.kind])
        self._executions.add(execution)
        try:
            await execution.plan()
        except BaseException:
            await execution.release()
            raise
        return execution

    def stop(self) -> None:
        """Release every task before its next step, for other workers."""
        self._stopping.set()

    def cancel_steps(self) -> None:
        """Cancel the steps that run now."""
        for execution in self._executions:
            execution.cancel_step()

    def abort(self, task_ids: Container[UUID]) -> None:
        """End the executions of tasks that were cancelled or erased."""
        for execution in self._executions:
            if execution.task_id in task_ids:
                execution.abort()

    def raise_if_stopping(self) -> None:
        """Raise TaskReleased if this process is stopping."""
        if self._stopping.is_set():
            raise TaskReleased

    async def run_with_retries(self, run: TaskRun, act: Callable[[], Awaitable[T]]) -> T:
        """Retry `act` until it succeeds, or fail the task and raise TaskGoneError. Raises TaskReleased."""
        waits = 0
        while True:
            self.raise_if_stopping()
            try:
                return await act()
            except Unavailable as error:
                waits += 1
                if waits > _MAX_WAITS:
                    await self._fail(run, error)
                pause_s = min(_MAX_PAUSE_S, 0.1 * 2**waits)
            except AppError as error:
                await self._fail(run, error)
            except TaskGoneError:
                raise
            except Exception as error:  # a faulty job must not stop the queue
                _log.exception("task.retry", task_id=str(run.id), kind=run.kind, tries=run.tries)
                if run.tries >= MAX_TRIES:
                    await self._fail(run, _job_failed(error))
                run.try_started = False
                pause_s = 0.2 * run.tries
            await self._pause(pause_s)

    def release(self, execution: "JobExecution") -> None:
        """Record that an execution has ended."""
        self._executions.discard(execution)
        self._end(execution.task_id)

    def _end(self, task_id: UUID) -> None:
        self.active[task_id] -= 1
        if not self.active[task_id]:
            del self.active[task_id]
        if not self.active:
            self.idle.set()

    async def _claim(self, task_id: UUID) -> TaskRun | None:
        resources = self._resources
        async with resources.uow.write() as tx:
            row = await tx.tasks.get_for_update(task_id)
            if row is None or row.status not in UNFINISHED:
                return None
            if row.kind not in self._jobs:
                _log.warning("task.kind_unknown", task_id=str(task_id), kind=row.kind)
                raise TaskReleased  # a newer release submitted it and has workers for it
            key = await resources.sealer.load_or_create_key(tx, row.user_id)
            done = await tx.task_items.list_positions(task_id)
            row.run, row.status = uuid4(), "processing"
            row.started_at = row.started_at or resources.clock()
            row.version += 1
            run = TaskRun(await tx.tasks.save(row), row.run, done, key, resources)
        resources.notifier.notify(task_id)
        if run.tries < MAX_TRIES:
            return run
        try:
            await self._fail(run, JobInterruptedError(_INTERRUPTED, tries=MAX_TRIES))
        except TaskGoneError:
            return None

    async def _fail(self, run: TaskRun, error: AppError) -> NoReturn:
        await run.fail(Failure.from_error(error))
        raise TaskGoneError

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()


class JobExecution:
    """A task while its job executes it in this process."""

    def __init__(self, executor: JobExecutor, run: TaskRun, job: Job) -> None:
        self._executor = executor
        self._run = run
        self._job = job
        self._gone = False
        self._step_task: asyncio.Task[object] | None = None
        self.task_id = run.id

    @property
    def steps(self) -> int:
        return 0 if self._gone else self._run.steps or 0

    async def plan(self) -> None:
        """Store the number of steps, once; of a task that is continued, find the steps to repeat."""
        if self._run.steps is None:
            await self._unless_gone(self._plan)
        elif self._run.done:
            await self._unless_gone(lambda: self._run.forget_outcomes(self._job.accepts))

    async def step(self, index: int) -> None:
        """Execute a step unless its outcome is stored."""
        if index not in self._run.done:
            await self._unless_gone(lambda: self._step(index))

    async def finish(self) -> None:
        """End the task. Steps that the engine recorded but whose outcome is missing, as after a restored backup, are
        executed first."""
        for index in range(self.steps):
            await self.step(index)
        await self._unless_gone(self._finish)
        self._gone = True

    def cancel_step(self) -> None:
        """Cancel the step that runs now, if any."""
        if self._step_task is not None:
            self._step_task.cancel()

    def abort(self) -> None:
        """End the execution, because its task was cancelled or erased."""
        if not self._gone:
            self._gone = True
            self.cancel_step()

    async def release(self) -> None:
        """End the execution; a try that it started and did not end is uncounted."""
        self._executor.release(self)
        if not self._gone:
            try:
                await self._run.undo_try()
            except TaskGoneError:
                self._gone = True

    async def _unless_gone(self, act: Callable[[], Awaitable[None]]) -> None:
        async def exclusively_if_last_try() -> None:
            async with self._executor.gate.enter(exclusive=self._run.current_try >= MAX_TRIES):
                await self._run.start_try()  # inside: waiting at the gate can't have killed a process
                await act()

        if self._gone:
            return
        self._step_task = asyncio.current_task()
        try:
            await self._executor.run_with_retries(self._run, exclusively_if_last_try)
        except TaskGoneError:
            self._gone = True
        except asyncio.CancelledError:
            if not self._gone:  # the worker stops
                raise
        finally:
            self._step_task = None

    async def _plan(self) -> None:
        await self._run.check_consent(self._job.kind)
        await self._run.save_steps(await self._job.plan(self._run))

    async def _finish(self) -> None:
        await self._run.succeed(await self._job.finish(self._run))

    async def _step(self, index: int) -> None:
        await self._run.check_consent(self._job.kind)
        outcome = await self._job.step(self._run, index)
        steps = self._run.steps or 0
        progress = (len(self._run.done) + 1) / (steps + 1)  # one part is left for the finish
        await self._run.save_outcome(index, outcome, progress)


def _log_claim_failure(task_id: UUID, error: Exception) -> None:
    """Log what this worker lacks: it will release the task again and again."""
    if isinstance(error, AppError):
        _log.error("task.claim_failed", task_id=str(task_id), code=error.code, reason=error.message)
    else:
        _log.error("task.claim_failed", task_id=str(task_id), exc_info=error)


def _job_failed(error: Exception) -> JobFailedError:
    failure = JobFailedError(_GIVEN_UP, tries=MAX_TRIES)
    failure.__cause__ = error
    return failure
