"""Metrics for operators: the meters of the service, and the state of tasks and file store."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from time import monotonic
from typing import Final

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gwansang.core.clock import Clock
from gwansang.core.meters import Meters
from gwansang.db.session import DatabaseUnavailableError
from gwansang.repositories.tasks import STATUSES
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.operations.storage_probe import StorageProbe

_CACHE_S: Final = 5.0  # several scrapers and replicas query one database


@dataclass(frozen=True, slots=True)
class _TaskCounts:
    """Counts of tasks by kind and status, and of events for webhooks; `up` is False if the database did not answer."""

    up: bool
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    oldest_queued_s: float = 0.0
    deliveries_waiting: int = 0
    delivery_overdue_s: float = 0.0


class MetricsService:
    """Renders all metrics of the service."""

    def __init__(
        self,
        meters: Meters,
        uow: UnitOfWork,
        probe: StorageProbe,
        *,
        job_kinds: Iterable[str],
        clock: Clock,
    ) -> None:
        self._meters = meters
        self._uow = uow
        self._probe = probe
        self._clock = clock
        self._no_tasks = dict.fromkeys(product(job_kinds, STATUSES), 0)  # a series that starts at 1 hides that increase
        self._tasks = _TaskCounts(up=False)
        self._loaded_at: float | None = None
        self._loading = asyncio.Lock()

    async def render(self) -> bytes:
        """Return all metrics in Prometheus' text format; an unreachable database is a metric and not an error."""
        async with self._loading:
            if self._loaded_at is None or monotonic() - self._loaded_at > _CACHE_S:
                self._tasks = await self._load_task_counts()
                self._loaded_at = monotonic()
        state = _StateCollector(self._tasks, storage_up=self._probe.up)
        return await asyncio.to_thread(self._meters.render, (state,))

    async def _load_task_counts(self) -> _TaskCounts:
        try:
            async with self._uow.read() as tx:
                counts = await tx.tasks.count_by_kind_and_status()
                oldest = await tx.tasks.oldest_queued_at()
                waiting = await tx.webhooks.deliveries.count_waiting()
                due = await tx.webhooks.deliveries.oldest_due_at()
        except DatabaseUnavailableError:
            return _TaskCounts(up=False)
        return _TaskCounts(
            up=True,
            counts={**self._no_tasks, **counts},
            oldest_queued_s=self._age_s(oldest),
            deliveries_waiting=waiting,
            delivery_overdue_s=self._age_s(due),
        )

    def _age_s(self, moment: datetime | None) -> float:
        return max(0.0, (self._clock() - moment).total_seconds()) if moment else 0.0


class _StateCollector(Collector):
    """Collects the state at the time of a scrape."""

    def __init__(self, tasks: _TaskCounts, *, storage_up: bool | None) -> None:
        self._tasks = tasks
        self._storage_up = storage_up

    def collect(self) -> Iterator[Metric]:
        """Yield the metric families."""
        tasks = self._tasks
        yield GaugeMetricFamily("gwansang_database_up", "1 where the database answered.", value=float(tasks.up))
        if self._storage_up is not None:
            yield GaugeMetricFamily(
                "gwansang_storage_up", "1 where the file store kept the last probe.", value=float(self._storage_up)
            )
        if tasks.up:
            states = GaugeMetricFamily("gwansang_jobs", "Tasks by kind and state.", labels=("kind", "state"))
            for (kind, state), count in sorted(tasks.counts.items()):
                states.add_metric((kind, state), count)
            yield states
            yield GaugeMetricFamily(
                "gwansang_jobs_oldest_queued_seconds",
                "How long the first queued task waits.",
                value=tasks.oldest_queued_s,
            )
            yield GaugeMetricFamily(
                "gwansang_webhook_deliveries_waiting",
                "Events for webhooks that were not received yet and are still tried.",
                value=tasks.deliveries_waiting,
            )
            yield GaugeMetricFamily(
                "gwansang_webhook_overdue_seconds",
                "How long the first attempt that is due waits for a worker.",
                value=tasks.delivery_overdue_s,
            )
