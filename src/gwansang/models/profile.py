"""What is remembered of a user's face."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, UtcDateTime

_OLD = JSON(none_as_null=True)
_UNSEALED = text("sealed IS NULL")


class UserProfile(Base):
    """Averaged measures and the shapes that were told; `version` is the analysis that made it what it is.

    `sealed` holds measures, asymmetry and shapes; their own columns are those of releases that did not seal, and are
    emptied when the service starts.
    """

    __tablename__ = "user_profiles"
    __table_args__ = (
        Index("ix_user_profiles_in_clear", "user_id", sqlite_where=_UNSEALED, postgresql_where=_UNSEALED),
    )

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    version: Mapped[UUID]
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    photos: Mapped[int]
    measuring: Mapped[int]
    norms_id: Mapped[str] = mapped_column(String(200))
    engine_version: Mapped[str] = mapped_column(String(20))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    measures: Mapped[JsonValue] = mapped_column(_OLD, nullable=True)
    asymmetry: Mapped[JsonValue] = mapped_column(_OLD, nullable=True)
    shapes: Mapped[JsonValue] = mapped_column(_OLD, nullable=True)
