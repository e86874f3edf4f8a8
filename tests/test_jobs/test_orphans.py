"""Inputs of a submission whose process was killed before it was committed."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock
from uuid import uuid4

import pytest

from gwansang.services.tasks.executor import JobExecutor
from gwansang.services.tasks.sweeper import Sweeper
from tests.support.accounts import accounts_on
from tests.support.fakes import MovingClock

pytestmark = pytest.mark.anyio


def set_time(folder: Path, key: str, stored_at: datetime) -> None:
    (file,) = folder.rglob(key)
    os.utime(file, (stored_at.timestamp(), stored_at.timestamp()))


def tasks_in(folder: Path) -> set[str]:
    return {path.parent.name for path in folder.rglob("jobs/*/*")}


async def test_inputs_of_a_killed_submission_are_deleted_after_a_quarter_of_an_hour(
    database_url: str, tmp_path: Path
) -> None:
    clock = MovingClock()
    engine: Any = SimpleNamespace(list_tasks=AsyncMock(return_value=()), delete=AsyncMock())
    async with accounts_on(database_url, clock, storage_folder=tmp_path) as accounts:
        resources = accounts.job_resources
        dead_after = timedelta(seconds=10)
        sweeper = Sweeper(resources, JobExecutor((), resources), engine, worker="one", dead_after=dead_after)
        killed, running = uuid4(), uuid4()
        for task_id, number, age_min in ((killed, 0, 14), (killed, 1, 11), (running, 0, 14), (running, 1, 1)):
            await accounts.store.put(f"jobs/{task_id}/{number}", b"sealed")
            set_time(tmp_path, f"{task_id}/{number}", clock() - timedelta(minutes=age_min))
        await sweeper.sweep()
        assert tasks_in(tmp_path) == {str(running)}
