"""Export of all data of a user, for the user: one document without secrets, made while it is sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from pydantic import JsonValue, TypeAdapter

from gwansang.core.clock import Clock
from gwansang.core.jsonable import JSON_OBJECT
from gwansang.models import Photo, Task
from gwansang.models.analysis import StoredAnalysis
from gwansang.models.base import from_row
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.identity_service import IdentityInfo
from gwansang.services.accounts.key_service import KeyInfo, key_info
from gwansang.services.accounts.user_service import UserInfo, require_user, user_info
from gwansang.services.accounts.webhook_service import WebhookInfo, webhook_info
from gwansang.services.protection.audit import AuditLog, AuditRecord
from gwansang.services.protection.sealing import DataKey, Sealer
from gwansang.services.readings.history_service import HistoryService
from gwansang.services.readings.invitation_service import InvitationInfo
from gwansang.services.readings.kept_content import KeptAnalysis
from gwansang.services.readings.profile_service import KeptProfile, ProfileService
from gwansang.services.readings.share_service import ShareInfo
from gwansang.services.tasks.run import result_aad
from gwansang.services.tasks.task_service import TaskInfo
from gwansang.services.webhooks.delivery_service import DeliveryInfo, delivery_info
from gwansang.services.webhooks.secrets_at_rest import open_secrets

_FORMAT = 6
_PAGE = 20  # readings in memory at a time, some 200 kB each
_DELIVERIES_PAGE = 500
_NOT_EXPORTED = {"reading": {"decided"}}  # numbers that the rest of the reading has, too


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
class ExportedAnswer:
    """Whether the user said that a part of a kept reading fits."""

    analysis_id: UUID
    part: str
    fits: bool


@dataclass(frozen=True, slots=True)
class ExportedUsage:
    """Readings of a month by kind."""

    month: str
    face: int
    batch: int
    video: int
    compatibility: int
    lookalike: int


@dataclass(frozen=True, slots=True)
class ExportedCreation:
    """What a call with an Idempotency-Key created."""

    operation: str
    created_id: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Export:
    """All data of a user but the kept readings, which follow; `format` is incremented when the structure changes."""

    format: int
    exported_at: datetime
    account: UserInfo
    plan: str | None
    usage: tuple[ExportedUsage, ...]
    idempotency: tuple[ExportedCreation, ...]
    consents: tuple[ExportedConsent, ...]
    sign_ins: tuple[ExportedSignIn, ...]
    identities: tuple[IdentityInfo, ...]
    api_keys: tuple[KeyInfo, ...]
    analyses_count: int
    profile: KeptProfile | None
    invitations: tuple[InvitationInfo, ...]
    feedback: tuple[ExportedAnswer, ...]
    shares: tuple[ShareInfo, ...]
    tasks: tuple[TaskInfo, ...]
    webhooks: tuple[WebhookInfo, ...]
    webhook_deliveries: tuple[DeliveryInfo, ...]
    photos: tuple[ExportedPhoto, ...]
    audit: tuple[AuditRecord, ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """What an export begins with, the keys of its photos' objects in their order, and what opens its readings."""

    export: Export
    photo_keys: tuple[str, ...]
    user_id: int
    data_key: DataKey


_EXPORT = cache(lambda: TypeAdapter(Export))  # built at first use: 25 ms of the start otherwise
_ANALYSIS = cache(lambda: TypeAdapter(KeptAnalysis))


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
        pieces = [piece async for piece in self.document(await self.collect(user_id))]
        return JSON_OBJECT.validate_json(b"".join(pieces))

    async def document(self, collected: Collection) -> AsyncIterator[bytes]:
        """Yield the JSON object, whose last field are the kept readings, piece by piece."""
        head = await asyncio.to_thread(_EXPORT().dump_python, collected.export, mode="json")
        yield json.dumps(head, ensure_ascii=False)[:-1].encode() + b', "analyses": ['
        separator = b""
        async for analyses in self.analyses(collected):
            yield separator + await asyncio.to_thread(_dump, analyses)
            separator = b","
        yield b"]}"

    async def analyses(self, collected: Collection) -> AsyncIterator[tuple[KeptAnalysis, ...]]:
        """Yield the kept readings, oldest first, some at a time."""
        last = None
        while True:
            async with self._uow.read() as tx:
                rows = await tx.analyses.list_after(collected.user_id, last, _PAGE)
            if not rows:
                return
            yield await asyncio.to_thread(self._open, collected.data_key, rows)
            last = rows[-1]

    def _open(self, key: DataKey, rows: tuple[StoredAnalysis, ...]) -> tuple[KeptAnalysis, ...]:
        return tuple(self._history.decrypt(key, row) for row in rows)

    async def collect(self, user_id: int) -> Collection:
        """Return what an export of the user begins with; record it in the audit log. Raises UserNotFoundError."""
        async with self._uow.write() as tx:
            require_user(await tx.users.get_for_update(user_id))
            await self._audit.record(tx, "exported", user_id)
        async with self._uow.read() as tx:
            photos = await tx.photos.list_for_user(user_id)
            key = await self._sealer.load_key(tx, user_id)
            build = await self._load(tx, user_id, key, photos)
        return Collection(await asyncio.to_thread(build), tuple(photo.key for photo in photos), user_id, key)

    async def _load(
        self, tx: Transaction, user_id: int, key: DataKey, photos: tuple[Photo, ...]
    ) -> Callable[[], Export]:
        """Load the rows of the user, and return a function that unseals them, for a thread of its own."""
        pending = await tx.mail_tokens.pending_address(user_id, self._clock())
        user = require_user(await tx.users.get(user_id))
        usage = await tx.usage.list_for_user(user_id)
        created = await tx.idempotency.list_for_user(user_id)
        consents = await tx.consents.list_for_user(user_id)
        families = await tx.families.list_for_user(user_id)
        identities = await tx.identities.list_for_user(user_id)
        api_keys = await tx.keys.list_for_user(user_id)
        analyses_count = await tx.analyses.count_for_user(user_id)
        profile = await tx.profiles.get(user_id)
        invitations = await tx.invitations.list_for_user(user_id)
        feedback = await tx.feedback_answers.list_for_user(user_id)
        shares = await tx.shares.list_for_user(user_id)
        tasks = await tx.tasks.list_for_user(user_id)
        webhooks = await self._webhooks(tx, user_id)
        deliveries = await _deliveries(tx, user_id)
        audit = await self._audit.list_for_user(tx, user_id)

        def build() -> Export:
            return Export(
                format=_FORMAT,
                exported_at=self._clock(),
                account=user_info(user, pending),
                plan=user.plan,
                usage=tuple(from_row(ExportedUsage, row) for row in usage),
                idempotency=tuple(from_row(ExportedCreation, row) for row in created),
                consents=tuple(from_row(ExportedConsent, row) for row in consents),
                sign_ins=tuple(from_row(ExportedSignIn, row) for row in families),
                identities=tuple(from_row(IdentityInfo, row) for row in identities),
                api_keys=tuple(key_info(row) for row in api_keys),
                analyses_count=analyses_count,
                profile=self._profiles.decrypt(key, profile) if profile else None,
                invitations=tuple(from_row(InvitationInfo, row) for row in invitations),
                feedback=tuple(from_row(ExportedAnswer, row) for row in feedback),
                shares=tuple(from_row(ShareInfo, row) for row in shares),
                tasks=tuple(self._task(key, row) for row in tasks),
                webhooks=webhooks,
                webhook_deliveries=deliveries,
                photos=tuple(from_row(ExportedPhoto, row, file=f"photos/{row.analysis_id}.jpg") for row in photos),
                audit=audit,
            )

        return build

    async def _webhooks(self, tx: Transaction, user_id: int) -> tuple[WebhookInfo, ...]:
        """Return the user's webhooks, without their secrets."""
        rows = await tx.webhooks.list_for_user(user_id)
        return tuple([webhook_info(row, (await open_secrets(tx, self._sealer, row)).url) for row in rows])

    def _task(self, key: DataKey, row: Task) -> TaskInfo:
        if row.result is None:
            return TaskInfo.from_row(row)
        return TaskInfo.from_row(
            row, JSON_OBJECT.validate_python(self._sealer.unseal(key, row.result, result_aad(row.id)))
        )


async def _deliveries(tx: Transaction, user_id: int) -> tuple[DeliveryInfo, ...]:
    """Return the deliveries to the user's webhooks, read in pages, so that no query loads them all."""
    found: list[DeliveryInfo] = []
    last = None
    while rows := await tx.webhooks.deliveries.list_after(user_id, last, _DELIVERIES_PAGE):
        found += map(delivery_info, rows)
        last = rows[-1]
    return tuple(found)


def _dump(analyses: tuple[KeptAnalysis, ...]) -> bytes:
    return b",".join(_ANALYSIS().dump_json(analysis, exclude=_NOT_EXPORTED) for analysis in analyses)
