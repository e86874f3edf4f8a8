"""Another master key: every user's key is wrapped anew, and nothing that it sealed has to be touched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from gwansang.core.encryption import EncryptionKeyMissingError, SealBrokenError
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.protection.audit import AuditLog
from gwansang.services.protection.sealing import Sealer

_log = structlog.get_logger("gwansang.privacy")
_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class KeysInUse:
    """Which master keys wrap how many users' keys, by name; `missing` are not in the settings, `broken` are there and
    are not the ones that wrapped."""

    first: str
    users: Mapping[str, int]
    missing: tuple[str, ...]
    broken: tuple[str, ...]


class KeyRotation:
    """Master keys of a running service."""

    def __init__(self, uow: UnitOfWork, sealer: Sealer, audit: AuditLog) -> None:
        self._uow = uow
        self._sealer = sealer
        self._audit = audit

    async def run(self) -> int:
        """Wraps the keys of all users with the first master key and says how many that were. It may be stopped and
        begun again, and readings go on meanwhile. Raises EncryptionKeyMissingError, SealBrokenError."""
        first, total = self._sealer.first, 0
        while rewrapped := await self._batch():
            total += rewrapped
            _log.info("keys.rotating", rewrapped=total)
        async with self._uow.write() as tx:
            await self._audit.note(tx, "keys_rotated", None, users=total, master_key=first)
        return total

    async def in_use(self) -> KeysInUse:
        """What the settings would have to have."""
        async with self._uow.read() as tx:
            users = await tx.user_keys.count_by_master_key()
            samples = [row for name in users for row in await tx.user_keys.list_wrapped_by(name, 1)]
        missing, broken = [], []
        for row in samples:
            try:
                self._sealer.unwrapped(row)
            except EncryptionKeyMissingError:
                missing.append(row.key_id)
            except SealBrokenError:
                broken.append(row.key_id)
        return KeysInUse(self._sealer.first, users, tuple(missing), tuple(broken))

    async def _batch(self) -> int:
        async with self._uow.write() as tx:
            rows = await tx.user_keys.list_not_wrapped_by(self._sealer.first, _BATCH)
            for row in rows:
                await tx.user_keys.rewrap(row, *self._sealer.rewrapped(row))
        return len(rows)
