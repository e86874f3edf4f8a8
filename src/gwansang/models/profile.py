"""Profiles: remembered faces of users."""

from datetime import datetime
from functools import partial
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import JSON, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, OwnerId

_legacy_column = partial(mapped_column, JSON(none_as_null=True), nullable=True)
_UNSEALED = text("sealed IS NULL")


class UserProfile(Base):
    """Averaged measures and the reported shapes; `version` is the analysis that last changed the profile.

    `sealed` holds measures, asymmetry and shapes; their own columns come from releases that did not seal, and a start
    of the service empties them.
    """

    __tablename__ = "user_profiles"
    __table_args__ = (
        Index("ix_user_profiles_in_clear", "user_id", sqlite_where=_UNSEALED, postgresql_where=_UNSEALED),
    )

    user_id: Mapped[OwnerId] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[UUID]
    updated_at: Mapped[datetime]
    photos: Mapped[int]
    measuring: Mapped[int]
    norms_id: Mapped[str] = mapped_column(String(200))
    engine_version: Mapped[str] = mapped_column(String(20))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    measures: Mapped[JsonValue] = _legacy_column()
    asymmetry: Mapped[JsonValue] = _legacy_column()
    shapes: Mapped[JsonValue] = _legacy_column()
