"""What the visitors were promised, and every request with its answer."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

Content = Mapping[str, object]
_MARGIN_S = 3.0  # around a cut: the reset of a connection is noticed a little later
DOCUMENTED = frozenset(
    {
        *("DATABASE_UNAVAILABLE", "STORAGE_UNAVAILABLE", "LIMITS_UNAVAILABLE", "NOT_READY", "QUEUE_FULL"),
        *("INFERENCE_TIMEOUT", "PROFILE_BUSY", "INTAKE_FULL", "HASHING_BUSY"),
    }
)
"""Codes of a 503 that docs/api.md or docs/operations.md describe, or the API document lists."""


@dataclass(frozen=True)
class Request:
    """A request and its answer; status 0 if there was none, with the name of the exception as `code`."""

    route: str
    began: float
    ended: float
    status: int
    code: str = ""
    retry_after: bool = False


@dataclass
class TaskPromise:
    """A task that was answered with 202; `task_id` is empty until then."""

    key: str
    kind: str
    photos: int
    task_id: str = ""
    cancelled: bool = False
    seen: str = ""  # the end that a socket told


@dataclass
class Account:
    """What one visitor was promised.

    kept: contents of readings that were answered with `kept: true`; deleted: ids whose deletion was answered; doubtful:
    requests that may have kept a reading, because they were not answered or answered with an error; unkept: ids that
    were answered with `kept: false`; undecided: ids whose deletion was not answered.
    """

    email: str
    name: str
    password: str
    made: bool = False
    proven: bool = False
    history: bool = False
    erasing: bool = False
    erased: bool = False
    kept: dict[str, Content] = field(default_factory=dict)
    unkept: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    undecided: set[str] = field(default_factory=set)
    doubtful: int = 0
    tasks: list[TaskPromise] = field(default_factory=list)


class Ledger:
    """Written by the visitors and by the weather, read by the book."""

    def __init__(self) -> None:
        self.accounts: list[Account] = []
        self.requests: list[Request] = []
        self.faults: list[str] = []
        self.counts: Counter[str] = Counter()
        self.weather: list[tuple[str, float, float]] = []
        self._cuts: list[list[float]] = []

    @contextmanager
    def cutting(self) -> Iterator[None]:
        """Note that connections of clients are cut within the block."""
        cut = [time.monotonic(), float("inf")]
        self._cuts.append(cut)
        try:
            yield
        finally:
            cut[1] = time.monotonic()

    def was_cut(self, began: float, ended: float) -> bool:
        """Return whether connections of clients were cut in that time."""
        return any(since - _MARGIN_S < ended and began < until + _MARGIN_S for since, until in self._cuts)

    def names_of_weather(self, began: float, ended: float) -> list[str]:
        """Return the weather of that time."""
        return [name for name, since, until in self.weather if since - _MARGIN_S < ended and began < until + _MARGIN_S]

    def unanswered(self) -> list[Request]:
        """Return the requests without an answer whose connections were not cut by the weather."""
        return [one for one in self.requests if not one.status and not self.was_cut(one.began, one.ended)]

    def signed_out(self) -> list[Request]:
        """Return the requests whose token was refused although it was new, and no clock had been moved: a replica that
        is ahead makes tokens that the others do not take yet."""
        moved = min((began for name, began, _ in self.weather if "clock" in name), default=float("inf"))
        return [one for one in self.requests if one.code == "TOKEN_INVALID" and one.ended < moved]

    def undocumented(self) -> list[Request]:
        """Return the requests that were answered with a server error which is not documented."""
        return [
            one
            for one in self.requests
            if one.status >= 500 and not (one.status == 503 and one.retry_after and one.code in DOCUMENTED)
        ]
