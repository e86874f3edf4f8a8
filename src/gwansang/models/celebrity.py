"""The gallery: people whom a face may resemble, what was measured on their pictures, and how often that changed."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import JSON, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, UtcDateTime


class Celebrity(Base):
    """A person of the gallery. `found_by` is what a search looks into: both names, folded."""

    __tablename__ = "celebrities"
    __table_args__ = (UniqueConstraint("name_ko", "name_en"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name_ko: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    found_by: Mapped[str] = mapped_column(String(500))
    category: Mapped[str] = mapped_column(String(40), index=True)
    note: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CelebrityPhoto(Base):
    """What is known of a picture; the picture itself is not kept.

    sha256: of the picture's bytes. model: the digest of the network that made `embedding` (128 little-endian float32);
    one of another network says nothing. measures: value and error by key. quality: 0-1.
    """

    __tablename__ = "celebrity_photos"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    celebrity_id: Mapped[int] = mapped_column(ForeignKey("celebrities.id", ondelete="CASCADE"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    source: Mapped[str] = mapped_column(String(500))
    licence: Mapped[str] = mapped_column(String(100))
    attribution: Mapped[str] = mapped_column(String(500))
    model: Mapped[str] = mapped_column(String(64), index=True)
    embedding: Mapped[bytes] = mapped_column(LargeBinary)
    measures: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    quality: Mapped[float]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class GalleryVersion(Base):
    """One row: grows with every change of the gallery, in the transaction of that change."""

    __tablename__ = "gallery_version"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
