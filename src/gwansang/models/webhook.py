"""Webhooks of users, the events that are delivered to them, and every attempt to do so."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, OwnerId


class Webhook(Base):
    """A receiver of a user's events. `sealed` holds its URL and secrets, sealed with the user's key; `events` are
    separated by spaces; `failing_since` is the first failed attempt after the last successful one."""

    __tablename__ = "webhooks"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[OwnerId] = mapped_column(index=True)
    events: Mapped[str] = mapped_column(String(200))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    previous_until: Mapped[datetime | None]
    locale: Mapped[str] = mapped_column(String(5))
    is_enabled: Mapped[bool]
    disabled_reason: Mapped[str | None] = mapped_column(String(20))
    failing_since: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class WebhookDelivery(Base):
    """An event for one webhook; the id is that of the message, the same at every attempt.

    `attempt_id` is the next attempt, None after the last one; the job engine knows it and nothing else. The event of an
    erased account has neither webhook nor `data`: its receiver and content are `sealed` with the master key `key_id`.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("ix_webhook_deliveries_status_due_at", "status", "due_at"),
        Index("ix_webhook_deliveries_webhook_id_created_at", "webhook_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID | None] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(String(30))
    data: Mapped[JsonValue] = mapped_column(JSON(none_as_null=True), nullable=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str | None] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(10))
    tries: Mapped[int]
    attempt_id: Mapped[UUID | None] = mapped_column(unique=True)
    due_at: Mapped[datetime | None]
    enqueued_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


class WebhookAttempt(Base):
    """An attempt that has ended: with the status of the answer, or with the kind of the failure."""

    __tablename__ = "webhook_attempts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_deliveries.id", ondelete="CASCADE"), index=True)
    started_at: Mapped[datetime]
    duration_ms: Mapped[int]
    status_code: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(30))
