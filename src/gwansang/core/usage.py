"""Monthly usage: kinds of counted readings, and the note by which the headers of an answer show what is left."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

UsageKind = Literal["face", "batch", "video", "compatibility", "lookalike"]
UNLIMITED_PLAN: Final = "unlimited"  # the plan without a limit, which there always is
USAGE_KINDS: Final[tuple[UsageKind, ...]] = get_args(UsageKind)


@dataclass(frozen=True, slots=True)
class MonthlyQuota:
    """Readings that a user has left in the current month, which ends at `resets_at`, in `reset_s` seconds."""

    limit: int
    remaining: int
    resets_at: datetime
    reset_s: int


class UsageNote:
    """The quota after what was counted last for one request; None if nothing was, or the plan has no limit."""

    def __init__(self) -> None:
        self.quota: MonthlyQuota | None = None


_NOTE: ContextVar[UsageNote | None] = ContextVar("usage_note", default=None)


@contextmanager
def collect_usage() -> Iterator[UsageNote]:
    """Yield the note that `note_usage` writes to in the block, as logging does with the id of a request."""
    note = UsageNote()
    token = _NOTE.set(note)
    try:
        yield note
    finally:
        _NOTE.reset(token)


def note_usage(quota: MonthlyQuota | None) -> None:
    """Note the quota of the caller for the answer to the current request, if there is one."""
    note = _NOTE.get()
    if note is not None:
        note.quota = quota
