"""Tasks as their owners see them: submitted, watched, cancelled. Independent of the engine that runs them."""

import asyncio
import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Final, Self
from uuid import UUID

import structlog
from pydantic import Field, JsonValue

from gwansang.core.exceptions import NotFound, RateLimited
from gwansang.core.jsonable import JSON_OBJECT, JsonObject
from gwansang.core.paging import FIRST_PAGE, Page, PageRequest
from gwansang.core.tracing import current_traceparent
from gwansang.models import Task
from gwansang.models.base import from_row
from gwansang.repositories.tasks import UNFINISHED
from gwansang.repositories.unit_of_work import Transaction
from gwansang.services.accounts.idempotency_service import IdempotencyKeyReusedError
from gwansang.services.accounts.usage_service import UsageService
from gwansang.services.accounts.user_service import UserNotFoundError
from gwansang.services.protection.audit import AuditLog
from gwansang.services.protection.sealing import DataKey
from gwansang.services.tasks.cancellation import cancel_in, complete_cancellation
from gwansang.services.tasks.failure import Failure
from gwansang.services.tasks.kinds import JobKind, JobKinds, ResultType
from gwansang.services.tasks.notifier import NEW_TASK
from gwansang.services.tasks.run import JobResources, result_aad, trace_params

_log = structlog.get_logger("gwansang.tasks")
_POLL_S: Final = 0.5  # delay after which a watcher sees a change made by another process
_RETRY_AFTER_S: Final = 30


class TaskNotFoundError(NotFound):
    """Missing, expired or another user's task; the error does not say which."""

    code = "TASK_NOT_FOUND"
    title = "There is no such task"


class TooManyTasksError(RateLimited):
    """Carries `limit` and `retry_after_s` in its context."""

    code = "TOO_MANY_TASKS"
    title = "Too many unfinished tasks"


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """A task as its owner sees it; `version` grows with every change."""

    id: UUID
    kind: str
    status: str
    stage: str | None
    progress: float
    version: int
    result: JsonObject | None
    error: Failure | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    result_type: Annotated[ResultType | None, Field(exclude=True)] = None  # not exported

    @property
    def ended(self) -> bool:
        return self.status not in UNFINISHED

    @classmethod
    def from_row(cls, row: Task, result: JsonObject | None = None, result_type: ResultType | None = None) -> Self:
        """Build the info of a stored task."""
        error = None
        if row.error_code is not None:
            details: JsonValue = row.error_details
            error = Failure(row.error_code, row.error_message or "", JSON_OBJECT.validate_python(details or {}))
        return from_row(cls, row, result=result, error=error, result_type=result_type)


@dataclass(frozen=True, slots=True)
class _Submission:
    """Identity of a submitted request. key: hashed, so of fixed length and without whatever a client put into it;
    sha256: None until all inputs have arrived."""

    user_id: int
    key: str | None
    sha256: str | None = None


class TaskService:
    """Tasks of users; a user can't reach another user's tasks."""

    def __init__(
        self,
        resources: JobResources,
        kinds: JobKinds,
        usage: UsageService,
        audit: AuditLog,
        *,
        new_id: Callable[[], UUID],
        max_unfinished: int,
    ) -> None:
        self._resources = resources
        self._uow = resources.uow
        self._sealer = resources.sealer
        self._consents = resources.consents
        self._vault = resources.vault
        self._notifier = resources.notifier
        self._clock = resources.clock
        self._kinds = kinds
        self._usage = usage
        self._audit = audit
        self._new_id = new_id
        self._max_unfinished = max_unfinished

    async def submit(
        self, user_id: int, kind: JobKind, inputs: AsyncIterable[bytes], idempotency_key: str | None = None
    ) -> TaskInfo:
        """Create a task, or return the one that the same request created under the same key. The inputs, which are
        never held in memory together, identify the request. Its readings are counted with it, and those that it does
        not make are given back at its end. Raises ConsentRequiredError, MonthlyLimitError, TooManyTasksError,
        IdempotencyKeyReusedError, UserNotFoundError, and the errors of `inputs`."""
        await self._check_kind(user_id, kind)
        if kind.usage is not None and idempotency_key is None:  # with a key there may be a task already
            await self._usage.check(user_id)
        submission = _Submission(user_id, idempotency_key and hashlib.sha256(idempotency_key.encode()).hexdigest())
        async with self._uow.write() as tx:
            existing = await self._find_existing(tx, submission)
            key = await self._sealer.load_or_create_key(tx, user_id)
        if existing is not None:
            return await self.get(user_id, existing.id)
        return await self._create(key, submission, kind, inputs)

    async def _create(
        self, key: DataKey, submission: _Submission, kind: JobKind, inputs: AsyncIterable[bytes]
    ) -> TaskInfo:
        task_id = self._new_id()
        try:
            count, sha256 = await self._vault.put(key, task_id, inputs)
            submission = replace(submission, sha256=sha256)
            row = _row(task_id, submission, kind, count, self._clock())
            async with self._uow.write() as tx:
                existing = await self._find_existing(tx, submission)
                if existing is None:
                    if kind.usage is not None:
                        row.counted = kind.readings(count)
                        row.counted_month = await self._usage.count_in(tx, row.user_id, kind.usage, row.counted)
                    await tx.tasks.add(row)
                    if kind.recorded_as is not None:
                        await self._audit.record(tx, kind.recorded_as, None, submission.user_id, inputs=count)
        except BaseException:  # also if the client disconnects: nothing else would delete these files
            await self._vault.delete(task_id)
            raise
        if existing is not None:
            await self._vault.delete(task_id)
            return await self.get(submission.user_id, existing.id)
        self._notifier.notify(NEW_TASK)
        _log.info("task.submitted", task_id=str(task_id), kind=kind.name, inputs=count)
        return TaskInfo.from_row(row)

    async def _check_kind(self, user_id: int, kind: JobKind) -> None:
        if self._kinds.by_name.get(kind.name) != kind:
            raise ValueError(f"the kind {kind.name} is not registered")
        if kind.purpose is not None:
            await self._consents.require(user_id, kind.purpose)

    async def get(self, user_id: int, task_id: UUID) -> TaskInfo:
        """Return a task of this user, with its result once it is done; raises TaskNotFoundError."""
        async with self._uow.read() as tx:
            row = await tx.tasks.get(user_id, task_id, self._clock())
            if row is None:
                raise TaskNotFoundError("There is no such task.")
            key = await self._sealer.load_key(tx, user_id) if row.result is not None else None
        if key is None or row.result is None:
            return TaskInfo.from_row(row)
        result = await asyncio.to_thread(self._sealer.unseal, key, row.result, result_aad(task_id))  # can be megabytes
        if not isinstance(result, dict):  # validating all of it would take longer than opening it
            raise TypeError("the result of a task is an object")
        kind = self._kinds.by_name.get(row.kind)
        return TaskInfo.from_row(row, result, kind.result if kind else None)

    async def page(self, user_id: int, request: PageRequest = FIRST_PAGE) -> Page[TaskInfo]:
        """Return the user's tasks without their results, newest first; raises InvalidPageError."""
        async with self._uow.read() as tx:
            return (await tx.tasks.page(user_id, request, self._clock())).map(TaskInfo.from_row)

    async def cancel(self, user_id: int, task_id: UUID) -> None:
        """Cancel a task and delete its inputs; one that has ended stays unchanged. Raises TaskNotFoundError."""
        async with self._uow.write() as tx:
            if await tx.tasks.get_version(user_id, task_id, self._clock()) is None:
                raise TaskNotFoundError("There is no such task.")
            cancelled = await cancel_in(tx, self._resources, task_id)
        if cancelled is not None:
            await complete_cancellation(self._resources, task_id)

    async def delete_expired(self) -> int:
        """Delete expired tasks and return their number."""
        async with self._uow.write() as tx:
            return await tx.tasks.delete_expired(self._clock())

    async def events(self, user_id: int, task_id: UUID, after_version: int = -1) -> AsyncIterator[TaskInfo]:
        """Yield the task now (unless its version is `after_version` and it has not ended), and at every change until
        its end; changes in quick succession are merged. Raises TaskNotFoundError, also if it is erased meanwhile."""
        info = await self.get(user_id, task_id)
        if info.version > after_version or info.ended:
            yield info
        while not info.ended:
            await self._notifier.wait(task_id, _POLL_S)
            async with self._uow.read() as tx:
                version = await tx.tasks.get_version(user_id, task_id, self._clock())
            if version != info.version:
                info = await self.get(user_id, task_id)
                yield info

    async def _find_existing(self, tx: Transaction, submission: _Submission) -> Task | None:
        """Return the task of the same key, or None if a new one can be created; locks the user, so that submissions of
        one user do not race."""
        if await tx.users.get_for_update(submission.user_id) is None:
            raise UserNotFoundError("There is no such user.")
        await tx.tasks.delete_expired(self._clock(), submission.user_id)  # frees their keys
        key, user_id = submission.key, submission.user_id
        if key is not None and (existing := await tx.tasks.get_by_idempotency_key(user_id, key)) is not None:
            if submission.sha256 is None:
                return None  # unknown until all inputs have arrived; checked again then
            if existing.request_sha256 != submission.sha256:
                raise IdempotencyKeyReusedError("This Idempotency-Key was used for another request; use a new one.")
            return existing
        if await tx.tasks.count_unfinished(submission.user_id) >= self._max_unfinished:
            message = f"{self._max_unfinished} tasks have not ended; wait for one of them, or cancel one."
            raise TooManyTasksError(message, limit=self._max_unfinished, retry_after_s=_RETRY_AFTER_S)
        return None


def _row(task_id: UUID, submission: _Submission, kind: JobKind, inputs: int, now: datetime) -> Task:
    return Task(
        id=task_id,
        user_id=submission.user_id,
        kind=kind.name,
        status="queued",
        progress=0.0,
        inputs=inputs,
        tries=0,
        version=0,
        idempotency_key=submission.key,
        request_sha256=submission.sha256,
        params=trace_params(current_traceparent()),
        created_at=now,
    )
