"""Invitations to compare a face with that of a kept reading."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, OwnerId, Sha256Hex


class Invitation(Base):
    """An invitation that the owner of a stored analysis made; it is deleted with the analysis and after its last use.

    Nothing is stored of those who redeem it.
    """

    __tablename__ = "invitations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[OwnerId] = mapped_column(index=True)
    analysis_id: Mapped[UUID] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[Sha256Hex] = mapped_column(unique=True)
    uses_left: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
