"""What is stored of faces, sealed and opened: rows of kept analyses and of remembered faces."""

from collections.abc import Mapping
from typing import Final

import structlog
from pydantic import JsonValue, TypeAdapter

from gwansang.models import StoredAnalysis, UserProfile
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.protection.sealing import DataKey, Sealer, place

_log = structlog.get_logger("gwansang.privacy")
_ANALYSIS: Final = ("birth_year", "measures", "reading", "pose", "quality")
_PROFILE: Final = ("measures", "asymmetry", "shapes")
_BATCH: Final = 200
_CONTENT = TypeAdapter(dict[str, JsonValue])
Content = Mapping[str, JsonValue]


class SealedFaces:
    """Puts what is known of a face into the sealed column of its row, and takes it out."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def close_analysis(self, key: DataKey, row: StoredAnalysis, content: Content) -> StoredAnalysis:
        """The row with the content sealed and nothing of it in clear."""
        row.sealed = self._sealer.seal(key, dict(content), place("analyses", row.id, "sealed"))
        row.birth_year = row.measures = row.reading = row.pose = row.quality = None
        return row

    def open_analysis(self, key: DataKey, row: StoredAnalysis) -> Content:
        """What the row holds; raises SealBrokenError."""
        if row.sealed is None:  # written by an older release that is still running
            return {name: getattr(row, name) for name in _ANALYSIS}
        return _CONTENT.validate_python(self._sealer.open(key, row.sealed, place("analyses", row.id, "sealed")))

    def close_profile(self, key: DataKey, row: UserProfile, content: Content) -> UserProfile:
        """The row with the content sealed and nothing of it in clear."""
        row.sealed = self._sealer.seal(key, dict(content), place("user_profiles", row.user_id, "sealed"))
        row.measures = row.asymmetry = row.shapes = None
        return row

    def open_profile(self, key: DataKey, row: UserProfile) -> Content:
        """What the row holds; raises SealBrokenError."""
        if row.sealed is None:  # written by an older release that is still running
            return {name: getattr(row, name) for name in _PROFILE}
        where = place("user_profiles", row.user_id, "sealed")
        return _CONTENT.validate_python(self._sealer.open(key, row.sealed, where))


class SealingOfOldRows:
    """Seals what releases before this one left in clear, in small transactions: it may be stopped and begun again,
    and several processes may do it at once."""

    def __init__(self, uow: UnitOfWork, sealer: Sealer, faces: SealedFaces) -> None:
        self._uow = uow
        self._sealer = sealer
        self._faces = faces

    async def run(self) -> int:
        """Gives every user a key, seals every row and says how many rows that were."""
        await self._give_keys()
        sealed = 0
        for batch in (self._analyses, self._profiles):
            while done := await batch():
                sealed += done
        if sealed:
            await self._uow.compact("analyses", "user_profiles")  # what was in clear is on the disk until then
            _log.info("privacy.sealed", rows=sealed)
        return sealed

    async def _give_keys(self) -> None:
        while True:
            async with self._uow.read() as tx:
                users = await tx.user_keys.list_users_without_key(_BATCH)
            if not users:
                return
            async with self._uow.write() as tx:
                for user_id in users:
                    if await tx.users.get_for_update(user_id) is not None:
                        await self._sealer.row(tx, user_id)

    async def _analyses(self) -> int:
        async with self._uow.write() as tx:
            rows = await tx.analyses.list_unsealed(_BATCH)
            for row in rows:
                key = await self._sealer.key(tx, row.user_id)
                await tx.analyses.save(self._faces.close_analysis(key, row, self._faces.open_analysis(key, row)))
        return len(rows)

    async def _profiles(self) -> int:
        async with self._uow.write() as tx:
            rows = await tx.profiles.list_unsealed(_BATCH)
            for row in rows:
                key = await self._sealer.key(tx, row.user_id)
                await tx.profiles.save(self._faces.close_profile(key, row, self._faces.open_profile(key, row)))
        return len(rows)
