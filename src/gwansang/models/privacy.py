"""What privacy rests on: the keys of users, the audit log, and what is still to be deleted."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import JSON, BigInteger, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, UtcDateTime

_LONG = BigInteger().with_variant(Integer(), "sqlite")


class UserKey(Base):
    """The data key of a user, wrapped by the master key `key_id`; without this row nothing sealed of them opens.

    `pseudonym` is drawn at random and stands for the user in the audit log; the row's end ends the tie.
    """

    __tablename__ = "user_keys"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    key_id: Mapped[str] = mapped_column(String(40), index=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    pseudonym: Mapped[UUID] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditEntry(Base):
    """A line of the audit log; the database refuses to change one. `hash` covers the line and the hash before it.

    `subject` and `actor` are pseudonyms (or a word such as "operator"), never an id, a name or an address.
    """

    __tablename__ = "audit_log"

    seq: Mapped[int] = mapped_column(_LONG, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str | None] = mapped_column(String(40), index=True)
    request_id: Mapped[str | None] = mapped_column(String(64))
    facts: Mapped[JsonValue] = mapped_column(JSON, nullable=False)
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """One row: where the audit log ends, and where it begins since old lines were deleted. Writers take turns at it."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(_LONG)
    hash: Mapped[str] = mapped_column(String(64))
    base_seq: Mapped[int] = mapped_column(_LONG)
    base_hash: Mapped[str] = mapped_column(String(64))


class Erasure(Base):
    """What an erased account has left outside the database; the row goes when that is gone. It names nobody."""

    __tablename__ = "erasures"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tasks: Mapped[JsonValue] = mapped_column(JSON, nullable=False)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ScheduledRun(Base):
    """Work that one process does for all, now and then."""

    __tablename__ = "turns"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
