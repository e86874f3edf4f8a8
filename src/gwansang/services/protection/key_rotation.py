"""Rotation of the master key: every user's key is wrapped again; data sealed with the users' keys is not touched."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

import structlog

from gwansang.core.encryption import EncryptionKeyMissingError, SealBrokenError
from gwansang.models import WebhookDelivery
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.protection.audit import AuditLog
from gwansang.services.protection.sealed_events import seal_event, unseal_event
from gwansang.services.protection.sealing import Sealer

_log = structlog.get_logger("gwansang.privacy")
_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class MasterKeyUsage:
    """The number of user keys that each master key wraps, and of events of erased accounts that it seals, by its name;
    `missing` keys are not in the settings; `broken` ones are, but with a different key than the one that wrapped."""

    primary: str
    users: Mapping[str, int]
    events: Mapping[str, int]
    missing: tuple[str, ...]
    broken: tuple[str, ...]


class KeyRotation:
    """Rotates the master keys of a running service."""

    def __init__(self, uow: UnitOfWork, sealer: Sealer, audit: AuditLog) -> None:
        self._uow = uow
        self._sealer = sealer
        self._audit = audit

    async def run(self, by: int | None = None) -> int:
        """Wrap the keys of all users with the primary master key and return their number; by: the administrator who
        does it, None for an operator. The run can be interrupted and repeated, while the service works on. Raises
        EncryptionKeyMissingError, SealBrokenError."""
        total = 0
        while rewrapped := await self._rewrap_batch():
            total += rewrapped
            _log.info("keys.rewrapped", rewrapped=total)
        await self._reseal_deliveries()
        async with self._uow.write() as tx:
            await self._audit.record(tx, "keys_rotated", None, by, users=total, master_key=self._sealer.primary_key_id)
        return total

    async def usage(self) -> MasterKeyUsage:
        """Return which master keys are needed, and which of them don't work."""
        async with self._uow.read() as tx:
            users = await tx.user_keys.count_by_master_key()
            events = await tx.webhooks.deliveries.count_by_master_key()
            samples = [row for key_id in users for row in await tx.user_keys.list_wrapped_by(key_id, 1)]
            deliveries = [row for key_id in events for row in await tx.webhooks.deliveries.list_sealed_by(key_id, 1)]
        attempts: list[tuple[str, Callable[[], object]]] = [
            *((row.key_id, partial(self._sealer.unwrap, row)) for row in samples),
            *((row.key_id or "", partial(unseal_event, self._sealer, row)) for row in deliveries),
        ]
        missing, broken = set[str](), set[str]()
        for key_id, open_sample in attempts:
            try:
                open_sample()
            except EncryptionKeyMissingError:
                missing.add(key_id)
            except SealBrokenError:
                broken.add(key_id)
        return MasterKeyUsage(self._sealer.primary_key_id, users, events, tuple(sorted(missing)), tuple(sorted(broken)))

    async def _rewrap_batch(self) -> int:
        async with self._uow.write() as tx:
            rows = await tx.user_keys.list_not_wrapped_by(self._sealer.primary_key_id, _BATCH)
            for row in rows:
                await tx.user_keys.rewrap(row, *self._sealer.rewrap(row))
        return len(rows)

    async def _reseal_deliveries(self) -> None:
        """Seal events of erased accounts, which no user's key protects, with the primary master key. One that can't be
        opened stays as it is."""
        last = None
        while rows := await self._reseal_batch(last):
            last = rows[-1].id

    async def _reseal_batch(self, last: UUID | None) -> tuple[WebhookDelivery, ...]:
        async with self._uow.write() as tx:
            rows = await tx.webhooks.deliveries.list_not_sealed_by(self._sealer.primary_key_id, _BATCH, last)
            for row in rows:
                try:
                    resealed = seal_event(self._sealer, row.id, unseal_event(self._sealer, row))
                except (EncryptionKeyMissingError, SealBrokenError) as error:
                    _log.error("keys.event_unreadable", delivery_id=str(row.id), error=error.code)
                    continue
                await tx.webhooks.deliveries.reseal(row, *resealed)
        return rows
