"""One run of a task: the inputs a job reads, and the writes that only the run holding the task can make."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from pydantic import JsonValue

from gwansang.core.clock import Clock
from gwansang.core.exceptions import Unavailable
from gwansang.core.tracing import TracePosition
from gwansang.models import Task, TaskItem
from gwansang.repositories.tasks import CountedTask
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.protection.sealing import DataKey, Sealer, row_aad
from gwansang.services.tasks.failure import Failure
from gwansang.services.tasks.job import JobResult
from gwansang.services.tasks.kinds import JobKind
from gwansang.services.tasks.notifier import Notifier
from gwansang.services.tasks.vault import TaskVault
from gwansang.services.webhooks.events import WebhookEvent
from gwansang.services.webhooks.outbox import WebhookOutbox

_log = structlog.get_logger("gwansang.tasks")
_MAX_MESSAGE = 500
_TRACEPARENT = "traceparent"


class TaskGoneError(Exception):
    """This run does not hold the task any more: it was cancelled or erased, it has ended, or another run holds it."""


@dataclass(frozen=True, slots=True)
class JobResources:
    """Services that tasks are stored, sealed, permitted and announced with; retention: of a task after its end; outbox:
    of events for the webhooks of its owner."""

    uow: UnitOfWork
    sealer: Sealer
    consents: ConsentService
    vault: TaskVault
    notifier: Notifier
    clock: Clock
    retention: timedelta
    outbox: WebhookOutbox


class TaskRun:
    """A task that this run has claimed; writes raise TaskGoneError and change nothing if it holds the task no more."""

    def __init__(self, row: Task, run: UUID, done: frozenset[int], key: DataKey, resources: JobResources) -> None:
        self._run = run
        self._key = key
        self._resources = resources
        self.id = row.id
        self.user_id = row.user_id
        self.kind = row.kind
        self.inputs = row.inputs
        self.tries = row.tries
        self._counts = CountedTask(row.id, row.user_id, row.kind, row.status, row.counted, row.counted_month)
        self.steps = row.steps
        self.done = set(done)
        self.try_started = False
        self.failed_with: str | None = None  # the code of the error that the task ended with
        self.trace_position = _position_of(row)

    async def input(self, number: int) -> bytes:
        """Load an input as it was submitted; raises IndexError if there is none with this number."""
        if not 0 <= number < self.inputs:
            raise IndexError(f"there is no input {number}")
        return await self._resources.vault.get(self._key, self.id, number)

    async def outcomes(self) -> Mapping[int, JsonValue]:
        """Load the outcomes of the finished steps, by index."""
        async with self._resources.uow.read() as tx:
            items = await tx.task_items.list_for_task(self.id)
        return await asyncio.to_thread(self._open, items)

    async def forget_outcomes(self, accepts: Callable[[JsonValue], bool]) -> None:
        """Take the steps whose outcomes are not accepted for not done, so that they are executed again."""
        outcomes = await self.outcomes()
        unusable = await asyncio.to_thread(lambda: {index for index, one in outcomes.items() if not accepts(one)})
        if unusable:
            self.done -= unusable
            _log.info("task.steps_repeated", task_id=str(self.id), kind=self.kind, steps=len(unusable))

    async def stage(self, name: str) -> None:
        """Show the owner what is being done now."""
        await self._save(stage=name)

    async def save_steps(self, steps: int) -> None:
        """Store the number of steps; the first try of the first step counts as started with it."""
        await self._save(steps=steps, tries=1)
        self.steps, self.tries, self.try_started = steps, 1, True

    async def check_consent(self, kind: JobKind) -> None:
        """Raise ConsentRequiredError if the consent that the task rests on is not granted any more."""
        if kind.purpose is not None:
            await self._resources.consents.require(self.user_id, kind.purpose)

    @property
    def current_try(self) -> int:
        """Number of the try that has started, else of the next one."""
        return self.tries if self.try_started else self.tries + 1

    async def start_try(self) -> None:
        """Count a try before its work begins, unless one has started already."""
        if not self.try_started:
            await self._save(tries=self.tries + 1)
            self.tries += 1
            self.try_started = True

    async def undo_try(self) -> None:
        """Uncount the try that this run started and did not end."""
        if self.try_started:
            await self._save(tries=self.tries - 1)
            self.tries -= 1
            self.try_started = False

    async def save_outcome(self, index: int, outcome: JsonValue) -> None:
        """Store the outcome of a step; the first try of the next step counts as started with it."""
        sealed = await self._seal(outcome, _item_aad(self.id, index))
        progress = (len(self.done) + 1) / ((self.steps or 0) + 1)  # one part is left for the finish
        async with self._resources.uow.write() as tx:
            await self._update(tx, progress=progress, tries=1)
            await tx.task_items.put(TaskItem(task_id=self.id, position=index, outcome=sealed))
        self.tries, self.try_started = 1, True
        self.done.add(index)
        self._resources.notifier.notify(self.id)

    async def succeed(self, result: JobResult) -> None:
        """End the task with a result, in one transaction with the writes of the job."""
        try:
            await self._succeed(result)
        except BaseException:
            if result.drop is not None:
                await result.drop()
            raise
        await self._clean_up("done")

    async def _succeed(self, result: JobResult) -> None:
        sealed = await self._seal(result.result, result_aad(self.id))
        async with self._resources.uow.write() as tx:
            if await tx.users.get_for_update(self.user_id) is None:
                raise TaskGoneError
            await self._update(tx, status="done", progress=1.0, tries=0, result=sealed, **self._end())
            if result.write is not None:
                await result.write(tx)
            await self._close(tx, "task.done", result.readings)

    async def fail(self, failure: Failure, *, keeps_inputs: bool = False) -> None:
        """End the task with an error; its inputs may be kept for another try."""
        async with self._resources.uow.write() as tx:
            await self._update(tx, status="failed", **self._end(), **_columns_of(failure))
            await self._close(tx, "task.failed", readings=0)
        self.failed_with = failure.code
        await self._clean_up("failed", keeps_inputs=keeps_inputs, code=failure.code)

    async def _close(self, tx: Transaction, event: WebhookEvent, readings: int) -> None:
        """Give back what was counted at the submission and not read, delete the outcomes, and announce the end."""
        await tx.usage.give_back_task(self._counts, readings)
        await tx.task_items.delete_for_task(self.id)
        await self._resources.outbox.add(tx, self.user_id, event, **task_event_data(self.id, self.kind))

    def _end(self) -> dict[str, datetime | None]:
        now = self._resources.clock()
        return {"stage": None, "finished_at": now, "expires_at": now + self._resources.retention}

    async def _seal(self, value: JsonValue, aad: bytes) -> bytes:
        """Seal in a thread, as opening does: outcomes of a batch or an import are megabytes."""
        return await asyncio.to_thread(self._resources.sealer.seal, self._key, value, aad)

    def _open(self, items: Iterable[TaskItem]) -> dict[int, JsonValue]:
        sealer = self._resources.sealer
        return {
            item.position: sealer.unseal(self._key, item.outcome, _item_aad(self.id, item.position)) for item in items
        }

    async def _clean_up(self, status: str, *, keeps_inputs: bool = False, **fields: str) -> None:
        _log.info("task.ended", task_id=str(self.id), kind=self.kind, status=status, **fields)
        try:
            if not keeps_inputs:
                await self._resources.vault.delete(self.id)
        except Unavailable:
            _log.warning("task.inputs_not_deleted", task_id=str(self.id))  # until the sweep of orphaned inputs
        self._resources.notifier.notify(self.id)

    async def _save(self, **values: JsonValue) -> None:
        async with self._resources.uow.write() as tx:
            await self._update(tx, **values)
        self._resources.notifier.notify(self.id)

    async def _update(self, tx: Transaction, **values: JsonValue | datetime | bytes) -> None:
        if not await tx.tasks.update_run(self.id, self._run, **values):
            raise TaskGoneError


def _columns_of(failure: Failure) -> dict[str, JsonValue]:
    return {
        "error_code": failure.code,
        "error_message": failure.message[:_MAX_MESSAGE],
        "error_details": failure.details,
    }


def trace_params(traceparent: str | None) -> dict[str, JsonValue]:
    """Return the parameters of a task that keep the position of its request in a trace."""
    return {} if traceparent is None else {_TRACEPARENT: traceparent}


def _position_of(row: Task) -> TracePosition | None:
    params = row.params if isinstance(row.params, dict) else {}
    return TracePosition.parse(str(params.get(_TRACEPARENT)))


def result_aad(task_id: UUID) -> bytes:
    """Return the associated data that binds a sealed result to its task."""
    return row_aad("tasks", task_id, "result")


def task_event_data(task_id: UUID, kind: str) -> dict[str, JsonValue]:
    """Return the data of an event about a task."""
    return {"task_id": str(task_id), "kind": kind}


def _item_aad(task_id: UUID, position: int) -> bytes:
    return row_aad("task_items", f"{task_id}/{position}", "outcome")
