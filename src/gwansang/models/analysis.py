"""Stored analyses of users who keep a history."""

from datetime import datetime
from functools import partial
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import JSON, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, OwnerId, partial_index

FACE_COLUMNS = "face"  # deferred group, which queries load explicitly, so that lists neither load nor unseal it
_face_column = partial(mapped_column, deferred=True, deferred_group=FACE_COLUMNS, deferred_raiseload=True)
_legacy_column = partial(_face_column, JSON(none_as_null=True), nullable=True)


class StoredAnalysis(Base):
    """Measures and reading of a face; never a photo, never the points of the mesh.

    The columns that lists show and that queries filter by are not encrypted. `sealed` holds birth year, measures,
    reading, pose and quality; their own columns come from releases that did not seal, and a start of the service
    empties them.
    """

    __tablename__ = "analyses"
    __table_args__ = (
        Index("ix_analyses_user_id_created_at", "user_id", "created_at"),
        partial_index("ix_analyses_in_clear", "id", where="sealed IS NULL"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[OwnerId]
    created_at: Mapped[datetime]
    locale: Mapped[str] = mapped_column(String(5))
    birth_year: Mapped[int | None]
    overall_score: Mapped[int]
    element: Mapped[str] = mapped_column(String(10))
    quality_score: Mapped[float]
    engine_version: Mapped[str] = mapped_column(String(20))
    content_version: Mapped[str] = mapped_column(String(20))
    sealed: Mapped[bytes | None] = _face_column(LargeBinary)
    measures: Mapped[JsonValue] = _legacy_column()
    reading: Mapped[JsonValue] = _legacy_column()
    pose: Mapped[JsonValue] = _legacy_column()
    quality: Mapped[JsonValue] = _legacy_column()
