"""Durable work on DBOS: a queue whose rows outlive every process. This is the only module that knows DBOS.

What it stores is the id of a task and which of its steps are done; neither arguments nor results. It is slow to import,
so whoever needs it imports it where jobs really run.
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

PROTOCOL: Final = 1  # grows when workers of before can't go on with work of now; a release alone strands nothing
_VERSION: Final = "jobs-"
_QUEUE: Final = "tasks"
_WORKFLOW: Final = "task"
_APP: Final = "gwansang"
_ENDED: Final = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
_POLL_S: Final = 0.2  # as long as a task may wait that could begin; each look costs 2 ms
_MOST: Final = 500
P = ParamSpec("P")
T = TypeVar("T")


class _Json(EngineSerializer):
    """Instead of pickle, which runs whatever somebody wrote into a table."""

    def serialize(self, data: object) -> str:
        return json.dumps(data)

    def deserialize(self, serialized_data: str) -> object:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "json"


class JobEngine:
    """One for a process; all methods block and belong into a thread. They raise DatabaseUnavailableError."""

    def __init__(
        self,
        store: JobStore,
        courses: TaskExecutor,
        loop: asyncio.AbstractEventLoop,
        *,
        worker: str,
        concurrency: int,
        protocol: int = PROTOCOL,
    ) -> None:
        self._store = store
        self._courses = courses
        self._loop = loop
        self._worker = worker
        self._concurrency = concurrency
        self._protocol = protocol
        self._workflow: Callable[[str], None] = self._do

    def start(self) -> None:
        """Makes its tables where they are missing, takes up what this worker left, and begins to work."""
        _quiet()
        config = DBOSConfig(
            name=_APP,
            system_database_url=self._store.url,
            system_database_engine=self._store.connections,
            application_version=f"{_VERSION}{self._protocol}",
            executor_id=self._worker,
            serializer=_Json(),
            log_level="WARNING",
            enable_otlp=False,
            use_listen_notify=False,
            scheduler_polling_interval_sec=3600.0,
            notification_listener_polling_interval_sec=0.5,
        )
        self._dbos = DBOS(config=config)

        def task(task_id: str) -> None:
            self._do(task_id)

        self._workflow = DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=None)(task)  # it takes no methods
        DBOS.launch()
        DBOS.register_queue(
            _QUEUE, worker_concurrency=self._concurrency, polling_interval_sec=_POLL_S, on_conflict="always_update"
        )

    def stop_dequeuing(self) -> None:
        """Begins nothing any more; what runs goes on, and a database that is away is not waited for."""
        self._dbos._sys_db._retry_connection_errors = False  # only its client can say so in the open
        for event in self._dbos.background_thread_stop_events:
            event.set()

    def close(self) -> None:
        """Ends the engine; what still runs is left to others."""
        DBOS.destroy(destroy_registry=True)
        self._store.close()

    @map_driver_errors()
    def enqueue(self, task_ids: Iterable[UUID]) -> None:
        """Lets these tasks be done by whoever is free; a task that is known already is not done twice."""
        for task_id in task_ids:
            with SetWorkflowID(str(task_id)):
                DBOS.enqueue_workflow(_QUEUE, self._workflow, str(task_id))

    @map_driver_errors()
    def running(self) -> tuple[RunningTask, ...]:
        """What is marked as running, by any worker."""
        found = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        return tuple(RunningTask(UUID(one.workflow_id), one.executor_id or "") for one in found)

    @map_driver_errors()
    def resume(self, task_ids: Sequence[UUID]) -> None:
        """Lets these tasks be done by whoever is free, from where they are."""
        if task_ids:
            DBOS.resume_workflows([str(task_id) for task_id in task_ids], queue_name=_QUEUE)

    @map_driver_errors()
    def requeue_own(self) -> int:
        """Lets others go on with what this worker has; says how much it was. Only after `stop_taking`."""
        own = [one.task_id for one in self.running() if one.worker == self._worker]
        self.resume(own)
        return len(own)

    @map_driver_errors()
    def known(self, task_ids: Sequence[UUID]) -> frozenset[UUID]:
        """Which of these tasks the engine has and has not ended."""
        found = DBOS.list_workflows(
            workflow_ids=[str(task_id) for task_id in task_ids],
            status=["ENQUEUED", "PENDING", "DELAYED"],
            load_input=False,
            load_output=False,
        )
        return frozenset(UUID(one.workflow_id) for one in found)

    @map_driver_errors()
    def outdated(self) -> tuple[UUID, ...]:
        """Tasks that were enqueued by releases with an older protocol."""
        found = DBOS.list_workflows(
            status=["ENQUEUED", "PENDING"],
            app_version=[f"{_VERSION}{older}" for older in range(1, self._protocol)] or ["none"],
            load_input=False,
            load_output=False,
        )
        return tuple(UUID(one.workflow_id) for one in found)

    @map_driver_errors()
    def unfinished(self) -> tuple[UUID, ...]:
        """Everything that has not ended."""
        found = DBOS.list_workflows(status=["ENQUEUED", "PENDING"], load_input=False, load_output=False)
        return tuple(UUID(one.workflow_id) for one in found)

    @map_driver_errors()
    def ended(self) -> tuple[UUID, ...]:
        """Some of what has ended."""
        found = DBOS.list_workflows(status=_ENDED, limit=_MOST, load_input=False, load_output=False)
        return tuple(UUID(one.workflow_id) for one in found)

    @map_driver_errors()
    def forget(self, task_ids: Sequence[UUID]) -> None:
        """Deletes all that the engine knows of these tasks."""
        if task_ids:
            DBOS.delete_workflows([str(task_id) for task_id in task_ids])
            self._store.compact()

    def _do(self, task_id: str) -> None:
        """The workflow: runs in a thread of the engine, each step on the event loop and recorded when it is done."""
        course = self._wait(self._courses.begin, UUID(task_id))
        if course is None:
            return
        try:
            for index in range(course.steps):
                DBOS.run_step({"name": "step"}, self._wait, course.step, index)
            DBOS.run_step({"name": "finish"}, self._wait, course.finish)
        except DBOSBaseException as error:  # it was taken from here; the engine would wait for its end in this thread
            raise TaskReleased from error
        finally:
            self._wait(course.leave)

    def _wait(self, act: Callable[P, Coroutine[object, object, T]], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return asyncio.run_coroutine_threadsafe(act(*args, **kwargs), self._loop).result()
        except BaseException as error:
            # An end that is not the task's own would be written down as such; so nothing but this leaves here.
            raise TaskReleased from error


def _quiet() -> None:
    """The engine's lines go where all lines go; left alone it would print them."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
