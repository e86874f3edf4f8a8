"""Long work: tasks, the outcomes of their finished steps, and the workers."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base, UtcDateTime


class Task(Base):
    """One piece of long work; the job engine knows its id and nothing else.

    `version` grows with every change that the owner can see. `run` is the id of the run that holds the task: a run
    that finds another id was taken for dead and must write nothing more. `tries` counts how often work began since the
    task last advanced. `counted` readings were counted in the usage of `counted_month` when it was submitted; None for
    tasks of older releases and of kinds that do not count.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        Index("uq_tasks_user_id_idempotency_key", "user_id", "idempotency_key", unique=True),
        Index("ix_tasks_status_created_at", "status", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(10))
    stage: Mapped[str | None] = mapped_column(String(40))
    progress: Mapped[float]
    steps: Mapped[int | None]
    inputs: Mapped[int]
    tries: Mapped[int]
    run: Mapped[UUID | None]
    version: Mapped[int]
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    request_sha256: Mapped[str] = mapped_column(String(64))
    params: Mapped[JsonValue] = mapped_column(JSON, nullable=False)  # its place in a trace
    result: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)  # megabytes
    error_code: Mapped[str | None] = mapped_column(String(60))
    error_message: Mapped[str | None] = mapped_column(String(500))
    error_details: Mapped[JsonValue] = mapped_column(JSON(none_as_null=True), nullable=True)
    counted: Mapped[int | None]
    counted_month: Mapped[str | None] = mapped_column(String(7))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    enqueued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


class TaskItem(Base):
    """Outcome of a finished step, sealed with the owner's key."""

    __tablename__ = "task_items"

    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    outcome: Mapped[bytes] = mapped_column(LargeBinary)


class Worker(Base):
    """A process that runs tasks, with the time of its last heartbeat."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)
