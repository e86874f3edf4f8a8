"""Calls that created something under an Idempotency-Key."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, OwnerId, Sha256Hex


class IdempotencyRecord(Base):
    """Id of what a call created, and digests of the client's key and of the request, neither of which is stored.

    The row is written in the transaction that creates, so there is one exactly if the thing was created.
    """

    __tablename__ = "idempotency_records"
    __table_args__ = (UniqueConstraint("user_id", "operation", "key_sha256"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[OwnerId]
    operation: Mapped[str] = mapped_column(String(40))
    key_sha256: Mapped[Sha256Hex]
    request_sha256: Mapped[Sha256Hex]
    created_id: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
