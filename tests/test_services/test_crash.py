"""A process that dies between two requests, or in the middle of one, leaves nothing half done."""

import asyncio
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from gwansang.container import Accounts
from tests.support.accounts import PASSWORD, accounts_on, signed_up
from tests.support.photos import REPOSITORY

pytestmark = pytest.mark.anyio


def busy_process(url: str, progress: Path) -> subprocess.Popen[bytes]:
    """Signs people up, in and out and deletes some of them, noting what was answered, until it is killed."""
    command = [sys.executable, "-m", "tests.test_services.busy", url, str(progress)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL)


def answered(progress: Path) -> list[str]:
    """Complete lines only: the last one may have been cut."""
    return progress.read_text().split("\n")[:-1] if progress.exists() else []


async def killed_at(enough: int, url: str, progress: Path) -> list[str]:
    """Kills a process after so many answers and says which it gave."""
    process, deadline = busy_process(url, progress), time.monotonic() + 60
    while len(answered(progress)) < enough:
        assert process.poll() is None
        assert time.monotonic() < deadline
        await asyncio.sleep(0.003)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return answered(progress)


async def test_killed_processes_leave_no_half_written_state(database_url: str, tmp_path: Path) -> None:
    killings = (killed_at(enough, database_url, tmp_path / str(enough)) for enough in (7, 20))
    promised = [line for answers in await asyncio.gather(*killings) for line in answers]
    async with accounts_on(database_url) as accounts:
        await check_whole(accounts, promised)
        await signed_up(accounts, "after@example.com")
        await accounts.auth.login("after@example.com", PASSWORD)


async def check_whole(accounts: Accounts, promised: list[str]) -> None:
    """All that was answered is there, and every user that is there has all that belongs to them."""
    users = {}
    for page in range(1, 100):
        found = (await accounts.users.page(page, 100)).items
        if not found:
            break
        users |= {user.email: user for user in found}
    last = dict(line.split() for line in promised)
    for email, state in last.items():
        assert (email in users) or state in ("deleting", "deleted"), email
        if state == "deleted":
            assert email not in users
    for user in users.values():
        export = await accounts.exports.export(user.id)
        active = Counter(one["purpose"] for one in export["consents"] if one["withdrawn_at"] is None)
        assert active["reading"] == 1  # given in the transaction that made the account
        if last.get(user.email) == "history":
            assert active["history"] == 1
