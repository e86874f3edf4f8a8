"""Identities of users at providers, and sign-ins with a provider that are under way."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, OwnerId, Sha256Hex


class Identity(Base):
    """An account at a provider that a user signs in with; only the digest of its id there is stored."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("provider", "subject_hash"), UniqueConstraint("user_id", "provider"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[OwnerId]
    provider: Mapped[str] = mapped_column(String(20))
    subject_hash: Mapped[Sha256Hex]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class ProviderSignIn(Base):
    """A sign-in with a provider under way; `secret_hash` is that of the secret by which it goes on: the state that the
    provider returns (stage `started`), or the code for the page (`returned`). A row of the stage `spent` keeps an ID
    token from being used again. `family_id` is the sign-in that links an identity to its user, null for a sign-in."""

    __tablename__ = "provider_sign_ins"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    stage: Mapped[str] = mapped_column(String(10))
    provider: Mapped[str] = mapped_column(String(20))
    secret_hash: Mapped[Sha256Hex] = mapped_column(unique=True)
    browser_hash: Mapped[str | None] = mapped_column(String(64))
    return_to: Mapped[str] = mapped_column(String(100))
    locale: Mapped[str | None] = mapped_column(String(5))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    family_id: Mapped[UUID | None] = mapped_column(ForeignKey("token_families.id", ondelete="CASCADE"), index=True)
    error: Mapped[str | None] = mapped_column(String(50))
    expires_at: Mapped[datetime] = mapped_column(index=True)
