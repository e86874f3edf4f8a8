"""What the service tells its operators in numbers: the process's meters, and the state of queue, jobs and store."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from gwansang.core.clock import Clock
from gwansang.core.meters import Meters
from gwansang.db.session import DatabaseUnavailableError
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.ml.face_analyzer import FaceVision
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.services.operations.storage_probe import StorageProbe
from gwansang.storage.base import ObjectStore

_JOBS_FOR_S: Final = 5.0  # several scrapers and replicas ask one database


@dataclass(frozen=True, slots=True)
class _Jobs:
    """What the table of tasks says; `up` where it could be asked."""

    up: bool
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    oldest_queued_s: float = 0.0


class MetricsService:
    """Tells everything there is to scrape."""

    def __init__(
        self,
        meters: Meters,
        uow: UnitOfWork,
        pool: InferencePool[FaceVision],
        store: ObjectStore,
        probe: StorageProbe,
        *,
        clock: Clock,
    ) -> None:
        self._meters = meters
        self._uow = uow
        self._pool = pool
        self._store = store
        self._probe = probe
        self._clock = clock
        self._jobs = _Jobs(up=False)
        self._asked_at: float | None = None
        self._asking = asyncio.Lock()

    async def text(self) -> bytes:
        """All metrics in Prometheus' text format; a database that is away is told and not raised."""
        async with self._asking:
            if self._asked_at is None or monotonic() - self._asked_at > _JOBS_FOR_S:
                self._jobs = await self._ask()
                self._asked_at = monotonic()
        state = _State(self._jobs, self._pool, self._store.failures, storage_up=self._probe.up)
        return await asyncio.to_thread(self._meters.render, (state,))

    async def _ask(self) -> _Jobs:
        try:
            async with self._uow.read() as tx:
                counts = await tx.tasks.count_by_kind_and_status()
                oldest = await tx.tasks.oldest_queued_at()
        except DatabaseUnavailableError:
            return _Jobs(up=False)
        age_s = (self._clock() - oldest).total_seconds() if oldest else 0.0
        return _Jobs(up=True, counts=counts, oldest_queued_s=max(0.0, age_s))


class _State(Collector):
    """The state at the time of a scrape."""

    def __init__(
        self, jobs: _Jobs, pool: InferencePool[FaceVision], storage_failures: int, *, storage_up: bool | None
    ) -> None:
        self._jobs = jobs
        self._pool = pool
        self._storage_failures = storage_failures
        self._storage_up = storage_up

    def collect(self) -> Iterator[Metric]:
        """Yields one family after the other."""
        jobs = self._jobs
        yield GaugeMetricFamily("gwansang_database_up", "1 where the database answered.", value=float(jobs.up))
        yield CounterMetricFamily(
            "gwansang_storage_errors", "Calls of the file store that failed.", value=self._storage_failures
        )
        if self._storage_up is not None:
            yield GaugeMetricFamily(
                "gwansang_storage_up", "1 where the file store kept the last probe.", value=float(self._storage_up)
            )
        pending, waiting, longest_s = self._pool.load()
        yield GaugeMetricFamily("gwansang_inference_pending", "Photos being read or waiting for it.", value=pending)
        yield GaugeMetricFamily("gwansang_inference_waiting", "Photos waiting for a thread.", value=waiting)
        yield GaugeMetricFamily(
            "gwansang_inference_oldest_waiting_seconds", "How long the first of them waits.", value=longest_s
        )
        if jobs.up:
            states = GaugeMetricFamily("gwansang_jobs", "Tasks by kind and state.", labels=("kind", "state"))
            for (kind, state), count in sorted(jobs.counts.items()):
                states.add_metric((kind, state), count)
            yield states
            yield GaugeMetricFamily(
                "gwansang_jobs_oldest_queued_seconds",
                "How long the first queued task waits.",
                value=jobs.oldest_queued_s,
            )
