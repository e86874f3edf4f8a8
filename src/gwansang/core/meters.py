"""Prometheus metrics of the running service; label values come from short fixed lists."""

from collections.abc import Iterable
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

Stage = Literal["queue", "vision", "reading"]
MEDIA_TYPE: Final = CONTENT_TYPE_LATEST
_REQUEST_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_STAGE_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Meters:
    """The metrics of one process, in a registry of its own."""

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
        self.in_flight = Gauge("gwansang_http_requests_in_flight", "Requests being answered.", registry=registry)
        self.sockets = Gauge("gwansang_sockets_open", "WebSockets that are open.", registry=registry)
        self._inference = Histogram(
            "gwansang_inference_seconds",
            "Time a face spends waiting for a thread (queue), being seen (vision) and being read (reading).",
            ("stage",),
            registry=registry,
            buckets=_STAGE_S,
        )
        for stage in ("queue", "vision", "reading"):
            self._inference.labels(stage)  # exported from the start, with a count of 0

    def observe_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answered request; `route` is a template, status 0 means that the client left before the answer."""
        self._requests.labels(route, method, status).inc()
        self._seconds.labels(route, method).observe(seconds)

    def observe_inference(self, stage: Stage, seconds: float) -> None:
        """Record the duration of a stage; may be called from any thread."""
        self._inference.labels(stage).observe(seconds)

    def render(self, extra: Iterable[Collector] = ()) -> bytes:
        """Return all metrics in Prometheus' text format; `extra` collectors are included in this call only."""
        temporary = CollectorRegistry()
        for collector in extra:
            temporary.register(collector)
        return generate_latest(self._registry) + generate_latest(temporary)
