"""What is remembered of a user's face."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, UtcDateTime


class UserProfile(Base):
    """Averaged measures and the shapes that were told; `version` is the analysis that made it what it is."""

    __tablename__ = "user_profiles"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    version: Mapped[UUID]
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    photos: Mapped[int]
    measuring: Mapped[int]
    norms_id: Mapped[str] = mapped_column(String(200))
    engine_version: Mapped[str] = mapped_column(String(20))
    measures: Mapped[JsonValue] = mapped_column(JSON, nullable=False)
    asymmetry: Mapped[JsonValue] = mapped_column(JSON, nullable=False)
    shapes: Mapped[JsonValue] = mapped_column(JSON, nullable=False)
