"""Durable task queue on DBOS, whose rows outlive every process; the only module that imports DBOS.

The engine stores the ids of tasks and which worker runs them, neither arguments nor results. Importing it takes most of
a second, so it is imported only by processes that run jobs, when they do.
"""

import asyncio
import json
import logging
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from dbos import Serializer as EngineSerializer

from gwansang.db.job_store import JobStore
from gwansang.db.session import map_driver_errors
from gwansang.jobs.protocols import DELIVERIES, TASKS, EngineTask, Execute, Lane, LaneWork, TaskReleased

PROTOCOL: Final = 2  # raised when older workers can't continue newer tasks; a release alone does not change it
_VERSION_PREFIX: Final = "jobs-"
_APP: Final = "gwansang"
_WAITING: Final = "ENQUEUED"
_RUNNING: Final = "PENDING"
_POLL_S: Final = 0.2  # longest wait of a task for a free worker; a poll costs 2 ms
_EXCEPTION: Final = "exception"


class JsonSerializer(EngineSerializer):
    """Stores values as JSON: loading pickles would execute code from the table. Of an exception only the type is
    stored: its message can quote data of a task."""

    def serialize(self, data: object) -> str:
        return json.dumps(data, default=_dump_exception)

    def deserialize(self, serialized_data: str) -> object:
        return json.loads(serialized_data, object_hook=_load_exception)

    def name(self) -> str:
        return "json"


class JobEngine:
    """Task queue of one process. Its coroutines raise DatabaseUnavailableError, and wait for no database."""

    def __init__(
        self,
        store: JobStore,
        execute: Execute,
        *,
        worker: str,
        concurrency: int,
        protocol: int = PROTOCOL,
        deliveries: LaneWork | None = None,
    ) -> None:
        """execute: runs a task on the event loop; whatever it raises leaves the task to another worker. deliveries: the
        same for attempts to deliver events."""
        self._store = store
        self._lanes = {TASKS: LaneWork(execute, concurrency)}
        if deliveries is not None:
            self._lanes[DELIVERIES] = deliveries
        self._worker = worker
        self._protocol = protocol
        self._version = f"{_VERSION_PREFIX}{protocol}"
        self._client = DBOSClient(
            system_database_engine=store.connections,
            serializer=JsonSerializer(),
            application_name=_APP,
            lazy=True,
            retry_connection_errors=False,
        )

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Create missing tables, recover the tasks of an earlier process with this name, and start dequeuing. Blocks,
        so call it in a thread."""
        _silence_engine_logger()
        config = DBOSConfig(
            name=_APP,
            system_database_url=self._store.url,
            system_database_engine=self._store.connections,
            application_version=self._version,
            executor_id=self._worker,
            serializer=JsonSerializer(),
            log_level="WARNING",
            enable_otlp=False,
            use_listen_notify=False,
            scheduler_polling_interval_sec=3600.0,
            notification_listener_polling_interval_sec=0.5,
        )
        self._dbos = DBOS(config=config)

        for lane, work in self._lanes.items():
            _register(lane, work.execute, loop)
        DBOS.launch()
        for lane, work in self._lanes.items():
            DBOS.register_queue(
                lane.queue,
                worker_concurrency=work.concurrency,
                polling_interval_sec=_POLL_S,
                on_conflict="always_update",
            )

    def stop_dequeuing(self) -> None:
        """Start no further task; running ones continue."""
        for event in self._dbos.background_thread_stop_events:
            event.set()

    def close(self) -> None:
        """Close the engine, in a thread; tasks that still run stay recorded as running."""
        self._store.refuse_connections()
        DBOS.destroy(destroy_registry=True)
        self._store.close()

    async def enqueue(self, task_ids: Iterable[UUID], lane: Lane = TASKS) -> None:
        """Add tasks to the queue; a task that the engine already has is not added twice."""
        with map_driver_errors():
            for task_id in task_ids:
                options = EnqueueOptions(
                    workflow_name=lane.workflow,
                    queue_name=lane.queue,
                    workflow_id=str(task_id),
                    app_version=self._version,
                )
                await self._client.enqueue_async(options, str(task_id))

    async def requeue(self, task_ids: Sequence[UUID], lane: Lane = TASKS) -> None:
        """Put running tasks back into the queue, to be resumed by any worker."""
        with map_driver_errors():
            if task_ids:
                ids = [str(task_id) for task_id in task_ids]
                await self._client.resume_workflows_async(ids, queue_name=lane.queue)

    async def list_tasks(self, lane: Lane = TASKS) -> tuple[EngineTask, ...]:
        """Return every task, or piece of work of another lane, that the engine has."""
        with map_driver_errors():
            workflows = await self._client.list_workflows_async(name=lane.workflow, load_input=False, load_output=False)
        return tuple(
            EngineTask(
                task_id=UUID(one.workflow_id),
                worker=one.executor_id if one.status == _RUNNING else None,
                ended=one.status not in (_WAITING, _RUNNING),
                outdated=self._is_outdated(one.app_version or ""),
            )
            for one in workflows
        )

    async def delete(self, task_ids: Sequence[UUID]) -> None:
        """Delete every row of these tasks, also if one of them is running."""
        with map_driver_errors():
            if task_ids:
                ids = [str(task_id) for task_id in task_ids]
                # Ends the ownership of a run: the row of an outcome that it commits during the deletion would remain
                # for ever.
                await self._client.cancel_workflows_async(ids)
                await self._client.delete_workflows_async(ids)
                await asyncio.to_thread(self._store.compact)

    def _is_outdated(self, version: str) -> bool:
        number = version.removeprefix(_VERSION_PREFIX)
        return number.isdecimal() and int(number) < self._protocol


def _register(lane: Lane, execute: Execute, loop: asyncio.AbstractEventLoop) -> None:
    def work(work_id: str) -> None:
        try:
            asyncio.run_coroutine_threadsafe(execute(UUID(work_id)), loop).result()
        except BaseException as error:
            # DBOS records any other exception as the end of the work, although it has not ended.
            raise TaskReleased from error

    DBOS.workflow(name=lane.workflow, max_recovery_attempts=None)(work)


def _dump_exception(value: object) -> dict[str, str]:
    if isinstance(value, BaseException):
        return {_EXCEPTION: type(value).__name__}
    raise TypeError(f"the engine stores no {type(value).__name__}")


def _load_exception(data: dict[str, object]) -> object:
    return RuntimeError(data[_EXCEPTION]) if data.keys() == {_EXCEPTION} else data


def _silence_engine_logger() -> None:
    """Keep DBOS from installing a handler of its own that prints."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
