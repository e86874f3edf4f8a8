"""Who uses the service: users, their sign-ins, keys, mail tokens and consents."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, UtcDateTime

_SHA256_HEX = 64


class User(Base):
    """An account; `email` is in its canonical form, `token_version` is part of every token, `seen_at` is of the last
    sign-in or its last renewal."""

    __tablename__ = "users"
    # An id is never given out twice, so that what names a deleted user can't name a new one.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    username: Mapped[str] = mapped_column(String(50))
    password_hash: Mapped[str] = mapped_column(String(255))
    is_active: Mapped[bool]
    is_admin: Mapped[bool]
    email_verified: Mapped[bool]
    token_version: Mapped[int]
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TokenFamily(Base):
    """One sign-in; `token_hash` is of the one refresh token that may be used next."""

    __tablename__ = "token_families"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(_SHA256_HEX))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    refreshed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ApiKey(Base):
    """A key; `prefix` finds it, `secret_hash` proves it, `scopes` are separated by spaces."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(50))
    prefix: Mapped[str] = mapped_column(String(20), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(_SHA256_HEX))
    scopes: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MailToken(Base):
    """What was mailed to prove that someone reads an address; one for a user and a purpose."""

    __tablename__ = "mail_tokens"
    __table_args__ = (Index("uq_mail_tokens_user_id_purpose", "user_id", "purpose", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(_SHA256_HEX), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SocketTicket(Base):
    """What opens one WebSocket, once; it stands for the sign-in or the key that asked for it."""

    __tablename__ = "socket_tickets"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    family_id: Mapped[UUID | None] = mapped_column(ForeignKey("token_families.id", ondelete="CASCADE"), index=True)
    key_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"), index=True)
    ticket_hash: Mapped[str] = mapped_column(String(_SHA256_HEX), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    access_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Consent(Base):
    """A row of the ledger; rows are added and withdrawn, never changed otherwise."""

    __tablename__ = "consents"
    __table_args__ = (
        Index(
            "uq_consents_active",
            "user_id",
            "purpose",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    locale: Mapped[str] = mapped_column(String(5))
    text_sha256: Mapped[str] = mapped_column(String(_SHA256_HEX))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
