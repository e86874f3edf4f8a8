"""Tasks of all users, as administrators see them: the queue, failures with their reason, cancellation and retry.

Neither inputs nor results are shown; the result of an import is read by the administrator who submitted it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from uuid import UUID

import structlog

from gwansang.core.exceptions import Conflict
from gwansang.core.paging import FIRST_PAGE, Page, PageRequest
from gwansang.models import Task
from gwansang.models.base import from_row
from gwansang.services.protection.audit import AuditLog
from gwansang.services.tasks.cancellation import cancel_in, complete_cancellation
from gwansang.services.tasks.failure import Failure
from gwansang.services.tasks.kinds import JobKinds
from gwansang.services.tasks.notifier import NEW_TASK
from gwansang.services.tasks.run import JobResources
from gwansang.services.tasks.task_service import TaskInfo, TaskNotFoundError

_log = structlog.get_logger("gwansang.tasks")
_OWNER_LEFT: Final = "Who submitted this import is no administrator any more; submit its archive again yourself."


class TaskNotRetryableError(Conflict):
    """The task has not failed, or its inputs were deleted with its end, as those of users are."""

    code = "TASK_NOT_RETRYABLE"
    title = "This task can't be tried again"


class TaskOwnerLeftError(Conflict):
    """The administrator who submitted the import is none any more, and it would act in their name."""

    code = "TASK_OWNER_LEFT"
    title = "Its owner is no administrator any more"


@dataclass(frozen=True, slots=True)
class QueueState:
    """Number of tasks by status, and how long the first of the queue waits, in seconds."""

    counts: Mapping[str, int]
    oldest_queued_s: float


@dataclass(frozen=True, slots=True)
class TaskOverview:
    """A task without inputs and result; `retryable` says whether it can be tried again."""

    id: UUID
    user_id: int
    kind: str
    status: str
    progress: float
    tries: int
    error: Failure | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    retryable: bool

    @classmethod
    def of(cls, row: Task, kinds: JobKinds) -> Self:
        """Return what an administrator sees of a stored task."""
        info = TaskInfo.from_row(row)
        return from_row(cls, row, error=info.error, retryable=_is_retryable(row, kinds))


class TaskOperations:
    """Queries and acts of administrators on the tasks of all users."""

    def __init__(self, resources: JobResources, kinds: JobKinds, audit: AuditLog) -> None:
        self._resources = resources
        self._uow = resources.uow
        self._notifier = resources.notifier
        self._clock = resources.clock
        self._kinds = kinds
        self._audit = audit

    async def state(self) -> QueueState:
        """Return the state of the queue."""
        async with self._uow.read() as tx:
            by_kind = await tx.tasks.count_by_kind_and_status()
            oldest = await tx.tasks.oldest_queued_at()
        counts: dict[str, int] = {}
        for (_, status), count in by_kind.items():
            counts[status] = counts.get(status, 0) + count
        age_s = (self._clock() - oldest).total_seconds() if oldest else 0.0
        return QueueState(counts, max(0.0, age_s))

    async def page(self, request: PageRequest = FIRST_PAGE, status: str | None = None) -> Page[TaskOverview]:
        """Return a page of all tasks, or of those with a status, newest first; raises InvalidPageError."""
        async with self._uow.read() as tx:
            rows = await tx.tasks.page_of_all(request, status, self._clock())
        return rows.map(lambda row: TaskOverview.of(row, self._kinds))

    async def cancel(self, task_id: UUID, by: int) -> None:
        """Cancel a task for an administrator and delete its inputs; one that has ended stays unchanged. Raises
        TaskNotFoundError."""
        async with self._uow.write() as tx:
            if await tx.tasks.get_for_update(task_id) is None:
                raise TaskNotFoundError("There is no such task.")
            cancelled = await cancel_in(tx, self._resources, task_id)
            if cancelled is not None:
                await self._audit.record(tx, "task_cancelled", cancelled.user_id, by, kind=cancelled.kind)
        if cancelled is not None:
            await complete_cancellation(self._resources, task_id)

    async def retry(self, task_id: UUID, by: int) -> None:
        """Put a failed task whose inputs are still there back into the queue; it runs for its owner again. Raises
        TaskNotFoundError, TaskNotRetryableError, TaskOwnerLeftError."""
        async with self._uow.write() as tx:
            row = await tx.tasks.get_for_update(task_id)
            if row is None or (row.expires_at is not None and row.expires_at <= self._clock()):
                raise TaskNotFoundError("There is no such task.")
            if not _is_retryable(row, self._kinds):
                message = "Only a failed import can be tried again; what users sent is deleted when their task ends."
                raise TaskNotRetryableError(message)
            owner = await tx.users.get(row.user_id)
            if owner is None or not (owner.is_active and owner.is_admin):
                raise TaskOwnerLeftError(_OWNER_LEFT)
            row.status, row.run, row.enqueued_at, row.tries, row.progress = "queued", None, None, 0, 0.0
            row.error_code = row.error_message = row.error_details = None
            row.finished_at = row.expires_at = None
            row.version += 1
            await tx.tasks.save(row)
            await self._audit.record(tx, "task_retried", row.user_id, by, kind=row.kind)
        self._notifier.notify(NEW_TASK)
        self._notifier.notify(task_id)
        _log.info("task.retried", task_id=str(task_id), kind=row.kind)


def _is_retryable(row: Task, kinds: JobKinds) -> bool:
    kind = kinds.by_name.get(row.kind)
    return row.status == "failed" and kind is not None and kind.keeps_inputs
