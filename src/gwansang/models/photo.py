"""Kept photos, and the stored objects that hold them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, OwnerId

_MAX_KEY = 200


class PhotoObject(Base):
    """An object of the store; from `due_at` on it is deleted, unless a photo refers to it.

    The row is written before the object and deleted after it, so that no object exists without a row, whatever fails in
    between. It holds no reference to a user.
    """

    __tablename__ = "photo_objects"

    key: Mapped[str] = mapped_column(String(_MAX_KEY), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(index=True)


class Photo(Base):
    """The photo of a stored analysis; it is deleted with the analysis, and its object after it."""

    __tablename__ = "photos"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[OwnerId] = mapped_column(index=True)
    analysis_id: Mapped[UUID] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"), unique=True)
    key: Mapped[str] = mapped_column(String(_MAX_KEY), ForeignKey("photo_objects.key"), unique=True)
    size_bytes: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[datetime]
