"""A process that is killed between or during requests leaves no partial state."""

import asyncio
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from gwansang.container import Accounts
from gwansang.core.paging import PageRequest
from tests.support.accounts import PASSWORD, accounts_on, signed_up
from tests.support.photos import REPOSITORY

pytestmark = pytest.mark.anyio


def busy_process(url: str, progress: Path) -> subprocess.Popen[bytes]:
    """Start a process that creates, signs in and deletes users, and logs each completed call, until it is killed."""
    command = [sys.executable, "-m", "tests.test_services.busy", url, str(progress)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL)


def completed(progress: Path) -> list[str]:
    """Return the complete lines; the last one may be cut."""
    return progress.read_text().split("\n")[:-1] if progress.exists() else []


async def kill_after(calls: int, url: str, progress: Path) -> list[str]:
    """Kill a process after so many calls and return those that completed."""
    process, deadline = busy_process(url, progress), time.monotonic() + 60
    while len(completed(progress)) < calls:
        assert process.poll() is None
        assert time.monotonic() < deadline
        await asyncio.sleep(0.003)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return completed(progress)


async def test_killed_processes_leave_no_partial_state(database_url: str, tmp_path: Path) -> None:
    runs = (kill_after(calls, database_url, tmp_path / str(calls)) for calls in (7, 20))
    completed_calls = [line for lines in await asyncio.gather(*runs) for line in lines]
    async with accounts_on(database_url) as accounts:
        await check_consistency(accounts, completed_calls)
        await signed_up(accounts, "after@example.com")
        await accounts.auth.login("after@example.com", PASSWORD)


async def check_consistency(accounts: Accounts, calls: list[str]) -> None:
    """Assert that every completed call took effect, and that every user has all rows that belong to one."""
    users = {}
    for page in range(1, 100):
        items = (await accounts.users.page(PageRequest(page, 100))).items
        if not items:
            break
        users |= {user.email: user for user in items}
    last = dict(line.split() for line in calls)
    for email, state in last.items():
        if state != "deleting":  # may have been committed or not
            assert (email in users) is (state != "deleted"), (email, state)
    for user in users.values():
        export = await accounts.exports.export(user.id)
        active = Counter(one["purpose"] for one in export["consents"] if one["withdrawn_at"] is None)
        assert active["reading"] == 1  # granted in the transaction that created the account
        if last.get(user.email) == "history":
            assert active["history"] == 1
