"""Readings of users, counted by month."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select, text, update

from gwansang.core.usage import USAGE_KINDS, UsageKind
from gwansang.models import MonthlyUsage
from gwansang.repositories.base import Repository
from gwansang.repositories.tasks import CountedTask

_KINDS_OF_TASKS: Final[Mapping[str, UsageKind]] = {"face": "face", "batch": "batch", "video": "video"}
_NO_LIMIT: Final = 2**31 - 1
_COUNT = text(
    """INSERT INTO monthly_usage (user_id, month, face, batch, video, compatibility, lookalike)
       VALUES (:user_id, :month, :face, :batch, :video, :compatibility, :lookalike)
       ON CONFLICT (user_id, month) DO UPDATE SET
         face = monthly_usage.face + excluded.face, batch = monthly_usage.batch + excluded.batch,
         video = monthly_usage.video + excluded.video,
         compatibility = monthly_usage.compatibility + excluded.compatibility,
         lookalike = monthly_usage.lookalike + excluded.lookalike
       WHERE monthly_usage.face + monthly_usage.batch + monthly_usage.video + monthly_usage.compatibility
         + monthly_usage.lookalike + excluded.face + excluded.batch + excluded.video + excluded.compatibility
         + excluded.lookalike <= :most
       RETURNING monthly_usage.face + monthly_usage.batch + monthly_usage.video + monthly_usage.compatibility
         + monthly_usage.lookalike"""
)  # one statement of both databases: concurrent readings can't pass a limit together


class MonthlyUsages(Repository[MonthlyUsage]):
    model = MonthlyUsage

    async def count(self, user_id: int, month: str, kind: UsageKind, number: int, limit: int | None) -> int | None:
        """Count readings unless there would be more than `limit` in the month; return the new sum, None if they were
        not counted. A transaction that may add the row has locked the user."""
        most = _NO_LIMIT if limit is None else limit
        if number > most:  # the first readings of a month conflict with no row
            return None
        values: dict[str, int] = {name: number if name == kind else 0 for name in USAGE_KINDS}
        counted = await self._session.execute(_COUNT, {**values, "user_id": user_id, "month": month, "most": most})
        return counted.scalar_one_or_none()

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
