"""Sealing of face data in the rows of stored analyses, packed but in rows of older releases, and profiles."""

import json
import zlib
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import structlog
from pydantic import JsonValue

from gwansang.core.jsonable import JSON_OBJECT
from gwansang.models import StoredAnalysis, UserProfile
from gwansang.repositories.analyses import Analyses
from gwansang.repositories.profiles import Profiles
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.protection.sealing import DataKey, Sealer, row_aad

_log = structlog.get_logger("gwansang.privacy")
# Columns of older releases, which did not seal; new rows leave them empty.
_CLEAR_COLUMNS: Final[Mapping[type, tuple[str, ...]]] = {
    StoredAnalysis: ("birth_year", "measures", "reading", "pose", "quality"),
    UserProfile: ("measures", "asymmetry", "shapes"),
}
_BATCH: Final = 200
FaceRow = TypeVar("FaceRow", bound=StoredAnalysis | UserProfile)


def seal_face(sealer: Sealer, key: DataKey, row: FaceRow, content: Mapping[str, JsonValue]) -> FaceRow:
    """Seal the content into the row, empty the row's unsealed columns, and return it."""
    if isinstance(row, StoredAnalysis):
        row.sealed = sealer.seal_bytes(key, zlib.compress(json.dumps(dict(content)).encode()), _aad(row))
    else:
        row.sealed = sealer.seal(key, dict(content), _aad(row))
    for name in _CLEAR_COLUMNS[type(row)]:
        setattr(row, name, None)
    return row


def unseal_face(sealer: Sealer, key: DataKey, row: StoredAnalysis | UserProfile) -> Mapping[str, JsonValue]:
    """Return the content of the row; raises SealBrokenError."""
    if row.sealed is None:  # written by an older release that is still running
        return {name: getattr(row, name) for name in _CLEAR_COLUMNS[type(row)]}
    content = sealer.unseal_bytes(key, row.sealed, _aad(row))
    return JSON_OBJECT.validate_json(content if content.startswith(b"{") else zlib.decompress(content))


def _aad(row: StoredAnalysis | UserProfile) -> bytes:
    return row_aad(row.__tablename__, row.id if isinstance(row, StoredAnalysis) else row.user_id, "sealed")


class LegacyRowSealer:
    """Seals rows that older releases stored unsealed, in small transactions: the run can be interrupted and repeated,
    and several processes can run it at once."""

    def __init__(self, uow: UnitOfWork, sealer: Sealer) -> None:
        self._uow = uow
        self._sealer = sealer

    async def run(self) -> int:
        """Create missing user keys, seal every row, and return the number of rows sealed."""
        await self._create_missing_keys()
        sealed = 0
        for repository_of in (_analyses, _profiles):
            while count := await self._seal_batch(repository_of):
                sealed += count
        if sealed:
            await self._uow.compact("analyses", "user_profiles")  # the disk holds the unsealed values until then
            _log.info("privacy.rows_sealed", rows=sealed)
        return sealed

    async def _create_missing_keys(self) -> None:
        while True:
            async with self._uow.read() as tx:
                users = await tx.user_keys.list_users_without_key(_BATCH)
            if not users:
                return
            async with self._uow.write() as tx:
                for user_id in users:
                    if await tx.users.get_for_update(user_id) is not None:
                        await self._sealer.load_or_create_row(tx, user_id)

    async def _seal_batch(self, repository_of: Callable[[Transaction], Analyses | Profiles]) -> int:
        async with self._uow.write() as tx:
            rows = await repository_of(tx).list_unsealed(_BATCH)
            for row in rows:
                key = await self._sealer.load_key(tx, row.user_id)
                seal_face(self._sealer, key, row, unseal_face(self._sealer, key, row))
        return len(rows)


def _analyses(tx: Transaction) -> Analyses:
    return tx.analyses


def _profiles(tx: Transaction) -> Profiles:
    return tx.profiles
