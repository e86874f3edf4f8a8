"""Readings that users keep."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, UtcDateTime

FACE_COLUMNS = "face"  # the columns that a query has to ask for, so that no list loads or opens them
_OLD = JSON(none_as_null=True)
_UNSEALED = text("sealed IS NULL")


class StoredAnalysis(Base):
    """What was measured and what was read; never a photo, never the points of a face.

    In clear are what a list shows and what finds a row. `sealed` holds birth year, measures, reading, pose and quality;
    their own columns are those of releases that did not seal, and are emptied when the service starts.
    """

    __tablename__ = "analyses"
    __table_args__ = (
        Index("ix_analyses_user_id_created_at", "user_id", "created_at"),
        Index("ix_analyses_in_clear", "id", sqlite_where=_UNSEALED, postgresql_where=_UNSEALED),
    )

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
    sealed: Mapped[bytes | None] = mapped_column(
        LargeBinary, deferred=True, deferred_group=FACE_COLUMNS, deferred_raiseload=True
    )
    measures: Mapped[JsonValue] = mapped_column(
        _OLD, nullable=True, deferred=True, deferred_group=FACE_COLUMNS, deferred_raiseload=True
    )
    reading: Mapped[JsonValue] = mapped_column(
        _OLD, nullable=True, deferred=True, deferred_group=FACE_COLUMNS, deferred_raiseload=True
    )
    pose: Mapped[JsonValue] = mapped_column(
        _OLD, nullable=True, deferred=True, deferred_group=FACE_COLUMNS, deferred_raiseload=True
    )
    quality: Mapped[JsonValue] = mapped_column(
        _OLD, nullable=True, deferred=True, deferred_group=FACE_COLUMNS, deferred_raiseload=True
    )
