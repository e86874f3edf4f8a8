"""Calls that created something under an Idempotency-Key."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import select

from gwansang.core.exceptions import Conflict
from gwansang.models import IdempotencyRecord
from gwansang.repositories.base import Repository


class CreatedMeanwhileError(Conflict):
    """A concurrent call with the same key has created something; find it, and create nothing."""

    code = "CREATED_MEANWHILE"
    title = "The same request was made at the same time"


class IdempotencyRecords(Repository[IdempotencyRecord]):
    model = IdempotencyRecord
    conflicts: ClassVar = {
        "uq_idempotency_records_user_id_operation_key_sha256": (
            CreatedMeanwhileError,
            "The same request was made at the same time; send it again.",
        )
    }

    async def get_valid(self, user_id: int, operation: str, key_sha256: str, now: datetime) -> IdempotencyRecord | None:
        """Return what a call of the user created under this key, unless that has expired."""
        own = (IdempotencyRecord.user_id == user_id, IdempotencyRecord.operation == operation)
        query = select(IdempotencyRecord).where(*own, IdempotencyRecord.key_sha256 == key_sha256)
        return await self._one(query.where(IdempotencyRecord.expires_at > now))

    async def list_for_user(self, user_id: int) -> tuple[IdempotencyRecord, ...]:
        """Return every record of the user, oldest first."""
        query = select(IdempotencyRecord).where(IdempotencyRecord.user_id == user_id)
        return await self._all(query.order_by(IdempotencyRecord.created_at, IdempotencyRecord.id))

    async def delete_expired(self, now: datetime, user_id: int | None = None) -> int:
        """Delete expired records, of one user or of all, and return their number."""
        own = [] if user_id is None else [IdempotencyRecord.user_id == user_id]
        return await self._delete(IdempotencyRecord.expires_at <= now, *own)
