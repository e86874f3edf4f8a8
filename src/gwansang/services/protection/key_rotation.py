"""Rotation of the master key: every user's key is wrapped again; data sealed with the users' keys is not touched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from gwansang.core.encryption import EncryptionKeyMissingError, SealBrokenError
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.protection.audit import AuditLog
from gwansang.services.protection.sealing import Sealer, row_aad

_log = structlog.get_logger("gwansang.privacy")
_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class MasterKeyUsage:
    """The number of user keys that each master key wraps, by its name; `missing` keys are not in the settings;
    `broken` ones are, but with a different key than the one that wrapped."""

    primary: str
    users: Mapping[str, int]
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
        while await self._reseal_deliveries():
            pass
        async with self._uow.write() as tx:
            await self._audit.record(tx, "keys_rotated", None, by, users=total, master_key=self._sealer.primary_key_id)
        return total

    async def usage(self) -> MasterKeyUsage:
        """Return which master keys are needed, and which of them don't work."""
        async with self._uow.read() as tx:
            users = await tx.user_keys.count_by_master_key()
            samples = [row for key_id in users for row in await tx.user_keys.list_wrapped_by(key_id, 1)]
        missing, broken = [], []
        for row in samples:
            try:
                self._sealer.unwrap(row)
            except EncryptionKeyMissingError:
                missing.append(row.key_id)
            except SealBrokenError:
                broken.append(row.key_id)
        return MasterKeyUsage(self._sealer.primary_key_id, users, tuple(missing), tuple(broken))

    async def _rewrap_batch(self) -> int:
        async with self._uow.write() as tx:
            rows = await tx.user_keys.list_not_wrapped_by(self._sealer.primary_key_id, _BATCH)
            for row in rows:
                await tx.user_keys.rewrap(row, *self._sealer.rewrap(row))
        return len(rows)

    async def _reseal_deliveries(self) -> int:
        """Seal events of erased accounts, which no user's key protects, with the primary master key."""
        async with self._uow.write() as tx:
            rows = await tx.webhooks.deliveries.list_not_sealed_by(self._sealer.primary_key_id, _BATCH)
            for row in rows:
                if row.key_id is not None and row.sealed is not None:
                    aad = row_aad("webhook_deliveries", row.id, "sealed")
                    content = self._sealer.unseal_ownerless(row.key_id, row.sealed, aad)
                    row.key_id, row.sealed = self._sealer.seal_ownerless(content, aad)
            await tx.webhooks.deliveries.flush()
        return len(rows)
