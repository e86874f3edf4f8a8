"""What a kind of long work has to be able to do, and what it is given for that."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from pydantic import JsonValue

from gwansang.repositories.unit_of_work import Transaction

JsonObject = dict[str, JsonValue]


class TaskContext(Protocol):
    """A task as the job sees it that works on it."""

    @property
    def id(self) -> UUID: ...
    @property
    def user_id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def params(self) -> JsonObject: ...
    @property
    def inputs(self) -> int:
        """How many inputs there are."""
        ...

    async def input(self, number: int) -> bytes:
        """An input, as it was submitted; raises IndexError for a number that there is not."""
        ...

    async def outcomes(self) -> Mapping[int, JsonValue]:
        """What the finished steps produced, by their index."""
        ...

    async def stage(self, name: str) -> None:
        """Tells the owner what is being done now."""
        ...


@dataclass(frozen=True, slots=True)
class JobResult:
    """The end of a task. `write` runs in the very transaction that ends the task: all of it happens, once, or nothing.
    Nothing slow belongs in there; the user's row is locked already, and is there. `drop` runs where that transaction
    did not come to its end: the task was cancelled or erased meanwhile, or has to be finished anew."""

    result: JsonObject
    write: Callable[[Transaction], Awaitable[None]] | None = None
    drop: Callable[[], Awaitable[None]] | None = None


class Job(Protocol):
    """A kind of long work, cut into steps.

    Every method may be run again after it was interrupted, and has to lead to the same then. An AppError from any of
    them ends the task with that error, but for Unavailable, which is waited for; every other exception is tried again,
    three times in all.
    """

    @property
    def kind(self) -> str: ...

    async def plan(self, task: TaskContext) -> int:
        """How many steps there are; asked once, and kept."""
        ...

    async def step(self, task: TaskContext, index: int) -> JsonValue:
        """Does one step and returns what it produced, which is kept (sealed) and not asked for again."""
        ...

    async def finish(self, task: TaskContext) -> JobResult:
        """The result, made of the outcomes of all steps."""
        ...
