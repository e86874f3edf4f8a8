"""Tasks, and the outcomes of their finished steps."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import undefer

from gwansang.core.paging import Page, PageRequest
from gwansang.models import Task, TaskItem
from gwansang.repositories.base import Repository
from gwansang.repositories.keyset import Order

UNFINISHED: Final = ("queued", "processing")
STATUSES: Final = (*UNFINISHED, "done", "failed", "cancelled")
_COUNTED: Final = (Task.id, Task.user_id, Task.kind, Task.status, Task.counted, Task.counted_month)
_CHUNK: Final = 10_000  # ids in one statement; PostgreSQL and SQLite allow about 32,000 parameters


class CountedTask(NamedTuple):
    """A task with the readings that were counted when it was submitted, None if none were."""

    id: UUID
    user_id: int
    kind: str
    status: str
    counted: int | None
    counted_month: str | None


class Tasks(Repository[Task]):
    model = Task

    async def get(self, user_id: int, task_id: UUID, now: datetime) -> Task | None:
        """Return a task of the user with its result, unless it has expired."""
        query = select(Task).where(Task.id == task_id, Task.user_id == user_id, _not_expired(now))
        return await self._one(query.options(undefer(Task.result)))

    async def list_for_user(self, user_id: int) -> tuple[Task, ...]:
        """Return every task of the user with its result, oldest first."""
        query = select(Task).where(Task.user_id == user_id).order_by(Task.created_at, Task.id)
        return await self._all(query.options(undefer(Task.result)))

    async def page(self, user_id: int, request: PageRequest, now: datetime) -> Page[Task]:
        """Return the user's tasks that have not expired, newest first."""
        order = (Order(Task.created_at, descending=True), Order(Task.id))
        return await self._page(request, order, Task.user_id == user_id, _not_expired(now))

    async def page_of_all(self, request: PageRequest, status: str | None, now: datetime) -> Page[Task]:
        """Return the tasks of all users that have not expired, or those of them with a status, newest first."""
        order = (Order(Task.created_at, descending=True), Order(Task.id))
        conditions = [] if status is None else [Task.status == status]
        return await self._page(request, order, _not_expired(now), *conditions)

    async def get_by_idempotency_key(self, user_id: int, idempotency_key: str) -> Task | None:
        """Return the task that the user submitted under this key."""
        return await self._one(select(Task).where(Task.user_id == user_id, Task.idempotency_key == idempotency_key))

    async def count_unfinished(self, user_id: int) -> int:
        """Return the number of the user's tasks that have not ended."""
        return await self._count(Task.user_id == user_id, Task.status.in_(UNFINISHED))

    async def get_version(self, user_id: int, task_id: UUID, now: datetime) -> int | None:
        """Return the version of a task, to poll for changes without loading it."""
        query = select(Task.version).where(Task.id == task_id, Task.user_id == user_id, _not_expired(now))
        return await self._one(query)

    async def get_for_update(self, task_id: UUID) -> Task | None:
        """Return a task, locked until the transaction ends."""
        return await self._one(select(Task).where(Task.id == task_id).with_for_update())

    async def list_not_enqueued(self, limit: int) -> tuple[UUID, ...]:
        """Return the unfinished tasks that the engine does not have yet, oldest first."""
        query = (
            select(Task.id)
            .where(Task.status.in_(UNFINISHED), Task.enqueued_at.is_(None))
            .order_by(Task.created_at, Task.id)
            .limit(limit)
        )
        return await self._all(query)

    async def mark_enqueued(self, task_ids: Sequence[UUID], now: datetime) -> None:
        """Record when the tasks were added to the engine."""
        for chunk in _chunks(task_ids):
            await self._execute(update(Task).where(Task.id.in_(chunk)).values(enqueued_at=now))

    async def any_unfinished(self) -> bool:
        """Return whether a task waits or runs."""
        query = select(Task.id).where(Task.status.in_(UNFINISHED)).limit(1)
        return (await self._session.execute(query)).first() is not None

    async def list_enqueued(self) -> frozenset[UUID]:
        """Return the unfinished tasks that were added to the engine."""
        query = select(Task.id).where(Task.status.in_(UNFINISHED), Task.enqueued_at.is_not(None))
        return frozenset(await self._all(query))

    async def list_with_inputs(self, task_ids: Sequence[UUID], kept_of_failed: Sequence[str]) -> frozenset[UUID]:
        """Return those of these tasks whose inputs are needed: unfinished ones, and failed ones of some kinds."""
        needed = or_(Task.status.in_(UNFINISHED), and_(Task.status == "failed", Task.kind.in_(kept_of_failed)))
        found: set[UUID] = set()
        for chunk in _chunks(task_ids):
            found.update(await self._all(select(Task.id).where(Task.id.in_(chunk), needed)))
        return frozenset(found)

    async def list_statuses(self, task_ids: Sequence[UUID]) -> Mapping[UUID, str]:
        """Return the statuses of those of these tasks that exist."""
        statuses: dict[UUID, str] = {}
        for chunk in _chunks(task_ids):
            query = select(Task.id, Task.status).where(Task.id.in_(chunk))
            statuses.update({task_id: status for task_id, status in await self._session.execute(query)})
        return statuses

    async def delete_expired(self, now: datetime, user_id: int | None = None) -> int:
        """Delete expired tasks with their items, of one user or of all; return their number."""
        return await self._delete(Task.expires_at <= now, *([] if user_id is None else [Task.user_id == user_id]))

    async def cancel(self, task_id: UUID, now: datetime, expires_at: datetime) -> CountedTask | None:
        """End a task as cancelled and return what it counted; None if it had ended."""
        statement = (
            update(Task)
            .where(Task.id == task_id, Task.status.in_(UNFINISHED))
            .values(
                status="cancelled",
                stage=None,
                run=None,
                version=Task.version + 1,
                finished_at=now,
                expires_at=expires_at,
            )
            .returning(*_COUNTED)
        )
        cancelled = (await self._session.execute(statement, execution_options={"synchronize_session": False})).first()
        return None if cancelled is None else CountedTask(*cancelled)

    async def delete_for_user(self, user_id: int, kinds: Sequence[str] | None = None) -> tuple[CountedTask, ...]:
        """Delete the user's tasks, all or those of some kinds, and return what was deleted."""
        statement = delete(Task).where(Task.user_id == user_id).returning(*_COUNTED)
        if kinds is not None:
            statement = statement.where(Task.kind.in_(kinds))
        return tuple(CountedTask(*row) for row in await self._session.execute(statement))

    async def count_by_kind_and_status(self) -> Mapping[tuple[str, str], int]:
        """Return the number of tasks by kind and status."""
        query = select(Task.kind, Task.status, func.count()).group_by(Task.kind, Task.status)
        return {(kind, status): count for kind, status, count in await self._session.execute(query)}

    async def oldest_queued_at(self) -> datetime | None:
        """Return when the longest waiting task was submitted."""
        query = select(func.min(Task.created_at)).where(Task.status == "queued")
        return (await self._session.execute(query)).scalar_one_or_none()

    async def update_run(self, task_id: UUID, run: UUID, **values: JsonValue | datetime | bytes) -> bool:
        """Change a task and increment its version; False if this run does not hold it any more."""
        statement = (
            update(Task)
            .where(Task.id == task_id, Task.run == run, Task.status == "processing")
            .values(version=Task.version + 1, **values)
        )
        return await self._execute(statement) > 0


def _not_expired(now: datetime) -> ColumnElement[bool]:
    """Hide an expired task before the sweep deletes it."""
    return or_(Task.expires_at.is_(None), Task.expires_at > now)


def _chunks(task_ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(task_ids), _CHUNK):
        yield task_ids[start : start + _CHUNK]


class TaskItems(Repository[TaskItem]):
    model = TaskItem

    async def put(self, row: TaskItem) -> None:
        """Store the outcome of a step, replacing an earlier one."""
        await self._delete(TaskItem.task_id == row.task_id, TaskItem.position == row.position)
        await self.add(row)

    async def list_positions(self, task_id: UUID) -> frozenset[int]:
        """Return the indices of the finished steps."""
        query = select(TaskItem.position).where(TaskItem.task_id == task_id)
        return frozenset(await self._all(query))

    async def list_for_task(self, task_id: UUID) -> tuple[TaskItem, ...]:
        """Return the outcomes of the finished steps, in their order."""
        return await self._all(select(TaskItem).where(TaskItem.task_id == task_id).order_by(TaskItem.position))

    async def delete_for_task(self, task_id: UUID) -> None:
        """Delete the outcomes of all steps."""
        await self._delete(TaskItem.task_id == task_id)
