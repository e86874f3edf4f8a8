"""Long work and what its steps produced."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import undefer

from gwansang.core.paging import Page, PageRequest
from gwansang.models import Task, TaskItem
from gwansang.repositories.base import Repository

UNFINISHED: Final = ("queued", "processing")
_AT_ONCE: Final = 10_000  # parameters of a statement; no database takes more than some ten thousand


class Tasks(Repository[Task]):
    model = Task

    async def get(self, user_id: int, task_id: UUID, now: datetime) -> Task | None:
        """A task with its result, if it is this user's and has not expired."""
        query = select(Task).where(Task.id == task_id, Task.user_id == user_id, _lasts(now))
        return await self._one(query.options(undefer(Task.result)))

    async def list_for_user(self, user_id: int) -> tuple[Task, ...]:
        """Every task of the user with its result, oldest first."""
        query = select(Task).where(Task.user_id == user_id).order_by(Task.created_at, Task.id)
        return await self._all(query.options(undefer(Task.result)))

    async def page(self, user_id: int, asked: PageRequest, now: datetime) -> Page[Task]:
        """The user's tasks that have not expired, newest first."""
        query = select(Task).order_by(Task.created_at.desc(), Task.id)
        return await self._page(query, asked, Task.user_id == user_id, _lasts(now))

    async def by_key(self, user_id: int, idempotency_key: str) -> Task | None:
        """What the user submitted under this key."""
        return await self._one(select(Task).where(Task.user_id == user_id, Task.idempotency_key == idempotency_key))

    async def count_unfinished(self, user_id: int) -> int:
        """How many tasks of the user have not ended."""
        return await self._count(Task.user_id == user_id, Task.status.in_(UNFINISHED))

    async def version_of(self, user_id: int, task_id: UUID, now: datetime) -> int | None:
        """The version alone, for whoever waits for another one."""
        query = select(Task.version).where(Task.id == task_id, Task.user_id == user_id, _lasts(now))
        return (await self._session.execute(query)).scalar_one_or_none()

    async def get_for_update(self, task_id: UUID) -> Task | None:
        """The task, which no other transaction changes before this one ends."""
        return await self._one(select(Task).where(Task.id == task_id).with_for_update())

    async def not_enqueued(self, limit: int) -> tuple[UUID, ...]:
        """Tasks that the engine does not know yet, oldest first."""
        query = (
            select(Task.id)
            .where(Task.status.in_(UNFINISHED), Task.enqueued_at.is_(None))
            .order_by(Task.created_at, Task.id)
            .limit(limit)
        )
        return tuple((await self._session.execute(query)).scalars())

    async def mark_enqueued(self, task_ids: Sequence[UUID], now: datetime | None) -> None:
        """Writes down that the engine knows these tasks, or with None that it doesn't."""
        for start in range(0, len(task_ids), _AT_ONCE):
            some = task_ids[start : start + _AT_ONCE]
            await self._execute(update(Task).where(Task.id.in_(some)).values(enqueued_at=now))

    async def any_unfinished(self) -> bool:
        """Whether there is anything to do, or being done."""
        query = select(Task.id).where(Task.status.in_(UNFINISHED)).limit(1)
        return (await self._session.execute(query)).first() is not None

    async def unfinished_since(self, enqueued_before: datetime) -> tuple[UUID, ...]:
        """Tasks that were given to the engine before that time and have not ended."""
        query = select(Task.id).where(Task.status.in_(UNFINISHED), Task.enqueued_at < enqueued_before)
        return tuple((await self._session.execute(query)).scalars())

    async def unfinished_among(self, task_ids: Sequence[UUID]) -> frozenset[UUID]:
        """Which of these are there and have not ended."""
        found: set[UUID] = set()
        for start in range(0, len(task_ids), _AT_ONCE):
            some = task_ids[start : start + _AT_ONCE]
            query = select(Task.id).where(Task.id.in_(some), Task.status.in_(UNFINISHED))
            found.update((await self._session.execute(query)).scalars())
        return frozenset(found)

    async def delete_expired(self, now: datetime, user_id: int | None = None) -> int:
        """Deletes what ended and has expired, of everybody or of one user, with all that belongs to it."""
        return await self._delete(Task.expires_at <= now, *([] if user_id is None else [Task.user_id == user_id]))

    async def cancel(self, task_id: UUID, now: datetime, expires_at: datetime) -> bool:
        """Ends a task; False where it had ended."""
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
        )
        return await self._execute(statement) > 0

    async def delete_for_user(self, user_id: int, kinds: Sequence[str] | None = None) -> tuple[UUID, ...]:
        """Deletes every task of the user, or those of some kinds, and says which there were."""
        statement = delete(Task).where(Task.user_id == user_id).returning(Task.id)
        if kinds is not None:
            statement = statement.where(Task.kind.in_(kinds))
        return tuple((await self._session.execute(statement)).scalars())

    async def counts(self) -> Mapping[tuple[str, str], int]:
        """How many tasks there are by kind and status."""
        query = select(Task.kind, Task.status, func.count()).group_by(Task.kind, Task.status)
        return {(kind, status): count for kind, status, count in await self._session.execute(query)}

    async def oldest_queued_at(self) -> datetime | None:
        """Since when the longest waiting task waits."""
        query = select(func.min(Task.created_at)).where(Task.status == "queued")
        return (await self._session.execute(query)).scalar_one_or_none()

    async def change(self, task_id: UUID, run: UUID, **values: JsonValue | datetime | bytes) -> bool:
        """Changes a task and grows its version, while it is being done by this run; False where it is not any more."""
        statement = (
            update(Task)
            .where(Task.id == task_id, Task.run == run, Task.status == "processing")
            .values(version=Task.version + 1, **values)
        )
        return await self._execute(statement) > 0


def _lasts(now: datetime) -> ColumnElement[bool]:
    """Whether a task can still be asked for; what has expired is there until it is swept."""
    return or_(Task.expires_at.is_(None), Task.expires_at > now)


class TaskItems(Repository[TaskItem]):
    model = TaskItem

    async def put(self, row: TaskItem) -> None:
        """Stores what a step produced, in the place of what it produced before."""
        await self._delete(TaskItem.task_id == row.task_id, TaskItem.position == row.position)
        await self.add(row)

    async def positions(self, task_id: UUID) -> frozenset[int]:
        """Which steps have produced something."""
        query = select(TaskItem.position).where(TaskItem.task_id == task_id)
        return frozenset((await self._session.execute(query)).scalars())

    async def list_for_task(self, task_id: UUID) -> tuple[TaskItem, ...]:
        """What the steps produced, in their order."""
        return await self._all(select(TaskItem).where(TaskItem.task_id == task_id).order_by(TaskItem.position))

    async def delete_for_task(self, task_id: UUID) -> None:
        """Deletes what the steps produced."""
        await self._delete(TaskItem.task_id == task_id)
