"""Users with their sign-ins, keys, mail tokens, socket tickets and consents."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, OwnerId, Sha256Hex, partial_index


class User(Base):
    """An account; `email` is in its canonical form, `token_version` is part of every token, `seen_at` is the time of
    the last sign-in or refresh."""

    __tablename__ = "users"
    # An id is never reused, so that a reference to a deleted user can't point to a new one.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    username: Mapped[str] = mapped_column(String(50))
    password_hash: Mapped[str] = mapped_column(String(255))
    is_active: Mapped[bool]
    is_admin: Mapped[bool]
    email_verified: Mapped[bool]
    token_version: Mapped[int]
    plan: Mapped[str | None] = mapped_column(String(20))  # of readings a month; None: the default plan
    seen_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class TokenFamily(Base):
    """One sign-in; `token_hash` is that of the current refresh token, whose id is `token_id`, and `previous_hash` that
    of the token before it. Older releases write neither of the two."""

    __tablename__ = "token_families"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[OwnerId] = mapped_column(index=True)
    token_hash: Mapped[Sha256Hex]
    token_id: Mapped[UUID | None]
    previous_hash: Mapped[str | None] = mapped_column(String(64))
    device_name: Mapped[str | None] = mapped_column(String(50))
    created_at: Mapped[datetime]
    refreshed_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ApiKey(Base):
    """An API key: it is looked up by `prefix` and checked against `secret_hash`; `scopes` are separated by spaces."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[OwnerId] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(String(50))
    prefix: Mapped[str] = mapped_column(String(20), unique=True)
    secret_hash: Mapped[Sha256Hex]
    scopes: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class MailToken(Base):
    """A token mailed to prove ownership of `email`, or to restore it; null is the user's current address."""

    __tablename__ = "mail_tokens"
    __table_args__ = (Index("ix_mail_tokens_user_id_purpose", "user_id", "purpose"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[OwnerId]
    purpose: Mapped[str] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(254), index=True)
    token_hash: Mapped[Sha256Hex] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SocketTicket(Base):
    """A single-use ticket that opens one WebSocket for the sign-in or the key that requested it."""

    __tablename__ = "socket_tickets"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[OwnerId] = mapped_column(index=True)
    family_id: Mapped[UUID | None] = mapped_column(ForeignKey("token_families.id", ondelete="CASCADE"), index=True)
    key_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"), index=True)
    ticket_hash: Mapped[Sha256Hex] = mapped_column(unique=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    access_expires_at: Mapped[datetime | None]


class Consent(Base):
    """A row of the ledger of consents; rows are added and withdrawn, never changed otherwise."""

    __tablename__ = "consents"
    __table_args__ = (
        partial_index("uq_consents_active", "user_id", "purpose", unique=True, where="withdrawn_at IS NULL"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[OwnerId] = mapped_column(index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    locale: Mapped[str] = mapped_column(String(5))
    text_sha256: Mapped[Sha256Hex]
    granted_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
