"""The gallery: people, the measures and embeddings of their pictures, and the gallery's version."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import JSON, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, Sha256Hex


class Celebrity(Base):
    """A person of the gallery; searches use `found_by`, both names folded."""

    __tablename__ = "celebrities"
    __table_args__ = (UniqueConstraint("name_ko", "name_en"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name_ko: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    found_by: Mapped[str] = mapped_column(String(500))
    category: Mapped[str] = mapped_column(String(40), index=True)
    note: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CelebrityPhoto(Base):
    """Embedding and measures of a picture; the picture itself is not stored.

    sha256: of the picture's bytes. model: the digest of the network that computed `embedding` (128 little-endian
    float32) and of the version of the measures; features of different models can't be compared. measures: value and
    error by key. quality: 0-1.
    """

    __tablename__ = "celebrity_photos"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    celebrity_id: Mapped[int] = mapped_column(ForeignKey("celebrities.id", ondelete="CASCADE"), index=True)
    sha256: Mapped[Sha256Hex] = mapped_column(unique=True)
    source: Mapped[str] = mapped_column(String(500))
    licence: Mapped[str] = mapped_column(String(100))
    attribution: Mapped[str] = mapped_column(String(500))
    model: Mapped[Sha256Hex] = mapped_column(index=True)
    embedding: Mapped[bytes] = mapped_column(LargeBinary)
    measures: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    quality: Mapped[float]
    created_at: Mapped[datetime]


class GalleryVersion(Base):
    """A single row, incremented by every change of the gallery in the transaction of that change."""

    __tablename__ = "gallery_version"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
