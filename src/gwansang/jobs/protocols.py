"""Interfaces between the engine and the code that executes tasks."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


class TaskReleased(BaseException):
    """Leaves a task unfinished for another worker, because this process stops. Not an error: a BaseException, so that
    no handler of errors catches it."""


class TaskExecution(Protocol):
    """One execution of a task; its methods run on the event loop and do nothing once the task has ended."""

    @property
    def steps(self) -> int: ...

    async def step(self, index: int) -> None: ...

    async def finish(self) -> None: ...

    async def release(self) -> None:
        """End this process's work on the task, whether or not it finished."""
        ...


class TaskExecutor(Protocol):
    """Starts executions of tasks."""

    async def begin(self, task_id: UUID) -> TaskExecution | None:
        """Claim a task; None if it has ended or was erased. Raises TaskReleased."""
        ...


@dataclass(frozen=True, slots=True)
class ActiveTask:
    """A task in the engine: `worker` runs it, None if it waits; `outdated` if an older protocol enqueued it."""

    task_id: UUID
    worker: str | None
    outdated: bool
