"""Export of all data of a user, for the user: one document without secrets."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from pydantic import JsonValue, TypeAdapter

from gwansang.core.clock import Clock
from gwansang.core.jsonable import JSON_OBJECT
from gwansang.models import Photo, Task
from gwansang.models.base import from_row
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.key_service import KeyInfo, key_info
from gwansang.services.accounts.user_service import UserInfo, require_user, user_info
from gwansang.services.protection.audit import AuditLog, AuditRecord
from gwansang.services.protection.sealing import DataKey, Sealer
from gwansang.services.readings.history_service import HistoryService, KeptAnalysis
from gwansang.services.readings.profile_service import KeptProfile, ProfileService
from gwansang.services.tasks.run import result_aad
from gwansang.services.tasks.task_service import TaskInfo

_FORMAT = 4


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
    device_name: str | None
    created_at: datetime
    refreshed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ExportedPhoto:
    """A kept photo; `file` is its path in the ZIP."""

    analysis_id: UUID
    created_at: datetime
    size_bytes: int
    width: int
    height: int
    file: str


@dataclass(frozen=True, slots=True)
class Export:
    """All data of a user; `format` is incremented when the structure changes."""

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


_EXPORT = cache(lambda: TypeAdapter(Export))  # built at first use: 25 ms of the start otherwise


class ExportService:
    """Exports all data of a user."""

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
        """Return all data of the user as one JSON object; raises UserNotFoundError."""
        export, _ = await self.collect(user_id)
        return await asyncio.to_thread(export_document, export)

    async def collect(self, user_id: int) -> tuple[Export, tuple[str, ...]]:
        """Return all data of the user, and the keys of their photos' objects in the same order; record it in the audit
        log. Raises UserNotFoundError."""
        async with self._uow.write() as tx:
            require_user(await tx.users.get_for_update(user_id))
            await self._audit.record(tx, "exported", user_id)
        async with self._uow.read() as tx:
            photos = await tx.photos.list_for_user(user_id)
            build = await self._load(tx, user_id, photos)
        return await asyncio.to_thread(build), tuple(photo.key for photo in photos)

    async def _load(self, tx: Transaction, user_id: int, photos: tuple[Photo, ...]) -> Callable[[], Export]:
        """Load the rows of the user, and return a function that unseals them, for a thread of its own."""
        pending = await tx.mail_tokens.pending_address(user_id, self._clock())
        account = user_info(require_user(await tx.users.get(user_id)), pending)
        key = await self._sealer.load_key(tx, user_id)
        consents = await tx.consents.list_for_user(user_id)
        families = await tx.families.list_for_user(user_id)
        api_keys = await tx.keys.list_for_user(user_id)
        analyses = await tx.analyses.list_for_user(user_id)
        profile = await tx.profiles.get(user_id)
        tasks = await tx.tasks.list_for_user(user_id)
        audit = await self._audit.list_for_user(tx, user_id)

        def build() -> Export:
            return Export(
                format=_FORMAT,
                exported_at=self._clock(),
                account=account,
                consents=tuple(from_row(ExportedConsent, row) for row in consents),
                sign_ins=tuple(from_row(ExportedSignIn, row) for row in families),
                api_keys=tuple(key_info(row) for row in api_keys),
                analyses=tuple(self._history.decrypt(key, row) for row in analyses),
                profile=self._profiles.decrypt(key, profile) if profile else None,
                tasks=tuple(self._task(key, row) for row in tasks),
                photos=tuple(from_row(ExportedPhoto, row, file=f"photos/{row.analysis_id}.jpg") for row in photos),
                audit=audit,
            )

        return build

    def _task(self, key: DataKey, row: Task) -> TaskInfo:
        if row.result is None:
            return TaskInfo.from_row(row)
        return TaskInfo.from_row(
            row, JSON_OBJECT.validate_python(self._sealer.unseal(key, row.result, result_aad(row.id)))
        )


def export_document(export: Export) -> dict[str, JsonValue]:
    """Return an export as a JSON object."""
    return JSON_OBJECT.validate_python(_EXPORT().dump_python(export, mode="json"))
