"""What the engine asks of whoever does the work."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


class TaskReleased(BaseException):
    """Leaves a task as it is, without an end: this process stops, and another one will go on with it. It is no error,
    and nothing that catches those may catch it."""


class TaskExecution(Protocol):
    """A task on its way; its methods run on the event loop and do nothing where the task has ended."""

    @property
    def steps(self) -> int: ...

    async def step(self, index: int) -> None: ...

    async def finish(self) -> None: ...

    async def leave(self) -> None:
        """The end of this process's work on it, whatever came of it."""
        ...


class TaskExecutor(Protocol):
    """Where tasks are begun."""

    async def begin(self, task_id: UUID) -> TaskExecution | None:
        """The course of a task, None where there is nothing to do any more; raises HandedBack."""
        ...


@dataclass(frozen=True, slots=True)
class RunningTask:
    """A task that is marked as being done by a worker."""

    task_id: UUID
    worker: str
