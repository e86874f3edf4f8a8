"""Profiles: remembered faces of users."""

from datetime import datetime
from functools import partial
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import JSON, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, OwnerId, partial_index

_legacy_column = partial(mapped_column, JSON(none_as_null=True), nullable=True)


class UserProfile(Base):
    """Averaged measures and the reported shapes; `version` is the analysis that last changed the profile.

    `sealed` holds measures and shapes; their own columns come from releases that did not seal, that of the asymmetry
    from those that measured one. A start of the service empties them.
    """

    __tablename__ = "user_profiles"
    __table_args__ = (partial_index("ix_user_profiles_in_clear", "user_id", where="sealed IS NULL"),)

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
