"""Data protection: the keys of users, the audit log, unfinished erasures and scheduled runs."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import JSON, BigInteger, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, OwnerId, Sha256Hex

_LONG = BigInteger().with_variant(Integer(), "sqlite")


class UserKey(Base):
    """The data key of a user, wrapped by the master key `key_id`; without this row none of their sealed data opens.

    `pseudonym` is random and names the user in the audit log; deleting the row makes the log's entries anonymous.
    """

    __tablename__ = "user_keys"

    user_id: Mapped[OwnerId] = mapped_column(primary_key=True, autoincrement=False)
    key_id: Mapped[str] = mapped_column(String(40), index=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    pseudonym: Mapped[UUID] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class AuditEntry(Base):
    """An entry of the audit log; triggers forbid changes. `hash` covers the entry and the hash of the previous one.

    `subject` and `actor` are pseudonyms (or a word such as "operator"), never an id, a name or an address.
    """

    __tablename__ = "audit_log"

    seq: Mapped[int] = mapped_column(_LONG, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    event: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str | None] = mapped_column(String(40), index=True)
    request_id: Mapped[str | None] = mapped_column(String(64))
    facts: Mapped[JsonValue] = mapped_column(JSON, nullable=False)
    hash: Mapped[Sha256Hex]


class AuditHead(Base):
    """A single row: the end of the audit log, and its start after old entries were deleted. Writers lock it."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(_LONG)
    hash: Mapped[Sha256Hex]
    base_seq: Mapped[int] = mapped_column(_LONG)
    base_hash: Mapped[Sha256Hex]


class Erasure(Base):
    """Inputs of deleted tasks that are still to be deleted; the row is deleted after them. It names nobody."""

    __tablename__ = "erasures"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tasks: Mapped[JsonValue] = mapped_column(JSON, nullable=False)
    due_at: Mapped[datetime] = mapped_column(index=True)


class ScheduledRun(Base):
    """Regular work that one process does for all."""

    __tablename__ = "turns"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    begun_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
