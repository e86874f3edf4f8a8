"""What is kept how long: the schedule that everybody may read, and the run that keeps to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from gwansang.core.clock import Clock
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.protection.audit import SERVICE, AuditLog
from gwansang.services.protection.erasure import TABLES, ErasureService
from gwansang.services.protection.photo_bin import PhotoBin
from gwansang.services.protection.sealed_faces import SealingOfOldRows
from gwansang.texts import Locale, load

_log = structlog.get_logger("gwansang.privacy")
_TURN: Final = "retention"
_EVERY: Final = timedelta(hours=24)
_GIVEN_UP_AFTER: Final = timedelta(hours=1)  # by a process that took the turn and died
_MONTH: Final = timedelta(days=365.25 / 12)
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """How long things are kept; what is not here ends with what it belongs to."""

    inactive_months: int
    task_hours: int
    sign_in_days: int
    mail_minutes: int
    key_days: int = 30
    consent_months: int = 36
    audit_months: int = 24


@dataclass(frozen=True, slots=True)
class KeptFor:
    """A line of the schedule, in words."""

    id: str
    what: str
    how_long: str


class _DryRun(Exception):  # noqa: N818 - no error: it takes back what was only tried
    pass


class RetentionService:
    """Deletes daily what is older than the schedule says."""

    def __init__(
        self,
        uow: UnitOfWork,
        audit: AuditLog,
        erasures: ErasureService,
        photo_bin: PhotoBin,
        old_rows: SealingOfOldRows,
        rules: RetentionPolicy,
        *,
        clock: Clock,
    ) -> None:
        self._uow = uow
        self._audit = audit
        self._erasures = erasures
        self._bin = photo_bin
        self._old_rows = old_rows
        self._rules = rules
        self._clock = clock

    def schedule(self, locale: Locale) -> tuple[KeptFor, ...]:
        """What is kept how long."""
        numbers = {name: getattr(self._rules, name) for name in RetentionPolicy.__dataclass_fields__}
        lines = load("retention", locale, dict[str, tuple[str, str]])
        return tuple(KeptFor(name, what, how_long.format(**numbers)) for name, (what, how_long) in lines.items())

    async def run_if_due(self) -> int:
        """The daily run, for the one process that takes the turn; says how many rows went."""
        now = self._clock()
        async with self._uow.write() as tx:
            mine = await tx.scheduled_runs.claim(
                _TURN, now, done_before=now - _EVERY, begun_before=now - _GIVEN_UP_AFTER
            )
        return sum((await self.run()).values()) if mine else 0

    async def run(self) -> Mapping[str, int]:
        """Deletes what is too old and says how many of what; the counts go into the audit log."""
        now = self._clock()
        async with self._uow.write() as tx:
            counts = await self._by_age(tx, now)
        counts["histories"] = await self._histories(now)
        counts["photos"] = await self._bin.sweep()
        counts["erasures"] = await self._erasures.sweep()
        counts["sealed"] = await self._old_rows.run()
        async with self._uow.write() as tx:
            counts["audit"] = await self._audit.forget_before(tx, now - self._rules.audit_months * _MONTH)
            await tx.scheduled_runs.finish(_TURN, now)
            await self._audit.note(tx, "retention_run", None, SERVICE, **counts)
        await self._uow.compact(*TABLES)
        _log.info("retention.done", **counts)
        return counts

    async def preview(self) -> Mapping[str, int]:
        """What a run would delete now; nothing is changed."""
        counts: dict[str, int] = {}
        now = self._clock()
        try:
            async with self._uow.write() as tx:
                counts = await self._by_age(tx, now)
                counts["histories"] = len(await tx.users.list_inactive(self._inactive_since(now), 1_000_000))
                counts["audit"] = await self._audit.forget_before(tx, now - self._rules.audit_months * _MONTH)
                raise _DryRun
        except _DryRun:
            return counts

    async def _by_age(self, tx: Transaction, now: datetime) -> dict[str, int]:
        return {
            "tasks": await tx.tasks.delete_expired(now),
            "mail_tokens": await tx.mail_tokens.delete_expired(now),
            "tickets": await tx.tickets.delete_expired(now),
            "sign_ins": await tx.families.delete_expired(now),
            "keys": await tx.keys.delete_expired(now - timedelta(days=self._rules.key_days)),
            "consents": await tx.consents.delete_withdrawn(now - self._rules.consent_months * _MONTH),
        }

    async def _histories(self, now: datetime) -> int:
        since, total = self._inactive_since(now), 0
        while True:
            async with self._uow.read() as tx:
                users = await tx.users.list_inactive(since, _BATCH)
            if not users:
                return total
            for user_id in users:
                await self._forget_history(user_id, since)
            total += len(users)

    async def _forget_history(self, user_id: int, since: datetime) -> None:
        async with self._uow.write() as tx:
            user = await tx.users.get_for_update(user_id)
            if user is None or (user.seen_at or user.created_at) >= since:  # they came back this moment
                return
            photos = await tx.photos.discard(user_id, self._clock())
            await tx.analyses.delete_for_user(user_id)
            await tx.profiles.delete(user_id)
        await self._bin.empty(photos)

    def _inactive_since(self, now: datetime) -> datetime:
        return now - self._rules.inactive_months * _MONTH
