"""Data retention: the public schedule, and the daily run that deletes what is older than it allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from gwansang.core.clock import Clock
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.protection.audit import SERVICE, AuditLog
from gwansang.services.protection.erasure import USER_TABLES, Announce, ErasureService
from gwansang.services.protection.photo_cleaner import PhotoCleaner
from gwansang.services.protection.sealed_faces import LegacyRowSealer
from gwansang.texts import Locale, load

_log = structlog.get_logger("gwansang.privacy")
_RUN: Final = "retention"
_INTERVAL: Final = timedelta(hours=24)
_CLAIM_TIMEOUT: Final = timedelta(hours=1)  # of a process that claimed the run and died
_MONTH: Final = timedelta(days=365.25 / 12)
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """Retention periods; data without one is deleted together with the data that it belongs to."""

    inactive_months: int
    task_hours: int
    sign_in_days: int
    mail_minutes: int
    undo_days: int
    invitation_days: int
    key_days: int = 30
    event_days: int = 7
    farewell_days: int = 3  # of the event that tells an erasure
    consent_months: int = 36
    audit_months: int = 24
    idempotency_hours: int = 24
    usage_months: int = 13  # a month of the year before, to compare with


@dataclass(frozen=True, slots=True)
class ScheduleEntry:
    """A line of the schedule in words."""

    id: str
    what: str
    how_long: str


class _DryRun(Exception):  # noqa: N818 - no error: it rolls a preview back
    pass


class RetentionService:
    """Deletes data that is older than the schedule allows; `announce` tells that a history was deleted."""

    def __init__(
        self,
        uow: UnitOfWork,
        audit: AuditLog,
        erasures: ErasureService,
        photo_cleaner: PhotoCleaner,
        legacy_sealer: LegacyRowSealer,
        policy: RetentionPolicy,
        announce: Announce,
        *,
        clock: Clock,
    ) -> None:
        self._announce = announce
        self._uow = uow
        self._audit = audit
        self._erasures = erasures
        self._photo_cleaner = photo_cleaner
        self._legacy_sealer = legacy_sealer
        self._policy = policy
        self._clock = clock

    def schedule(self, locale: Locale) -> tuple[ScheduleEntry, ...]:
        """Return the schedule in a language."""
        numbers = {name: getattr(self._policy, name) for name in RetentionPolicy.__dataclass_fields__}
        lines = load("retention", locale, dict[str, tuple[str, str]])
        return tuple(ScheduleEntry(name, what, how_long.format(**numbers)) for name, (what, how_long) in lines.items())

    async def run_if_due(self) -> int:
        """Run if no process has run within a day, and return the number of rows deleted."""
        now = self._clock()
        async with self._uow.write() as tx:
            claimed = await tx.scheduled_runs.claim(
                _RUN, now, done_before=now - _INTERVAL, begun_before=now - _CLAIM_TIMEOUT
            )
        return sum((await self.run()).values()) if claimed else 0

    async def run(self) -> Mapping[str, int]:
        """Delete what is too old, record the counts in the audit log, and return them."""
        now = self._clock()
        async with self._uow.write() as tx:
            counts = await self._delete_by_age(tx, now)
        counts["histories"] = await self._delete_inactive_histories(now)
        counts["photos"] = await self._photo_cleaner.sweep()
        counts["erasures"] = await self._erasures.sweep()
        counts["sealed"] = await self._legacy_sealer.run()
        async with self._uow.write() as tx:
            counts["audit"] = await self._audit.delete_before(tx, now - self._policy.audit_months * _MONTH)
            await tx.scheduled_runs.finish(_RUN, now)
            await self._audit.record(tx, "retention_run", None, SERVICE, **counts)
        await self._uow.compact(*USER_TABLES)
        _log.info("retention.completed", **counts)
        return counts

    async def preview(self) -> Mapping[str, int]:
        """Return the counts that a run would delete now; nothing is changed."""
        counts: dict[str, int] = {}
        now = self._clock()
        try:
            async with self._uow.write() as tx:
                counts = await self._delete_by_age(tx, now)
                counts["histories"] = len(await tx.users.list_inactive(self._inactive_since(now), 1_000_000))
                counts["audit"] = await self._audit.delete_before(tx, now - self._policy.audit_months * _MONTH)
                raise _DryRun
        except _DryRun:
            return counts

    async def _delete_by_age(self, tx: Transaction, now: datetime) -> dict[str, int]:
        return {
            "tasks": await tx.tasks.delete_expired(now),
            "mail_tokens": await tx.mail_tokens.delete_expired(now),
            "tickets": await tx.tickets.delete_expired(now),
            "provider_sign_ins": await tx.provider_sign_ins.delete_expired(now),
            "invitations": await tx.invitations.delete_expired(now),
            "sign_ins": await tx.families.delete_expired(now),
            "shares": await tx.shares.delete_expired(now),
            "events": await tx.webhooks.deliveries.delete_before(
                now - timedelta(days=self._policy.event_days), now - timedelta(days=self._policy.farewell_days)
            ),
            "keys": await tx.keys.delete_expired(now - timedelta(days=self._policy.key_days)),
            "idempotency": await tx.idempotency.delete_expired(now),
            "usage": await tx.usage.delete_before(f"{now - self._policy.usage_months * _MONTH:%Y-%m}"),
            "consents": await tx.consents.delete_withdrawn(now - self._policy.consent_months * _MONTH),
        }

    async def _delete_inactive_histories(self, now: datetime) -> int:
        since, total = self._inactive_since(now), 0
        while True:
            async with self._uow.read() as tx:
                users = await tx.users.list_inactive(since, _BATCH)
            if not users:
                return total
            for user_id in users:
                await self._delete_history(user_id, since)
            total += len(users)

    async def _delete_history(self, user_id: int, since: datetime) -> None:
        async with self._uow.write() as tx:
            user = await tx.users.get_for_update(user_id)
            if user is None or (user.seen_at or user.created_at) >= since:  # the user came back meanwhile
                return
            photos = await tx.photos.discard(user_id, self._clock())
            await tx.analyses.delete_for_user(user_id)
            await tx.profiles.delete(user_id)
            await self._announce(tx, user_id)
        await self._photo_cleaner.delete(photos)

    def _inactive_since(self, now: datetime) -> datetime:
        return now - self._policy.inactive_months * _MONTH
