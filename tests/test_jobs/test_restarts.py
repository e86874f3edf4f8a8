"""PostgreSQL restarts while workers take over: no task is lost, done twice or stuck. `benchmarks.restarts` plays 20."""

import asyncio
from pathlib import Path

from tests.test_jobs.restarts import play, restarted_server


def test_tasks_survive_restarts_of_the_server_while_workers_take_over(tmp_path: Path) -> None:
    with restarted_server() as server:
        outcome = asyncio.run(play(server, tmp_path, restarts=3))
    assert outcome.good, outcome
