"""Prometheus metrics of the running service; label values come from short fixed lists.

Several processes of one service (`gwansang serve --workers`) keep them in files of the folder that the environment
variable FOLDER_VARIABLE names, so that any of them can answer for all. prometheus_client reads it when imported.
"""

import math
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import time
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

Stage = Literal["queue", "vision", "reading"]
MEDIA_TYPE: Final = CONTENT_TYPE_LATEST
FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
_WAITING_SINCE: Final = "gwansang_inference_oldest_waiting_since"  # Unix time, infinite while nothing waits
_OF_PROCESS: Final = re.compile(r"gauge_live[a-z]+_(\d+)\.db")
_REQUEST_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_WEBHOOK_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
WEBHOOK_OUTCOMES: Final = (
    *("delivered", "refused", "name_unknown", "address_refused", "unreachable", "tls_failed", "timeout"),
    *("answer_invalid", "unreadable"),
)
_STAGE_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Meters:
    """The metrics of the service, as far as this process and others with the same folder observe them."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        labels = ("route", "method")
        self._requests = Counter("gwansang_http_requests", "Requests answered.", (*labels, "status"), registry=registry)
        self._seconds = Histogram(
            "gwansang_http_request_seconds",
            "Time from a request's head to the end of its answer.",
            labels,
            registry=registry,
            buckets=_REQUEST_S,
        )
        self.in_flight = _live_gauge("gwansang_http_requests_in_flight", "Requests being answered.", registry)
        self.sockets = _live_gauge("gwansang_sockets_open", "WebSockets that are open.", registry)
        self.storage_errors = Counter(
            "gwansang_storage_errors", "Calls of the file store that failed.", registry=registry
        )
        self._pending = _live_gauge("gwansang_inference_pending", "Photos being read or waiting for it.", registry)
        self._waiting = _live_gauge("gwansang_inference_waiting", "Photos waiting for a thread.", registry)
        self._waiting_since = Gauge(
            _WAITING_SINCE, "When the first of them began to wait.", registry=registry, multiprocess_mode="livemin"
        )
        self.observe_queue(0, 0, None)
        self._refusals = Counter(
            "gwansang_connections_refused",
            "Connections that were refused or aborted before a request reached the application.",
            ("code",),
            registry=registry,
        )
        self._inference = Histogram(
            "gwansang_inference_seconds",
            "Time a face spends waiting for a thread (queue), being seen (vision) and being read (reading).",
            ("stage",),
            registry=registry,
            buckets=_STAGE_S,
        )
        for stage in ("queue", "vision", "reading"):
            self._inference.labels(stage)  # exported from the start, with a count of 0

        self._webhooks = Histogram(
            "gwansang_webhook_attempt_seconds",
            "Time an attempt to deliver an event to a webhook took, by its outcome.",
            ("outcome",),
            registry=registry,
            buckets=_WEBHOOK_S,
        )
        for outcome in WEBHOOK_OUTCOMES:
            self._webhooks.labels(outcome)

    def observe_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answered request; `route` is a template, status 0 means that the client left before the answer."""
        self._requests.labels(route, method, status).inc()
        self._seconds.labels(route, method).observe(seconds)

    def observe_refusal(self, code: str) -> None:
        """Count a connection that was refused or aborted."""
        self._refusals.labels(code).inc()

    def observe_inference(self, stage: Stage, seconds: float) -> None:
        """Record the duration of a stage; may be called from any thread."""
        self._inference.labels(stage).observe(seconds)

    def observe_webhook(self, outcome: str, seconds: float) -> None:
        """Record an attempt to deliver an event; `outcome` is one of WEBHOOK_OUTCOMES."""
        self._webhooks.labels(outcome).observe(seconds)

    def observe_queue(self, pending: int, waiting: int, waits_s: float | None) -> None:
        """Record the jobs of the inference pool.

        pending: run or wait; waiting: those of them that wait; waits_s: how long the first has, None if none does.
        """
        self._pending.set(pending)
        self._waiting.set(waiting)
        self._waiting_since.set(math.inf if waits_s is None else time() - waits_s)

    def render(self, extra: Iterable[Collector] = ()) -> bytes:
        """Return all metrics in Prometheus' text format; `extra` collectors are included in this call only."""
        shown = CollectorRegistry()
        shown.register(_WithAges(self._collector()))
        for collector in extra:
            shown.register(collector)
        return generate_latest(shown)

    def _collector(self) -> Collector:
        folder = os.environ.get(FOLDER_VARIABLE)
        if folder is None:
            return self._registry
        _forget_dead_processes(Path(folder))
        collector: Collector = MultiProcessCollector(None, folder)  # type: ignore[no-untyped-call]  # of the library
        return collector


class _WithAges(Collector):
    """Metrics of another collector, with the age of what waits instead of the time since when it does."""

    def __init__(self, metrics: Collector) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        """Yield the metric families."""
        for metric in self._metrics.collect():
            if metric.name != _WAITING_SINCE:
                yield metric
                continue
            age_s = max(time() - min(sample.value for sample in metric.samples), 0.0)
            yield GaugeMetricFamily(
                "gwansang_inference_oldest_waiting_seconds", "How long the first of them waits.", value=age_s
            )


def _live_gauge(name: str, text: str, registry: CollectorRegistry) -> Gauge:
    return Gauge(name, text, registry=registry, multiprocess_mode="livesum")


def _forget_dead_processes(folder: Path) -> None:
    """Remove what killed processes were doing; what they counted stays."""
    running = {int(found[1]) for file in folder.iterdir() if (found := _OF_PROCESS.fullmatch(file.name))}
    for process in running:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]  # of the library
