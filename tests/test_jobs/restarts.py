"""Restarts of a PostgreSQL server under load while workers take over from killed ones, and what became of the tasks."""

import asyncio
import random
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from gwansang.container import Accounts
from gwansang.core.exceptions import Unavailable
from gwansang.db.migrate import upgrade
from gwansang.db.session import Database
from tests.support.accounts import signed_up
from tests.support.database import start_embedded_server
from tests.test_jobs.counting import open_accounts_at, submit, wait_until_ended
from tests.test_jobs.processes import WorkerProcess, count_starts, run_workers, start_worker

STEPS = 5
WORKERS = 2
_SUBMIT_EVERY_S = 0.1
_MAX_UNFINISHED = 1000


class RestartedServer:
    """A PostgreSQL server of its own, which commits to the disk, as the shared one of the tests does not."""

    def __init__(self, server: Any) -> None:  # noqa: ANN401 - of a package without types
        self._server = server
        self.url = str(server.get_uri())

    def restart(self, *, crash: bool) -> None:
        """Stop the server, with a crash or with an end of all sessions, and start it again."""
        if crash:
            process = self._server.get_postmaster_info().process
            process.send_signal(signal.SIGQUIT)
            process.wait(30)
        else:
            self._server.stop()
        self._server.ensure_postgres_running()


@contextmanager
def restarted_server() -> Iterator[RestartedServer]:
    with tempfile.TemporaryDirectory(prefix="gwansang-pg-") as folder:
        server = start_embedded_server(folder)
        try:
            yield RestartedServer(server)
        finally:
            server.cleanup()


@dataclass(frozen=True)
class Outcome:
    """What became of the tasks. ends: how often each status was reached; steps: starts of steps; crashed: workers that
    ended without being killed."""

    answered: int
    refused: int
    ends: Counter[str]
    steps: int
    twice: int
    crashed: int

    @property
    def good(self) -> bool:
        return self.ends == {"done": self.answered} and self.answered > 0 and not self.twice and not self.crashed


class Load:
    """Submits tasks, keeps the ids of those that were answered, and replaces workers that end, as an orchestrator."""

    def __init__(self, accounts: Accounts, user_id: int, workers: list[WorkerProcess], url: str, folder: Path) -> None:
        self.answered: list[UUID] = []
        self.refused = 0
        self._accounts = accounts
        self._user_id = user_id
        self._workers = workers
        self._url, self._folder = url, folder

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        submitting = asyncio.create_task(self._submit())
        yield
        submitting.cancel()
        await asyncio.wait([submitting])
        self.replace_ended()

    def kill_one(self, chance: random.Random) -> None:
        chance.choice([worker for worker in self._workers if worker.process.exitcode is None]).kill()

    def replace_ended(self) -> None:
        """Start as many workers as there are too few, without waiting for them."""
        alive = sum(worker.process.exitcode is None for worker in self._workers)
        self._workers.extend(start_worker(self._url, self._folder, pause_s=0.05) for _ in range(WORKERS - alive))

    async def _submit(self) -> None:
        while True:
            try:
                self.answered.append((await submit(self._accounts, self._user_id, STEPS)).id)
            except Unavailable:
                self.refused += 1
            self.replace_ended()
            await asyncio.sleep(_SUBMIT_EVERY_S)


def has_crashed(worker: WorkerProcess) -> bool:
    """Return whether a worker that was ready ended without being killed; without a database, none gets ready."""
    if worker.process.exitcode in (None, -signal.SIGKILL):
        return False
    try:
        return bool(worker.name) or (worker.ready.poll() and bool(worker.ready.recv()))
    except EOFError:
        return False


async def play(server: RestartedServer, folder: Path, restarts: int, seed: int = 1) -> Outcome:
    """Kill a worker and restart the server while the others take its tasks over, that often."""
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    await _migrate(server.url)
    async with open_accounts_at(server.url, folder / "storage", max_unfinished_tasks=_MAX_UNFINISHED) as accounts:
        me = await signed_up(accounts)
        with run_workers(WORKERS, server.url, folder, pause_s=0.05) as workers:
            load = Load(accounts, me.id, workers, server.url, folder)
            async with load.running():
                for number in range(restarts):
                    await asyncio.sleep(chance.uniform(0.5, 2.0))
                    load.kill_one(chance)
                    await asyncio.sleep(chance.uniform(0, 2.5))  # the others count it as dead after 1.5 s
                    await asyncio.to_thread(server.restart, crash=bool(number % 2))
            ended = [await wait_until_ended(accounts, me.id, task_id) for task_id in load.answered]
            crashed = sum(has_crashed(worker) for worker in workers)
    log = (folder / "worker.log").read_text()
    ends = Counter(line.partition('"task_id": "')[2][:36] for line in log.splitlines() if '"task.ended"' in line)
    return Outcome(
        answered=len(load.answered),
        refused=load.refused,
        ends=Counter(task.status for task in ended),
        steps=count_starts(folder).total(),
        twice=sum(count > 1 for count in ends.values()),
        crashed=crashed,
    )


async def _migrate(url: str) -> None:
    database = Database(url)
    try:
        await upgrade(database)
    finally:
        await database.close()
