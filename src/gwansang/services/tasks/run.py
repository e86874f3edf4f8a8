"""A task in the hands of one run: what the job may ask for, and what the run writes down."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from pydantic import JsonValue

from gwansang.core.clock import Clock
from gwansang.core.exceptions import Unavailable
from gwansang.models import TaskItem
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.protection.sealing import DataKey, Sealer, row_aad
from gwansang.services.tasks.failure import Failure
from gwansang.services.tasks.job import JobResult, JsonObject
from gwansang.services.tasks.notifier import Notifier
from gwansang.services.tasks.vault import TaskVault

_log = structlog.get_logger("gwansang.tasks")
_MAX_MESSAGE = 500


class TaskGoneError(Exception):
    """The task is not this run's any more: it was cancelled or erased, it has ended, or another run has it."""


@dataclass(frozen=True, slots=True)
class ClaimedTask:
    """What a run knows of its task when it begins."""

    id: UUID
    user_id: int
    kind: str
    params: JsonObject
    inputs: int
    steps: int | None
    tries: int
    run: UUID
    done: frozenset[int]


@dataclass(frozen=True, slots=True)
class JobResources:
    """Where things are read and written, and when."""

    uow: UnitOfWork
    sealer: Sealer
    vault: TaskVault
    notifier: Notifier
    clock: Clock


class TaskRun:
    """A task that this run has taken; every write raises TaskGoneError where it has it no more, and changes nothing."""

    def __init__(self, taken: ClaimedTask, key: DataKey, places: JobResources) -> None:
        self._taken = taken
        self._key = key
        self._places = places
        self.id = taken.id
        self.user_id = taken.user_id
        self.kind = taken.kind
        self.params = taken.params
        self.inputs = taken.inputs
        self.tries = taken.tries
        self.steps = taken.steps
        self.done = set(taken.done)
        self.begun = False

    async def input(self, number: int) -> bytes:
        """An input, as it was submitted; raises IndexError for a number that there is not."""
        if not 0 <= number < self.inputs:
            raise IndexError(f"there is no input {number}")
        return await self._places.vault.get(self._key, self.id, number)

    async def outcomes(self) -> Mapping[int, JsonValue]:
        """What the finished steps produced, by their index."""
        async with self._places.uow.read() as tx:
            items = await tx.task_items.list_for_task(self.id)
        return await asyncio.to_thread(self._opened, items)

    async def stage(self, name: str) -> None:
        """Tells the owner what is being done now."""
        await self._change(stage=name)

    async def planned(self, steps: int) -> None:
        """Writes down how many steps there are."""
        self.steps = steps
        await self._change(steps=steps)

    @property
    def current_try(self) -> int:
        """Which try the coming one is, or the one that was begun."""
        return self.tries if self.begun else self.tries + 1

    async def begin(self) -> None:
        """Writes down that a try begins, before anything is done; what was begun already is no other try."""
        if not self.begun:
            await self._change(tries=self.tries + 1)
            self.tries += 1
            self.begun = True

    async def keep(self, index: int, outcome: JsonValue, progress: float) -> None:
        """Writes down what a step produced; with it the next one counts as begun."""
        sealed = await self._sealed(outcome, _item_place(self.id, index))
        async with self._places.uow.write() as tx:
            await self._own(tx, progress=progress, tries=1)
            await tx.task_items.put(TaskItem(task_id=self.id, position=index, outcome=sealed))
        self.tries, self.begun = 1, True
        self.done.add(index)
        self._places.notifier.notify(self.id)

    async def succeed(self, finished: JobResult, keep: timedelta) -> None:
        """Ends the task with a result, in one transaction with whatever else belongs to it."""
        try:
            await self._succeed(finished, keep)
        except BaseException:
            if finished.drop is not None:
                await finished.drop()
            raise
        await self._ended("done")

    async def _succeed(self, finished: JobResult, keep: timedelta) -> None:
        now = self._places.clock()
        sealed = await self._sealed(finished.result, result_aad(self.id))
        async with self._places.uow.write() as tx:
            if await tx.users.get_for_update(self.user_id) is None:
                raise TaskGoneError
            end = {"finished_at": now, "expires_at": now + keep}
            await self._own(tx, status="done", stage=None, progress=1.0, tries=0, result=sealed, **end)
            if finished.write is not None:
                await finished.write(tx)
            await tx.task_items.delete_for_task(self.id)

    async def fail(self, error: Failure, keep: timedelta) -> None:
        """Ends the task with an error."""
        now = self._places.clock()
        async with self._places.uow.write() as tx:
            await self._own(
                tx,
                status="failed",
                stage=None,
                finished_at=now,
                expires_at=now + keep,
                error_code=error.code,
                error_message=error.message[:_MAX_MESSAGE],
                error_details=error.details,
            )
            await tx.task_items.delete_for_task(self.id)
        await self._ended("failed", code=error.code)

    async def undo_try(self) -> None:
        """Takes back the try that this run began and did not end."""
        if self.begun:
            await self._change(tries=self.tries - 1)

    async def _sealed(self, value: JsonValue, where: bytes) -> bytes:
        """In a thread, as opening: of a batch or an import these are megabytes."""
        return await asyncio.to_thread(self._places.sealer.seal, self._key, value, where)

    def _opened(self, items: Iterable[TaskItem]) -> dict[int, JsonValue]:
        opened = self._places.sealer.unseal
        return {one.position: opened(self._key, one.outcome, _item_place(self.id, one.position)) for one in items}

    async def _ended(self, status: str, **fields: str) -> None:
        _log.info(f"task.{status}", task_id=str(self.id), kind=self.kind, **fields)
        try:
            await self._places.vault.delete(self.id)
        except Unavailable:
            _log.warning("task.inputs_left", task_id=str(self.id))  # until the sweep of orphans
        self._places.notifier.notify(self.id)

    async def _change(self, **values: JsonValue) -> None:
        async with self._places.uow.write() as tx:
            await self._own(tx, **values)
        self._places.notifier.notify(self.id)

    async def _own(self, tx: Transaction, **values: JsonValue | datetime | bytes) -> None:
        if not await tx.tasks.change(self.id, self._taken.run, **values):
            raise TaskGoneError


def result_aad(task_id: UUID) -> bytes:
    """Where the result of a task belongs."""
    return row_aad("tasks", task_id, "result")


def _item_place(task_id: UUID, position: int) -> bytes:
    return row_aad("task_items", f"{task_id}/{position}", "outcome")
