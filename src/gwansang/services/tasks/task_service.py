"""Long work as its owner sees it: submitted, watched, cancelled. Nothing here knows the engine that does it."""

import asyncio
import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from pydantic import JsonValue, TypeAdapter

from gwansang.core.exceptions import InvalidInput, NotFound, RateLimited
from gwansang.core.paging import Page, PageRequest
from gwansang.models import Task
from gwansang.repositories.tasks import UNFINISHED
from gwansang.repositories.unit_of_work import Transaction
from gwansang.services.accounts.user_service import UserNotFoundError
from gwansang.services.tasks.failure import Failure
from gwansang.services.tasks.job import JsonObject
from gwansang.services.tasks.notifier import NEW_WORK
from gwansang.services.tasks.run import JobResources, result_aad

_log = structlog.get_logger("gwansang.tasks")
_POLL_S: Final = 0.5  # how soon a watcher sees what another process did
_RETRY_AFTER_S: Final = 30
_OBJECT: Final[TypeAdapter[JsonObject]] = TypeAdapter(JsonObject)


class TaskNotFoundError(NotFound):
    """Not there, expired, or someone else's: nobody is told which."""

    code = "TASK_NOT_FOUND"
    title = "There is no such task"


class TooManyTasksError(RateLimited):
    """Carries `limit` and `retry_after_s` in its context."""

    code = "TOO_MANY_TASKS"
    title = "Too many unfinished tasks"


class IdempotencyKeyReusedError(InvalidInput):
    code = "IDEMPOTENCY_KEY_REUSED"
    title = "This Idempotency-Key was used for another request"


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

    @property
    def ended(self) -> bool:
        return self.status not in UNFINISHED


class TaskService:
    """The tasks of users; what belongs to another does not exist."""

    def __init__(
        self,
        places: JobResources,
        *,
        new_id: Callable[[], UUID],
        max_unfinished: int,
        keep: timedelta,
    ) -> None:
        self._uow = places.uow
        self._sealer = places.sealer
        self._vault = places.vault
        self._wakes = places.notifier
        self._clock = places.clock
        self._new_id = new_id
        self._max_unfinished = max_unfinished
        self._keep = keep

    async def submit(
        self,
        user_id: int,
        kind: str,
        params: JsonObject,
        inputs: Sequence[bytes] | AsyncIterable[bytes],
        *,
        request_sha256: str | None = None,
        idempotency_key: str | None = None,
    ) -> TaskInfo:
        """A task that will be done, or the one that was made of the same request under the same key. `params` hold
        nothing of a face; inputs that come one by one are never held together, and what tells their request from
        others is made of them. Raises TooManyTasksError, IdempotencyKeyReusedError, UserNotFoundError."""
        asked = _Asked(user_id, idempotency_key and _digest(idempotency_key), request_sha256)
        async with self._uow.write() as tx:
            known = await self._known(tx, asked)
            if known is None:
                key = await self._sealer.load_or_create_key(tx, user_id)
        if known is not None:
            return await self.get(user_id, known.id)
        task_id = self._new_id()
        try:
            deposit = await self._vault.put(key, task_id, inputs)
            asked = replace(asked, sha256=request_sha256 or deposit.sha256)
            row = self._row(task_id, asked, kind, params, deposit.inputs)
            async with self._uow.write() as tx:
                known = await self._known(tx, asked)
                if known is None:
                    await tx.tasks.add(row)
        except BaseException:  # also when whoever asked is gone: nobody would come for these files
            await self._vault.delete(task_id)
            raise
        if known is not None:
            await self._vault.delete(task_id)
            return await self.get(user_id, known.id)
        self._wakes.notify(NEW_WORK)
        _log.info("task.submitted", task_id=str(task_id), kind=kind, inputs=deposit.inputs)
        return info(row)

    async def get(self, user_id: int, task_id: UUID) -> TaskInfo:
        """A task of this user, with its result once it is done; raises TaskNotFoundError."""
        async with self._uow.read() as tx:
            row = await tx.tasks.get(user_id, task_id, self._clock())
            if row is None:
                raise no_such_task()
            key = await self._sealer.load_key(tx, user_id) if row.result is not None else None
        if key is None or row.result is None:
            return info(row)
        opened = await asyncio.to_thread(
            self._sealer.unseal, key, row.result, result_aad(task_id)
        )  # it may be megabytes
        return info(row, _object(opened))

    async def page(self, user_id: int, page: int = 1, size: int = 20) -> Page[TaskInfo]:
        """The user's tasks without their results, newest first; raises InvalidPageError."""
        asked = PageRequest(page, size)
        async with self._uow.read() as tx:
            return (await tx.tasks.page(user_id, asked, self._clock())).map(info)

    async def cancel(self, user_id: int, task_id: UUID) -> None:
        """Ends a task, and takes back what was submitted; one that has ended stays as it is. Raises
        TaskNotFoundError."""
        async with self._uow.write() as tx:
            if await tx.tasks.version_of(user_id, task_id, self._clock()) is None:
                raise no_such_task()
            ended = await tx.tasks.cancel(task_id, now := self._clock(), now + self._keep)
            if ended:
                await tx.task_items.delete_for_task(task_id)
        if ended:
            await self._vault.delete(task_id)
            self._wakes.notify(task_id)
            _log.info("task.cancelled", task_id=str(task_id))

    async def delete_expired(self) -> int:
        """Deletes tasks that ended long enough ago, and says how many there were."""
        async with self._uow.write() as tx:
            return await tx.tasks.delete_expired(self._clock())

    async def events(self, user_id: int, task_id: UUID, after_version: int = -1) -> AsyncIterator[TaskInfo]:
        """The task as it is (unless that is `after_version` and not the end), then at every change up to its end;
        changes that follow each other fast come as one. Raises TaskNotFoundError, also where it is erased meanwhile."""
        told = await self.get(user_id, task_id)
        if told.version > after_version or told.ended:
            yield told
        while not told.ended:
            await self._wakes.wait(task_id, _POLL_S)
            async with self._uow.read() as tx:
                version = await tx.tasks.version_of(user_id, task_id, self._clock())
            if version != told.version:
                told = await self.get(user_id, task_id)
                yield told

    async def _known(self, tx: Transaction, asked: "_Asked") -> Task | None:
        """The task of the same key, None where there is room for a new one; other requests of this user wait."""
        if await tx.users.get_for_update(asked.user_id) is None:
            raise UserNotFoundError("There is no such user.")
        await tx.tasks.delete_expired(self._clock(), asked.user_id)  # so that their keys are free
        if asked.key is not None and (known := await tx.tasks.by_key(asked.user_id, asked.key)) is not None:
            if asked.sha256 is None:
                return None  # it is not here yet, and this is asked again when it is
            if known.request_sha256 != asked.sha256:
                raise IdempotencyKeyReusedError("This Idempotency-Key was used for another request; use a new one.")
            return known
        if await tx.tasks.count_unfinished(asked.user_id) >= self._max_unfinished:
            limit = self._max_unfinished
            message = f"{limit} tasks have not ended; wait for one of them, or cancel one."
            raise TooManyTasksError(message, limit=limit, retry_after_s=_RETRY_AFTER_S)
        return None

    def _row(self, task_id: UUID, asked: "_Asked", kind: str, params: JsonObject, inputs: int) -> Task:
        return Task(
            id=task_id,
            user_id=asked.user_id,
            kind=kind,
            status="queued",
            progress=0.0,
            inputs=inputs,
            tries=0,
            version=0,
            idempotency_key=asked.key,
            request_sha256=asked.sha256,
            params=params,
            created_at=self._clock(),
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which request it is, as its sender tells."""

    user_id: int
    key: str | None
    sha256: str | None  # None until all of it is here


def _object(value: JsonValue) -> JsonObject:
    """A JSON object as one; to look through all of it would take longer than to open it."""
    if not isinstance(value, dict):
        raise TypeError("the result of a task is an object")
    return value


def _digest(idempotency_key: str) -> str:
    """Of one length, and without what a client may have put into its key."""
    return hashlib.sha256(idempotency_key.encode()).hexdigest()


def no_such_task() -> TaskNotFoundError:
    """What to say where there is none."""
    return TaskNotFoundError("There is no such task.")


def info(row: Task, result: JsonObject | None = None) -> TaskInfo:
    """A stored task as plain data."""
    error = None
    if row.error_code is not None:
        details: JsonValue = row.error_details
        error = Failure(row.error_code, row.error_message or "", _OBJECT.validate_python(details or {}))
    return TaskInfo(
        id=row.id,
        kind=row.kind,
        status=row.status,
        stage=row.stage,
        progress=row.progress,
        version=row.version,
        result=result,
        error=error,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        expires_at=row.expires_at,
    )
