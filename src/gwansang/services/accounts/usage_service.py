"""Monthly plans: readings of a user, by sign-ins and API keys together, are counted and held to a limit.

A reading is counted before it is made, in one statement that a limit refuses, and given back if it fails.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

import structlog

from gwansang.core.clock import Clock
from gwansang.core.exceptions import InvalidInput, RateLimited, Unavailable
from gwansang.core.usage import UNLIMITED_PLAN, MonthlyQuota, UsageKind, note_usage
from gwansang.db.session import DatabaseUnavailableError
from gwansang.models import User
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.user_service import UserNotFoundError, require_user
from gwansang.services.protection.audit import AuditLog

_log = structlog.get_logger("gwansang.usage")


class MonthlyLimitError(RateLimited):
    """Carries `limit`, `remaining`, `needed`, `resets_at` and `retry_after_s` in its context."""

    code = "MONTHLY_LIMIT_REACHED"
    title = "The readings of this month are used up"


class UnknownPlanError(InvalidInput):
    """Carries `plans` in its context."""

    code = "UNKNOWN_PLAN"
    title = "There is no such plan"


@dataclass(frozen=True, slots=True)
class PlanPolicy:
    """Readings a month by plan, the plan of users who have none of their own, and the zone in which months begin."""

    limits: Mapping[str, int]
    default: str
    timezone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month, such as "2026-11", and when the next one begins."""

    name: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class UsageInfo:
    """The plan and the readings of a user in the current month; limit and remaining: None for no limit."""

    plan: str
    month: str
    limit: int | None
    used: int
    remaining: int | None
    resets_at: datetime
    by_kind: Mapping[UsageKind, int]


class UsageService:
    """Counts readings of users; guests are not counted."""

    def __init__(self, uow: UnitOfWork, audit: AuditLog, policy: PlanPolicy, *, clock: Clock) -> None:
        self._uow = uow
        self._audit = audit
        self._policy = policy
        self._clock = clock

    async def info(self, user_id: int) -> UsageInfo:
        """Return the plan and the usage of a user; raises UserNotFoundError."""
        month = self._month()
        async with self._uow.read() as tx:
            plan = self._plan_of(require_user(await tx.users.get(user_id)).plan)
            by_kind = await tx.usage.by_kind(user_id, month.name)
        limit, used = self._policy.limits.get(plan), sum(by_kind.values())
        remaining = None if limit is None else max(0, limit - used)
        return UsageInfo(plan, month.name, limit, used, remaining, month.ends_at, by_kind)

    async def view(self, user_id: int, by: int) -> UsageInfo:
        """Return a user's plan and usage for an administrator and record it in the audit log; raises
        UserNotFoundError."""
        async with self._uow.write() as tx:
            require_user(await tx.users.get(user_id))
            await self._audit.record(tx, "admin_viewed", user_id, by)
        return await self.info(user_id)

    async def set_plan(self, user_id: int, plan: str | None, by: int | str) -> UsageInfo:
        """Give a user a plan, or with None the default one; raises UnknownPlanError, UserNotFoundError."""
        plans = sorted((UNLIMITED_PLAN, *self._policy.limits))
        if plan is not None and plan not in plans:
            raise UnknownPlanError(f"The plans are {', '.join(plans)}.", plans=", ".join(plans))
        async with self._uow.write() as tx:
            user = require_user(await tx.users.get_for_update(user_id))
            user.plan = plan
            await tx.users.save(user)
            await self._audit.record(tx, "plan_changed", user_id, by, plan=self._plan_of(plan))
        return await self.info(user_id)

    @asynccontextmanager
    async def counted(self, user_id: int | None, kind: UsageKind, number: int = 1) -> AsyncIterator[None]:
        """Count the readings that are made in the block, and none if it raises; guests (None) are not counted.

        Raises MonthlyLimitError, UserNotFoundError. While the database takes no writes, readings of users without a
        limit are made and not counted; for others this raises DatabaseUnavailableError.
        """
        month = None if user_id is None or not number else await self._count_if_possible(user_id, kind, number)
        try:
            yield
        except BaseException:  # also if the client disconnects
            if user_id is not None and month is not None:
                await self._give_back(user_id, month, kind, number)
            raise

    async def count_in(self, tx: Transaction, user_id: int, kind: UsageKind, number: int) -> str:
        """Count readings in a transaction that locks the user, and return their month; raises MonthlyLimitError,
        UserNotFoundError."""
        month = self._month()
        limit = self._limit_of(require_user(await tx.users.get_for_update(user_id)))
        used = await tx.usage.count_or_begin(user_id, month.name, kind, number, limit)
        if used is None:
            used = sum((await tx.usage.by_kind(user_id, month.name)).values())
            raise self._refusal(month, limit or 0, used, number)
        self._note(month, limit, used)
        return month.name

    async def check(self, user_id: int) -> None:
        """Raise MonthlyLimitError if the month is used up, before the inputs of long work are taken."""
        info = await self.info(user_id)
        if info.remaining == 0:
            raise self._refusal(self._month(), info.limit or 0, info.used, 1)

    async def _count_if_possible(self, user_id: int, kind: UsageKind, number: int) -> str | None:
        try:
            return await self._count(user_id, kind, number)
        except DatabaseUnavailableError as error:
            if (await self.info(user_id)).limit is not None:
                raise
            _log.warning("usage.not_counted", code=error.code, kind=kind)
            return None

    async def _count(self, user_id: int, kind: UsageKind, number: int) -> str:
        """Count readings and return their month, without a lock on the user, which savers of readings hold."""
        month = self._month()
        async with self._uow.write() as tx:
            limit = self._limit_of(require_user(await tx.users.get(user_id)))
            used = await tx.usage.count(user_id, month.name, kind, number, limit)
        if used is None:  # the first of the month, or too many; another transaction, so that the user is locked first
            async with self._uow.write() as tx:
                return await self.count_in(tx, user_id, kind, number)
        self._note(month, limit, used)
        return month.name

    async def _give_back(self, user_id: int, month: str, kind: UsageKind, number: int) -> None:
        try:
            async with self._uow.write() as tx:
                await tx.usage.give_back(user_id, month, kind, number)
            info = await self.info(user_id)
        except (Unavailable, UserNotFoundError) as error:  # erased meanwhile; the reading's own error matters more
            _log.warning("usage.not_given_back", code=error.code, kind=kind)
            return
        self._note(self._month(), info.limit, info.used)

    def _limit_of(self, user: User) -> int | None:
        return self._policy.limits.get(self._plan_of(user.plan))

    def _plan_of(self, stored: str | None) -> str:
        """Return the plan of a user; one that the settings have no more counts as the default plan."""
        known = stored == UNLIMITED_PLAN or stored in self._policy.limits
        return stored if known and stored is not None else self._policy.default

    def _month(self) -> Month:
        now = self._clock().astimezone(self._policy.timezone)
        first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return Month(f"{first:%Y-%m}", (first + timedelta(days=32)).replace(day=1))

    def _note(self, month: Month, limit: int | None, used: int) -> None:
        reset_s = self._seconds_until(month.ends_at)
        note_usage(None if limit is None else MonthlyQuota(limit, max(0, limit - used), month.ends_at, reset_s))

    def _refusal(self, month: Month, limit: int, used: int, needed: int) -> MonthlyLimitError:
        self._note(month, limit, used)
        remaining, resets_at = max(0, limit - used), month.ends_at.isoformat()
        return MonthlyLimitError(
            f"{remaining} of {limit} readings of this month are left, and this needs {needed}.",
            limit=limit,
            remaining=remaining,
            needed=needed,
            resets_at=resets_at,
            retry_after_s=self._seconds_until(month.ends_at),
        )

    def _seconds_until(self, moment: datetime) -> int:
        return max(1, ceil((moment - self._clock()).total_seconds()))
