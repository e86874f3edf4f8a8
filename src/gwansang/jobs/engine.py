"""Durable task queue on DBOS, whose rows outlive every process; the only module that imports DBOS.

The engine stores the id of a task and which of its steps are done, neither arguments nor results. Importing it takes
most of a second, so it is imported only by processes that run jobs, when they do.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Final, ParamSpec, TypeVar
from uuid import UUID

from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos import Serializer as EngineSerializer
from dbos._error import DBOSBaseException

from gwansang.db.job_store import JobStore
from gwansang.db.session import map_driver_errors
from gwansang.jobs.protocols import RunningTask, TaskExecutor, TaskReleased

PROTOCOL: Final = 1  # raised when older workers can't continue newer tasks; a release alone does not change it
_VERSION_PREFIX: Final = "jobs-"
_QUEUE: Final = "tasks"
_WORKFLOW: Final = "task"
_APP: Final = "gwansang"
_ACTIVE: Final = ("ENQUEUED", "PENDING")
_ENDED: Final = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_POLL_S: Final = 0.2  # longest wait of a task for a free worker; a poll costs 2 ms
_MAX_ENDED: Final = 500
P = ParamSpec("P")
T = TypeVar("T")


class _JsonSerializer(EngineSerializer):
    """JSON in place of pickle, which would run code from a table."""

    def serialize(self, data: object) -> str:
        return json.dumps(data)

    def deserialize(self, serialized_data: str) -> object:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "json"


class JobEngine:
    """Task queue of one process; its methods block, so call them in threads. They raise DatabaseUnavailableError."""

    def __init__(
        self,
        store: JobStore,
        executor: TaskExecutor,
        loop: asyncio.AbstractEventLoop,
        *,
        worker: str,
        concurrency: int,
        protocol: int = PROTOCOL,
    ) -> None:
        self._store = store
        self._executor = executor
        self._loop = loop
        self._worker = worker
        self._concurrency = concurrency
        self._protocol = protocol
        self._workflow: Callable[[str], None] = self._execute

    def start(self) -> None:
        """Create missing tables, recover the tasks of an earlier process with this name, and start dequeuing."""
        _silence_engine_logger()
        config = DBOSConfig(
            name=_APP,
            system_database_url=self._store.url,
            system_database_engine=self._store.connections,
            application_version=f"{_VERSION_PREFIX}{self._protocol}",
            executor_id=self._worker,
            serializer=_JsonSerializer(),
            log_level="WARNING",
            enable_otlp=False,
            use_listen_notify=False,
            scheduler_polling_interval_sec=3600.0,
            notification_listener_polling_interval_sec=0.5,
        )
        self._dbos = DBOS(config=config)

        def task(task_id: str) -> None:
            self._execute(task_id)

        self._workflow = DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=None)(task)  # DBOS accepts no methods
        DBOS.launch()
        DBOS.register_queue(
            _QUEUE, worker_concurrency=self._concurrency, polling_interval_sec=_POLL_S, on_conflict="always_update"
        )

    def stop_dequeuing(self) -> None:
        """Start no further task; running ones continue, and an unavailable database is no longer waited for."""
        self._dbos._sys_db._retry_connection_errors = False  # DBOS has no public setting for it
        for event in self._dbos.background_thread_stop_events:
            event.set()

    def close(self) -> None:
        """Close the engine; tasks that still run stay recorded as running."""
        DBOS.destroy(destroy_registry=True)
        self._store.close()

    @map_driver_errors()
    def enqueue(self, task_ids: Iterable[UUID]) -> None:
        """Add tasks to the queue; a task that the engine already has is not added twice."""
        for task_id in task_ids:
            with SetWorkflowID(str(task_id)):
                DBOS.enqueue_workflow(_QUEUE, self._workflow, str(task_id))

    @map_driver_errors()
    def requeue(self, task_ids: Sequence[UUID]) -> None:
        """Put running tasks back into the queue, to be resumed by any worker."""
        if task_ids:
            DBOS.resume_workflows([str(task_id) for task_id in task_ids], queue_name=_QUEUE)

    @map_driver_errors()
    def requeue_own(self) -> int:
        """Requeue the tasks of this worker and return their number; only after `stop_dequeuing`."""
        own = [task.task_id for task in self.list_running() if task.worker == self._worker]
        self.requeue(own)
        return len(own)

    @map_driver_errors()
    def list_running(self) -> tuple[RunningTask, ...]:
        """Return the tasks recorded as running, on any worker."""
        workflows = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        return tuple(RunningTask(UUID(one.workflow_id), one.executor_id or "") for one in workflows)

    @map_driver_errors()
    def list_active(self, task_ids: Sequence[UUID] | None = None) -> frozenset[UUID]:
        """Return the tasks that wait or run, optionally only those among `task_ids`."""
        ids = None if task_ids is None else [str(task_id) for task_id in task_ids]
        workflows = DBOS.list_workflows(workflow_ids=ids, status=list(_ACTIVE), load_input=False, load_output=False)
        return frozenset(UUID(one.workflow_id) for one in workflows)

    @map_driver_errors()
    def list_outdated(self) -> tuple[UUID, ...]:
        """Return the active tasks that releases with an older protocol enqueued."""
        workflows = DBOS.list_workflows(
            status=list(_ACTIVE),
            app_version=[f"{_VERSION_PREFIX}{older}" for older in range(1, self._protocol)] or ["none"],
            load_input=False,
            load_output=False,
        )
        return tuple(UUID(one.workflow_id) for one in workflows)

    @map_driver_errors()
    def list_ended(self) -> tuple[UUID, ...]:
        """Return ended tasks, 500 at most."""
        workflows = DBOS.list_workflows(status=list(_ENDED), limit=_MAX_ENDED, load_input=False, load_output=False)
        return tuple(UUID(one.workflow_id) for one in workflows)

    @map_driver_errors()
    def delete(self, task_ids: Sequence[UUID]) -> None:
        """Delete every row of these tasks."""
        if task_ids:
            DBOS.delete_workflows([str(task_id) for task_id in task_ids])
            self._store.compact()

    def _execute(self, task_id: str) -> None:
        """Execute a task as a workflow: in a thread of DBOS, each step on the event loop and recorded once done."""
        execution = self._await(self._executor.begin, UUID(task_id))
        if execution is None:
            return
        try:
            for index in range(execution.steps):
                DBOS.run_step({"name": "step"}, self._await, execution.step, index)
            DBOS.run_step({"name": "finish"}, self._await, execution.finish)
        except DBOSBaseException as error:  # another run has the task; DBOS would wait in this thread for its end
            raise TaskReleased from error
        finally:
            self._await(execution.release)

    def _await(self, act: Callable[P, Coroutine[object, object, T]], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return asyncio.run_coroutine_threadsafe(act(*args, **kwargs), self._loop).result()
        except BaseException as error:
            # DBOS records any other exception as the end of the task, although the task has not ended.
            raise TaskReleased from error


def _silence_engine_logger() -> None:
    """Keep DBOS from installing a handler of its own that prints."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
