"""Readings of users, counted by month."""

from collections.abc import Mapping
from functools import reduce
from operator import add
from typing import Final

from sqlalchemy import ColumnElement, select, update

from gwansang.core.usage import USAGE_KINDS, UsageKind
from gwansang.models import MonthlyUsage
from gwansang.repositories.base import Repository
from gwansang.repositories.tasks import CountedTask

_KINDS_OF_TASKS: Final[Mapping[str, UsageKind]] = {"face": "face", "batch": "batch", "video": "video"}
_SUM: Final[ColumnElement[int]] = reduce(add, (getattr(MonthlyUsage, kind) for kind in USAGE_KINDS))


class MonthlyUsages(Repository[MonthlyUsage]):
    model = MonthlyUsage

    async def count(self, user_id: int, month: str, kind: UsageKind, number: int, limit: int | None) -> int | None:
        """Count readings in a month that has some already, unless there would be more than `limit`; return the new sum,
        None if they were not counted. One statement, which locks this row: concurrent readings can't pass a limit
        together."""
        column = getattr(MonthlyUsage, kind)
        own = (MonthlyUsage.user_id == user_id, MonthlyUsage.month == month)
        left = [] if limit is None else [_SUM + number <= limit]
        counting = update(MonthlyUsage).where(*own, *left).values({column: column + number}).returning(_SUM)
        counted = await self._session.execute(counting, execution_options={"synchronize_session": False})
        return counted.scalar_one_or_none()

    async def count_or_begin(
        self, user_id: int, month: str, kind: UsageKind, number: int, limit: int | None
    ) -> int | None:
        """Do what `count` does, in any month. The transaction has locked the user, so that it alone adds the row."""
        used = await self.count(user_id, month, kind, number, limit)
        if used is not None or (limit is not None and number > limit):
            return used
        if await self._count(MonthlyUsage.user_id == user_id, MonthlyUsage.month == month):
            return None
        numbers = {name: number if name == kind else 0 for name in USAGE_KINDS}
        await self.add(MonthlyUsage(user_id=user_id, month=month, **numbers))
        return number

    async def give_back(self, user_id: int, month: str, kind: UsageKind, number: int) -> None:
        """Take counted readings that were not made off the count of their month."""
        column = getattr(MonthlyUsage, kind)
        own = (MonthlyUsage.user_id == user_id, MonthlyUsage.month == month)
        await self._execute(update(MonthlyUsage).where(*own).values({column: column - number}))

    async def give_back_task(self, task: CountedTask, readings: int = 0) -> None:
        """Take what a task counted at its submission off the count, except for the readings that it has made."""
        if task.counted is not None and task.counted_month is not None and task.counted > readings:
            kind = _KINDS_OF_TASKS[task.kind]
            await self.give_back(task.user_id, task.counted_month, kind, task.counted - readings)

    async def by_kind(self, user_id: int, month: str) -> Mapping[UsageKind, int]:
        """Return the number of readings of each kind in a month."""
        own = (MonthlyUsage.user_id == user_id, MonthlyUsage.month == month)
        row = await self._one(select(MonthlyUsage).where(*own))
        return {kind: 0 if row is None else getattr(row, kind) for kind in USAGE_KINDS}

    async def list_for_user(self, user_id: int) -> tuple[MonthlyUsage, ...]:
        """Return every month of the user, oldest first."""
        query = select(MonthlyUsage).where(MonthlyUsage.user_id == user_id)
        return await self._all(query.order_by(MonthlyUsage.month))

    async def delete_before(self, month: str) -> int:
        """Delete the counts of all users of earlier months and return the number of rows."""
        return await self._delete(MonthlyUsage.month < month)
