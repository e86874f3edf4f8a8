"""Traces: where in its caller's trace this process works, and spans of that work if a tracer records them.

A trace comes in by the header `traceparent` of a request (W3C Trace Context) and goes on with a task that the request
submits. Its id is in the log lines of both, also without OpenTelemetry, which `otel_tracer` needs to record spans.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Literal, Self

import structlog

Attributes = Mapping[str, str | int | float]
EntryKind = Literal["server", "consumer"]
NO_ATTRIBUTES: Final[Attributes] = {}
_HEADER: Final = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?!0{32})(?P<trace_id>[0-9a-f]{32})-(?!0{16})(?P<span_id>[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?",
    re.ASCII,
)
_FIRST_VERSION: Final = "00"


@dataclass(frozen=True, slots=True)
class TracePosition:
    """A span of a trace, by its ids in hexadecimal digits; sampled: whether its process records it."""

    trace_id: str
    span_id: str
    sampled: bool

    @classmethod
    def parse(cls, traceparent: str) -> Self | None:
        """Return the position that a header names, None if it is not valid; of later versions the known part counts."""
        found = _HEADER.fullmatch(traceparent)
        if found is None or (found["version"] == _FIRST_VERSION and found["more"]):
            return None
        return cls(found["trace_id"], found["span_id"], sampled=bool(int(found["flags"], 16) & 1))

    @property
    def traceparent(self) -> str:
        """The position as a header."""
        return f"{_FIRST_VERSION}-{self.trace_id}-{self.span_id}-{int(self.sampled):02x}"


_position: ContextVar[TracePosition | None] = ContextVar("trace_position", default=None)


def current_traceparent() -> str | None:
    """Return the position of the work at hand, for work that it hands on; None outside of a trace."""
    position = _position.get()
    return None if position is None else position.traceparent


@contextmanager
def _inside(position: TracePosition) -> Iterator[None]:
    token = _position.set(position)
    try:
        with structlog.contextvars.bound_contextvars(trace_id=position.trace_id):
            yield
    finally:
        _position.reset(token)


def inside_trace(position: TracePosition | None) -> AbstractContextManager[None]:
    """Put the trace id into the log lines of the block, and hand the position on; None: the block has no trace."""
    return nullcontext() if position is None else _inside(position)


class Span:
    """A piece of work that nobody records."""

    def describe(self, name: str, attributes: Attributes) -> None:
        """Rename the span and add attributes, once they are known."""

    def fail(self, error: str) -> None:
        """Mark the span as failed by a kind of error: its code or class, never its message."""


class Tracer:
    """Records nothing: the tracer of a process whose tracing is off. Attributes must tell nothing of a person."""

    records: bool = False

    @contextmanager
    def entry_span(
        self, name: str, kind: EntryKind, parent: TracePosition | None, attributes: Attributes = NO_ATTRIBUTES
    ) -> Iterator[Span]:
        """Enter a trace with the first span of this process: that of the parent, or a new one. The caller marks it as
        failed; an exception does not."""
        with inside_trace(parent):
            yield NO_SPAN

    def inner_span(self, name: str, attributes: Attributes = NO_ATTRIBUTES) -> AbstractContextManager[Span]:
        """Record a part of the span around it; outside of any span nothing is recorded. An exception marks it as
        failed. May be called in any thread whose context is a copy of the span's."""
        return _NOTHING

    def close(self) -> None:
        """Send what is recorded, for a few seconds at most."""


NO_SPAN: Final = Span()
NO_TRACER: Final = Tracer()
_NOTHING: Final = nullcontext(NO_SPAN)
