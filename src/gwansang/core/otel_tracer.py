"""Tracer that records spans with OpenTelemetry and sends them by OTLP over HTTP; needs the extra `otel`."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from gwansang import __version__
from gwansang.core.exceptions import AppError
from gwansang.core.tracing import (
    NO_ATTRIBUTES,
    NO_SPAN,
    Attributes,
    EntryKind,
    Span,
    TracePosition,
    Tracer,
    inside_trace,
)

_FLUSH_S: Final = 3.0  # a process stops within its grace, whatever the collector does
_KINDS: Final = {"server": trace.SpanKind.SERVER, "consumer": trace.SpanKind.CONSUMER}


class OtelTracer(Tracer):
    """Records spans and sends them in batches, from a thread of its own; the variables OTEL_* say to whom."""

    records = True

    def __init__(self) -> None:
        own = {"service.name": "gwansang", "service.version": __version__}
        resource = Resource.create({**own, **OTELResourceDetector().detect().attributes})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("gwansang", __version__)

    @contextmanager
    def entry_span(
        self, name: str, kind: EntryKind, parent: TracePosition | None, attributes: Attributes = NO_ATTRIBUTES
    ) -> Iterator[Span]:
        """Enter a trace with the first span of this process: that of the parent, or a new one."""
        context = Context() if parent is None else trace.set_span_in_context(_remote(parent), Context())
        span = self._tracer.start_span(name, context, _KINDS[kind], attributes)
        with _current(span), inside_trace(_position_of(span)):
            yield _RecordedSpan(span)

    @contextmanager
    def inner_span(self, name: str, attributes: Attributes = NO_ATTRIBUTES) -> Iterator[Span]:
        """Record a part of the span around it; outside of any span nothing is recorded."""
        if not trace.get_current_span().is_recording():
            yield NO_SPAN
            return
        span = self._tracer.start_span(name, attributes=attributes)
        recorded = _RecordedSpan(span)
        with _current(span):
            try:
                yield recorded
            except Exception as error:
                recorded.fail(error.code if isinstance(error, AppError) else type(error).__name__)
                raise

    def close(self) -> None:
        """Send what is recorded, for a few seconds at most."""
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)  # a thread can be left behind
        closing.start()
        closing.join(_FLUSH_S)


class _RecordedSpan(Span):
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def describe(self, name: str, attributes: Attributes) -> None:
        self._span.update_name(name)
        self._span.set_attributes(attributes)

    def fail(self, error: str) -> None:
        self._span.set_attribute("error.type", error)
        self._span.set_status(trace.StatusCode.ERROR)


def _current(span: trace.Span) -> AbstractContextManager[object]:
    """Make a span the current one, and end it with the block; messages of exceptions, which may name things of
    people, do not get into it."""
    return trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False)


def _remote(position: TracePosition) -> trace.Span:
    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED if position.sampled else trace.TraceFlags.DEFAULT)
    ids = int(position.trace_id, 16), int(position.span_id, 16)
    return trace.NonRecordingSpan(trace.SpanContext(*ids, is_remote=True, trace_flags=flags))


def _position_of(span: trace.Span) -> TracePosition:
    context = span.get_span_context()
    ids = trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)
    return TracePosition(*ids, sampled=context.trace_flags.sampled)
