"""Links to kept readings that their owners share."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, OwnerId, Sha256Hex


class Share(Base):
    """A link to a stored analysis, deleted with it; only the digest of the link's token is stored."""

    __tablename__ = "shares"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[OwnerId] = mapped_column(index=True)
    analysis_id: Mapped[UUID] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[Sha256Hex] = mapped_column(unique=True)
    locale: Mapped[str] = mapped_column(String(5))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
