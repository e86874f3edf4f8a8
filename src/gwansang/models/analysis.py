"""Readings that users keep."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, UtcDateTime


class StoredAnalysis(Base):
    """What was measured and what was read; never a photo, never the points of a face."""

    __tablename__ = "analyses"
    __table_args__ = (Index("ix_analyses_user_id_created_at", "user_id", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    locale: Mapped[str] = mapped_column(String(5))
    birth_year: Mapped[int | None]
    overall_score: Mapped[int]
    element: Mapped[str] = mapped_column(String(10))
    quality_score: Mapped[float]
    engine_version: Mapped[str] = mapped_column(String(20))
    content_version: Mapped[str] = mapped_column(String(20))
    measures: Mapped[JsonValue] = mapped_column(JSON, nullable=False)
    reading: Mapped[JsonValue] = mapped_column(JSON, nullable=False)
    pose: Mapped[JsonValue] = mapped_column(JSON, nullable=False)
    quality: Mapped[JsonValue] = mapped_column(JSON, nullable=False)
