"""Values that pass between the job engine and the code that executes tasks; light to import, unlike the engine."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Final
from uuid import UUID

Execute = Callable[[UUID], Coroutine[object, object, None]]


class TaskReleased(BaseException):
    """Leaves a task unfinished for another worker, because this process stops. Not an error: a BaseException, so that
    no handler of errors catches it."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A sort of work in the engine: its workflow, and a queue of its own, so that no other sort waits for it."""

    workflow: str
    queue: str


TASKS: Final = Lane("task", "tasks")
DELIVERIES: Final = Lane("delivery", "deliveries")


@dataclass(frozen=True, slots=True)
class LaneWork:
    """The code that executes the work of a lane on the event loop, and how much of it one process does at once."""

    execute: Execute
    concurrency: int


@dataclass(frozen=True, slots=True)
class EngineTask:
    """A task, or work of another lane, in the engine: `worker` runs it, None if it waits or has ended; `outdated` if an
    older protocol enqueued it."""

    task_id: UUID
    worker: str | None = None
    ended: bool = False
    outdated: bool = False

    @property
    def waits(self) -> bool:
        return self.worker is None and not self.ended
