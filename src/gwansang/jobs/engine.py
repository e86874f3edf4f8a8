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
from gwansang.jobs.protocols import ActiveTask, TaskExecutor, TaskReleased

PROTOCOL: Final = 2  # raised when older workers can't continue newer tasks; a release alone does not change it
_VERSION_PREFIX: Final = "jobs-"
_QUEUE: Final = "tasks"
_WORKFLOW: Final = "task"
_APP: Final = "gwansang"
_RUNNING: Final = "PENDING"
_ACTIVE: Final = ("ENQUEUED", _RUNNING)
_ENDED: Final = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_POLL_S: Final = 0.2  # longest wait of a task for a free worker; a poll costs 2 ms
_MAX_ENDED: Final = 500
_EXCEPTION: Final = "exception"
P = ParamSpec("P")
T = TypeVar("T")


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
            serializer=JsonSerializer(),
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
        own = [task.task_id for task in self.list_active() if task.worker == self._worker]
        self.requeue(own)
        return len(own)

    @map_driver_errors()
    def list_active(self) -> tuple[ActiveTask, ...]:
        """Return the tasks that wait or run."""
        workflows = DBOS.list_workflows(status=list(_ACTIVE), load_input=False, load_output=False)
        return tuple(
            ActiveTask(
                task_id=UUID(one.workflow_id),
                worker=one.executor_id if one.status == _RUNNING else None,
                outdated=self._is_outdated(one.app_version or ""),
            )
            for one in workflows
        )

    @map_driver_errors()
    def list_ended(self) -> tuple[UUID, ...]:
        """Return ended tasks, 500 at most."""
        workflows = DBOS.list_workflows(status=list(_ENDED), limit=_MAX_ENDED, load_input=False, load_output=False)
        return tuple(UUID(one.workflow_id) for one in workflows)

    @map_driver_errors()
    def delete(self, task_ids: Sequence[UUID]) -> None:
        """Delete every row of these tasks, also if one of them is running."""
        if task_ids:
            ids = [str(task_id) for task_id in task_ids]
            # Ends the ownership of a run: the row of a step that it commits during the deletion would remain for ever.
            DBOS.cancel_workflows(ids)
            DBOS.delete_workflows(ids)
            self._store.compact()

    def _execute(self, task_id: str) -> None:
        """Execute a task as a workflow: in a thread of DBOS, each step on the event loop and recorded once done."""
        execution = self._await(self._executor.begin, UUID(task_id))
        if execution is None:
            return
        try:
            index = 0
            while index < execution.steps:  # none any more once the task is gone
                DBOS.run_step({"name": "step"}, self._await, execution.step, index)
                index += 1
            DBOS.run_step({"name": "finish"}, self._await, execution.finish)
        except (Exception, DBOSBaseException) as error:
            # The engine failed, or another run has the task. DBOS would record the error as the end of the task, or
            # wait in this thread for the end of the other run.
            raise TaskReleased from error
        finally:
            self._await(execution.release)

    def _is_outdated(self, version: str) -> bool:
        number = version.removeprefix(_VERSION_PREFIX)
        return number.isdecimal() and int(number) < self._protocol

    def _await(self, act: Callable[P, Coroutine[object, object, T]], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return asyncio.run_coroutine_threadsafe(act(*args, **kwargs), self._loop).result()
        except BaseException as error:
            # DBOS records any other exception as the end of the task, although the task has not ended.
            raise TaskReleased from error


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
