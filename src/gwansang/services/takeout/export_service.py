"""Everything that is kept of someone, for themselves: one document, without secrets."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from pydantic import JsonValue, TypeAdapter

from gwansang.core.clock import Clock
from gwansang.models import Consent, Photo, StoredAnalysis, Task, TokenFamily, UserProfile
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.key_service import KeyInfo, key_info
from gwansang.services.accounts.user_service import UserInfo, require_user, user_info
from gwansang.services.protection.audit import AuditLog, AuditRecord
from gwansang.services.protection.sealing import DataKey, Sealer
from gwansang.services.readings.history_service import HistoryService, KeptAnalysis
from gwansang.services.readings.profile_service import KeptProfile, ProfileService
from gwansang.services.tasks.job import JsonObject
from gwansang.services.tasks.run import result_aad
from gwansang.services.tasks.task_service import TaskInfo

_FORMAT = 3
_OBJECT: TypeAdapter[JsonObject] = TypeAdapter(JsonObject)


@dataclass(frozen=True, slots=True)
class ExportedConsent:
    purpose: str
    version: int
    locale: str
    text_sha256: str
    granted_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExportedSignIn:
    id: UUID
    created_at: datetime
    refreshed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ExportedPhoto:
    """A kept photo; `file` is its name in the ZIP."""

    analysis_id: UUID
    created_at: datetime
    size_bytes: int
    width: int
    height: int
    file: str


@dataclass(frozen=True, slots=True)
class Export:
    """All own data; `format` grows when its shape changes."""

    format: int
    exported_at: datetime
    account: UserInfo
    consents: tuple[ExportedConsent, ...]
    sign_ins: tuple[ExportedSignIn, ...]
    api_keys: tuple[KeyInfo, ...]
    analyses: tuple[KeptAnalysis, ...]
    profile: KeptProfile | None
    tasks: tuple[TaskInfo, ...]
    photos: tuple[ExportedPhoto, ...]
    audit: tuple[AuditRecord, ...]


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the database has of a user, as one moment saw it."""

    account: UserInfo
    key: DataKey
    consents: tuple[Consent, ...]
    families: tuple[TokenFamily, ...]
    keys: tuple[KeyInfo, ...]
    analyses: tuple[StoredAnalysis, ...]
    profile: UserProfile | None
    tasks: tuple[Task, ...]
    photos: tuple[Photo, ...]
    audit: tuple[AuditRecord, ...]


_EXPORT = cache(lambda: TypeAdapter(Export))  # built at first use: 25 ms of the start otherwise
_DOCUMENT = TypeAdapter(dict[str, JsonValue])


class ExportService:
    """Hands out all own data."""

    def __init__(
        self,
        uow: UnitOfWork,
        sealer: Sealer,
        history: HistoryService,
        profiles: ProfileService,
        audit: AuditLog,
        *,
        clock: Clock,
    ) -> None:
        self._uow = uow
        self._sealer = sealer
        self._history = history
        self._profiles = profiles
        self._audit = audit
        self._clock = clock

    async def export(self, user_id: int) -> dict[str, JsonValue]:
        """Everything of this user as one JSON object; raises UserNotFoundError."""
        exported, _ = await self.collect(user_id)
        return await asyncio.to_thread(export_document, exported)

    async def collect(self, user_id: int) -> tuple[Export, tuple[str, ...]]:
        """Everything of this user, and the keys of their photos' objects in the same order; that it was asked for is
        noted. Raises UserNotFoundError."""
        async with self._uow.write() as tx:
            require_user(await tx.users.get_for_update(user_id))
            await self._audit.record(tx, "exported", user_id)
        async with self._uow.read() as tx:
            rows = await self._rows(tx, user_id)
        exported = await asyncio.to_thread(self._exported, rows)
        return exported, tuple(photo.key for photo in rows.photos)

    async def _rows(self, tx: Transaction, user_id: int) -> _Rows:
        return _Rows(
            account=user_info(require_user(await tx.users.get(user_id))),
            key=await self._sealer.load_key(tx, user_id),
            consents=await tx.consents.list_for_user(user_id),
            families=await tx.families.list_for_user(user_id),
            keys=tuple(key_info(row) for row in await tx.keys.list_for_user(user_id)),
            analyses=await tx.analyses.list_for_user(user_id),
            profile=await tx.profiles.get(user_id),
            tasks=await tx.tasks.list_for_user(user_id),
            photos=await tx.photos.list_for_user(user_id),
            audit=await self._audit.list_for_user(tx, user_id),
        )

    def _exported(self, rows: _Rows) -> Export:
        return Export(
            format=_FORMAT,
            exported_at=self._clock(),
            account=rows.account,
            consents=tuple(_consent(row) for row in rows.consents),
            sign_ins=tuple(_sign_in(row) for row in rows.families),
            api_keys=rows.keys,
            analyses=tuple(self._history.decrypt(rows.key, row) for row in rows.analyses),
            profile=self._profiles.decrypt(rows.key, rows.profile) if rows.profile else None,
            tasks=tuple(self._task(rows.key, row) for row in rows.tasks),
            photos=tuple(_photo(row) for row in rows.photos),
            audit=rows.audit,
        )

    def _task(self, key: DataKey, row: Task) -> TaskInfo:
        if row.result is None:
            return TaskInfo.from_row(row)
        return TaskInfo.from_row(row, _OBJECT.validate_python(self._sealer.unseal(key, row.result, result_aad(row.id))))


def export_document(exported: Export) -> dict[str, JsonValue]:
    """An export as JSON."""
    return _DOCUMENT.validate_python(_EXPORT().dump_python(exported, mode="json"))


def _consent(row: Consent) -> ExportedConsent:
    return ExportedConsent(row.purpose, row.version, row.locale, row.text_sha256, row.granted_at, row.withdrawn_at)


def _sign_in(row: TokenFamily) -> ExportedSignIn:
    return ExportedSignIn(row.id, row.created_at, row.refreshed_at, row.expires_at)


def _photo(row: Photo) -> ExportedPhoto:
    file = f"photos/{row.analysis_id}.jpg"
    return ExportedPhoto(row.analysis_id, row.created_at, row.size_bytes, row.width, row.height, file)
