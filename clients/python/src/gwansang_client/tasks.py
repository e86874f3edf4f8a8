"""Watching a task, without any input or output: messages of its WebSocket, and polling while there is none."""

import json
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from gwansang_client.decoding import decode
from gwansang_client.errors import TaskFailedError, UnexpectedAnswerError, error_of_problem
from gwansang_client.generated import models

_LOSSES_BEFORE_POLLING: Final = 2
_FIRST_POLL_S, _LONGEST_POLL_S = 0.5, 5.0
Status = Literal["queued", "processing", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """A change of a task; `task` is the whole of it at the end."""

    version: int
    status: Status
    stage: str | None
    progress: float
    task: models.TaskOut | None = None

    @property
    def finished(self) -> bool:
        """Return whether the task has ended, with a result or without."""
        return self.status in ("done", "failed", "cancelled")


class TaskFollower:
    """Keeps how far a task has been followed, and decides how to follow it further."""

    def __init__(self, task_id: UUID | str, *, use_socket: bool = True) -> None:
        self._task_id = task_id
        self._version: int | None = None
        self._losses = 0
        self._polls = 0
        self.polling = not use_socket

    def socket_path(self, ticket: str) -> str:
        """Return the path of the WebSocket from here on."""
        after = "" if self._version is None else f"&after={self._version}"
        return f"/api/v1/analysis/tasks/{self._task_id}/events?ticket={ticket}{after}"

    def heard(self, message: str | bytes) -> TaskEvent:
        """Return the event of a message of the WebSocket; raises ApiError if it is an error."""
        content = json.loads(message)
        if content.get("type") == "error":
            raise error_of_problem(content["problem"])
        self._losses = 0
        event: TaskEvent = decode(TaskEvent, content)
        self._version = event.version
        return event

    def polled(self, task: models.TaskOut) -> TaskEvent | None:
        """Return the event of a state that was asked for, None if nothing has changed."""
        if task.version == self._version:
            return None
        self._version = task.version
        self._polls = 0
        event = TaskEvent(task.version, task.status, task.stage, task.progress)
        return TaskEvent(task.version, task.status, task.stage, task.progress, task) if event.finished else event

    def lost(self) -> None:
        """Note that the WebSocket failed, which leads to polling in the end; polling raises errors that stay."""
        self._losses += 1
        self.polling = self._losses >= _LOSSES_BEFORE_POLLING

    def pause_s(self) -> float:
        """Return the seconds until the task is asked for again; longer the longer nothing changes."""
        self._polls += 1
        return float(min(_FIRST_POLL_S * 1.5 ** (self._polls - 1), _LONGEST_POLL_S))


def finished_task(event: TaskEvent) -> models.TaskOut:
    """Return the task of its last event; raises TaskFailedError if it has no result."""
    task = event.task
    if task is None:
        raise UnexpectedAnswerError("the task ended, but its end did not come with it")
    if task.status != "done":
        error = task.error
        code, message = (error.code, error.message) if error else (task.status.upper(), f"the task was {task.status}")
        raise TaskFailedError(str(task.task_id), code, message)
    return task
