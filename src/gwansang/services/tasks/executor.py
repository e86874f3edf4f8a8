"""Execution of tasks by their jobs: claimed, planned, executed step by step, and finished exactly once, whichever
process dies."""

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterable
from contextlib import suppress
from functools import partial
from typing import Final, NoReturn
from uuid import UUID, uuid4

import structlog

from gwansang.core.exceptions import AppError, Unavailable
from gwansang.core.tracing import NO_TRACER, Tracer
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

    def __init__(self, jobs: Iterable[Job], resources: JobResources, tracer: Tracer = NO_TRACER) -> None:
        self._jobs = {job.kind.name: job for job in jobs}
        self._resources = resources
        self._tracer = tracer
        self._stopping = asyncio.Event()
        self._executions: dict[asyncio.Task[object], UUID] = {}
        self._gate = ExclusiveGate()

    @property
    def active(self) -> frozenset[UUID]:
        """Tasks that are executed now."""
        return frozenset(self._executions.values())

    async def execute(self, task_id: UUID) -> None:
        """Work on a task until it has ended, or return at once if it has ended or was erased. Raises TaskReleased."""
        execution = asyncio.current_task()
        if execution is None:
            raise RuntimeError("a task is executed within a task of the event loop")
        self._executions[execution] = task_id
        try:
            self._raise_if_stopping()
            await self._execute(task_id)
        except (asyncio.CancelledError, TaskGoneError) as error:
            if await self._is_unfinished(task_id):  # this process stops, or another run has the task
                raise TaskReleased from error
        finally:
            del self._executions[execution]

    def stop(self) -> None:
        """Release every task before its next step, for other workers."""
        self._stopping.set()

    async def wait_until_idle(self, timeout_s: float) -> bool:
        """Return whether every execution ended within that time."""
        if self._executions:
            await asyncio.wait(self._executions, timeout=timeout_s)
        return not self._executions

    def cancel(self, task_ids: Container[UUID] | None = None) -> None:
        """Cancel the executions of these tasks, which were cancelled or erased, or of all tasks."""
        for execution, task_id in self._executions.items():
            if task_ids is None or task_id in task_ids:
                execution.cancel()

    async def _execute(self, task_id: UUID) -> None:
        run = await self._claim(task_id)
        if run is None:
            return
        kind = {"gwansang.task.kind": run.kind}
        with self._tracer.entry_span(f"task {run.kind}", "consumer", run.trace_position, kind) as span:
            try:
                await self._work(run, self._jobs[run.kind])
            finally:
                if run.failed_with is not None:
                    span.fail(run.failed_with)

    async def _work(self, run: TaskRun, job: Job) -> None:
        try:
            if run.steps is None:
                await self._attempt(run, "plan", partial(_plan, run, job))
            elif run.done:
                await self._attempt(run, "resume", partial(_resume, run, job))
            for index in range(run.steps or 0):
                if index not in run.done:
                    await self._attempt(run, "step", partial(_step, run, job, index))
            await self._attempt(run, "finish", partial(_finish, run, job))
        except (asyncio.CancelledError, TaskReleased):
            with suppress(TaskGoneError):
                await run.undo_try()
            raise

    async def _claim(self, task_id: UUID) -> TaskRun | None:
        """Return a run that holds the task, None if it has ended or was erased."""
        try:
            run = await self._start_run(task_id)
        except AppError as error:  # what this worker lacks: it will release the task again and again
            _log.error("task.claim_failed", task_id=str(task_id), code=error.code, reason=error.message)
            raise
        except Exception:
            _log.exception("task.claim_failed", task_id=str(task_id))
            raise
        if run is not None and run.tries >= MAX_TRIES:
            await self._fail(run, JobInterruptedError(_INTERRUPTED, tries=MAX_TRIES))
        return run

    async def _start_run(self, task_id: UUID) -> TaskRun | None:
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
        return run

    async def _attempt(self, run: TaskRun, part: str, act: Callable[[], Awaitable[None]]) -> None:
        """Retry `act`, a part of the task, until it succeeds, or fail the task and raise TaskGoneError. Raises
        TaskReleased."""
        waits = 0
        while True:
            self._raise_if_stopping()
            try:
                async with self._gate.enter(exclusive=run.current_try >= MAX_TRIES):
                    await run.start_try()  # inside: waiting at the gate can't have killed a process
                    with self._tracer.inner_span(part):
                        return await act()
            except Unavailable as error:
                waits += 1
                if waits > _MAX_WAITS:
                    await self._fail(run, error)
                pause_s = await _uncount_waiting(run, waits)
            except AppError as error:
                await self._fail(run, error)
            except TaskGoneError:
                raise
            except Exception as error:  # a faulty job must not stop the queue
                _log.exception("task.retry", task_id=str(run.id), kind=run.kind, tries=run.tries)
                if run.tries >= MAX_TRIES:
                    await self._fail(run, JobFailedError(_GIVEN_UP, tries=MAX_TRIES), cause=error)
                run.try_started = False
                pause_s = 0.2 * run.tries
            await self._pause(pause_s)

    async def _fail(self, run: TaskRun, error: AppError, cause: Exception | None = None) -> NoReturn:
        await run.fail(Failure.from_error(error), keeps_inputs=self._jobs[run.kind].kind.keeps_inputs)
        raise TaskGoneError from cause

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    def _raise_if_stopping(self) -> None:
        if self._stopping.is_set():
            raise TaskReleased

    async def _is_unfinished(self, task_id: UUID) -> bool:
        async with self._resources.uow.read() as tx:
            return (await tx.tasks.list_statuses([task_id])).get(task_id) in UNFINISHED


async def _uncount_waiting(run: TaskRun, waits: int) -> float:
    """Undo the try of a run that waits for a service, which kills no process; return the seconds of its next wait."""
    with suppress(Unavailable):
        await run.undo_try()
    return min(_MAX_PAUSE_S, 0.1 * 2.0**waits)


async def _plan(run: TaskRun, job: Job) -> None:
    await run.check_consent(job.kind)
    await run.save_steps(await job.plan(run))


async def _resume(run: TaskRun, job: Job) -> None:
    await run.forget_outcomes(job.accepts)
    await run.undo_try()  # the step that follows waits at the gate, and counts a try once it is inside


async def _step(run: TaskRun, job: Job, index: int) -> None:
    await run.check_consent(job.kind)
    await run.save_outcome(index, await job.step(run, index))


async def _finish(run: TaskRun, job: Job) -> None:
    await run.succeed(await job.finish(run))
