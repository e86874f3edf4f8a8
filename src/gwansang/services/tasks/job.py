"""Interface of a job, the code that does one kind of long work, and the task that it is given."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from pydantic import JsonValue

from gwansang.core.jsonable import JsonObject
from gwansang.repositories.unit_of_work import Transaction
from gwansang.services.tasks.kinds import JobKind


class TaskContext(Protocol):
    """A task, for the job that works on it."""

    @property
    def id(self) -> UUID: ...
    @property
    def user_id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def inputs(self) -> int:
        """Number of inputs."""
        ...

    async def input(self, number: int) -> bytes:
        """Load an input as it was submitted; raises IndexError if there is none with this number."""
        ...

    async def outcomes(self) -> Mapping[int, JsonValue]:
        """Load the outcomes of the finished steps, by index."""
        ...

    async def stage(self, name: str) -> None:
        """Show the owner what is being done now."""
        ...


@dataclass(frozen=True, slots=True)
class JobResult:
    """Result of a task. `write` runs in the transaction that ends the task, so that both happen exactly once or not at
    all; it must be fast, and the user's row is locked already. `drop` runs if that transaction does not commit: the
    task was cancelled or erased in the meantime, or has to be finished again. `readings`: how many the result has; the
    others that were counted when the task was submitted are given back."""

    result: JsonObject
    write: Callable[[Transaction], Awaitable[None]] | None = None
    drop: Callable[[], Awaitable[None]] | None = None
    readings: int = 1


class Job(Protocol):
    """One kind of long work, divided into steps.

    Every method has to be idempotent, because it is run again after an interruption. An AppError from any of them ends
    the task with that error, except Unavailable, which is retried; any other exception is retried up to three tries in
    all.
    """

    @property
    def kind(self) -> JobKind: ...

    async def plan(self, task: TaskContext) -> int:
        """Return the number of steps; called once, and stored."""
        ...

    async def step(self, task: TaskContext, index: int) -> JsonValue:
        """Execute one step and return its outcome, which is stored sealed; a stored step is not executed again."""
        ...

    def accepts(self, outcome: JsonValue) -> bool:
        """Return whether a stored outcome can be used. One of another release may not; its step is executed again."""
        ...

    async def finish(self, task: TaskContext) -> JobResult:
        """Return the result, made of the outcomes of all steps."""
        ...
