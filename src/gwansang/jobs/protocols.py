"""Values that pass between the job engine and the code that executes tasks; light to import, unlike the engine."""

from dataclasses import dataclass
from uuid import UUID


class TaskReleased(BaseException):
    """Leaves a task unfinished for another worker, because this process stops. Not an error: a BaseException, so that
    no handler of errors catches it."""


@dataclass(frozen=True, slots=True)
class EngineTask:
    """A task in the engine: `worker` runs it, None if it waits or has ended; `outdated` if an older protocol enqueued
    it."""

    task_id: UUID
    worker: str | None = None
    ended: bool = False
    outdated: bool = False

    @property
    def waits(self) -> bool:
        return self.worker is None and not self.ended
