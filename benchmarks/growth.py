"""Time of everyday calls against the size of the database, on SQLite or PostgreSQL.

    python -m benchmarks.growth [--database postgresql] [--users 10 100 1000 10000 100000] [--plot FILE.svg]

For each number of users the database holds ten kept readings of each, as many tasks and as many people in the gallery;
one user has a hundredth of all readings. Times are medians of calls of the services: a real database, no HTTP, no
vision, passwords hashed cheaply, because hashing does not grow. Prints a table, and the factor from the smallest to the
largest size beside that of the logarithm of the size; writes the plot if asked to.
"""

import argparse
import asyncio
import math
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import func, insert, select, text
from tests.support.accounts import PASSWORD, prove_address
from tests.support.database import scratch_database
from tests.support.serving import settings_for_tests
from tests.test_services.test_history import make_analysis

from benchmarks.line_plot import log_plot
from benchmarks.lookalike import strangers, synthetic_gallery
from gwansang.container import Accounts, open_accounts
from gwansang.core.logging import configure_logging
from gwansang.core.paging import PageRequest
from gwansang.db.session import Database
from gwansang.models import Celebrity, StoredAnalysis, Task, User
from gwansang.services.lookalike.likeness import build_likeness_index

_READINGS_EACH = 10
_HEAVY_SHARE = 100  # one user has a hundredth of all readings
_CHUNK = 5_000
_ROUNDS = 30
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
Call = Callable[[], Awaitable[object]]


class Filler:
    """Fills the tables with rows that look like real ones, up to a number."""

    def __init__(self, database: Database, owner: int, sealed: bytes) -> None:
        self._database = database
        self._owner = owner
        self._sealed = sealed

    async def fill(self, users: int) -> None:
        """Bring every table to the size that belongs to a number of users."""
        await self._add(User, users, self._users)
        await self._add(StoredAnalysis, users * _READINGS_EACH, self._analyses)
        await self._add(Task, users, self._tasks)
        await self._add(Celebrity, users, self._people)
        if not self._database.embedded:  # nothing gathers the statistics of SQLite
            async with self._database.session("write") as session:
                await session.execute(text("ANALYZE"))

    async def _add(self, model: type, total: int, rows: Callable[[int, int], Iterator[dict[str, object]]]) -> None:
        async with self._database.session("write") as session:
            start = (await session.execute(select(func.count()).select_from(model))).scalar_one()
        for first in range(start, total, _CHUNK):
            async with self._database.session("write") as session:
                await session.execute(insert(model), list(rows(first, min(first + _CHUNK, total))))

    def _users(self, first: int, last: int) -> Iterator[dict[str, object]]:
        for number in range(first, last):
            yield {
                "email": f"person{number}@example.com",
                "username": f"person {number}",
                "password_hash": "$argon2id$none",
                "is_active": True,
                "is_admin": False,
                "email_verified": True,
                "token_version": 0,
                "seen_at": datetime.now(UTC),
                "created_at": _LONG_AGO,
                "updated_at": _LONG_AGO,
            }

    def _analyses(self, first: int, last: int) -> Iterator[dict[str, object]]:
        for number in range(first, last):
            heavy = number % _HEAVY_SHARE == 0
            yield {
                "id": uuid4(),
                "user_id": self._owner if heavy else self._owner + number // _READINGS_EACH,
                "created_at": _LONG_AGO + timedelta(seconds=number),
                "locale": "ko",
                "overall_score": 80,
                "element": "wood",
                "quality_score": 0.9,
                "engine_version": "2.0.0",
                "content_version": "2026.4",
                "sealed": self._sealed,
            }

    def _tasks(self, first: int, last: int) -> Iterator[dict[str, object]]:
        for number in range(first, last):
            yield {
                "id": uuid4(),
                "user_id": self._owner if number % _HEAVY_SHARE == 0 else self._owner + number,
                "kind": "face",
                "status": "done",
                "progress": 1.0,
                "inputs": 2,
                "tries": 1,
                "version": 5,
                "request_sha256": "0" * 64,
                "params": {},
                "created_at": _LONG_AGO + timedelta(seconds=number),
                "enqueued_at": _LONG_AGO,
                "finished_at": _LONG_AGO,
                "expires_at": datetime.now(UTC) + timedelta(days=1),
            }

    def _people(self, first: int, last: int) -> Iterator[dict[str, object]]:
        for number in range(first, last):
            yield {
                "name_ko": f"사람 {number:06}",
                "name_en": f"person {number:06}",
                "found_by": f"사람{number:06} person{number:06}",
                "category": ("actor", "singer", "athlete")[number % 3],
                "note": "",
                "created_at": _LONG_AGO,
                "updated_at": _LONG_AGO,
            }


async def sealed_example(accounts: Accounts, owner: int) -> bytes:
    """Keep one reading, and return its sealed content, as long as all others."""
    await accounts.history.save(owner, make_analysis())
    async with accounts.uow.read() as tx:
        return (await tx.analyses.list_after(owner, None, 1))[0].sealed or b""


async def median_ms(call: Call) -> float:
    """Return the median time of a call, after one that warms it up."""
    await call()
    times = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        await call()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def calls(accounts: Accounts, email: str, owner: int, kept: UUID, deep: str) -> dict[str, Call]:
    """Return what is timed, by name; kept: a reading of the owner; deep: the cursor of a page in the middle."""

    analysis = make_analysis()

    async def tasks_of_the_queue() -> None:
        async with accounts.uow.read() as tx:
            await tx.tasks.list_not_enqueued(100)
            await tx.tasks.list_enqueued()
            await tx.tasks.any_unfinished()

    async def expired() -> None:
        async with accounts.uow.write() as tx:
            await tx.tasks.delete_expired(datetime.now(UTC))
            await tx.families.delete_expired(datetime.now(UTC))

    return {
        "sign in": lambda: accounts.auth.login(email, PASSWORD),
        "keep a reading": lambda: accounts.history.save(owner, replace(analysis, analysis_id=uuid4())),
        "open a kept reading": lambda: accounts.history.get(owner, kept),
        "history, first page": lambda: accounts.history.page(owner),
        "history, after a cursor": lambda: accounts.history.page(owner, PageRequest(after=deep)),
        "tasks, first page": lambda: accounts.tasks.page(owner),
        "users, first page": accounts.users.page,
        "queue": tasks_of_the_queue,
        "expired rows": expired,
    }


async def deep_cursor(accounts: Accounts, owner: int) -> str:
    """Return the cursor of the page in the middle of a history."""
    size = 100
    total = (await accounts.history.page(owner)).total or 0
    page = await accounts.history.page(owner, PageRequest(max(1, total // size // 2), size))
    first = await accounts.history.page(owner, PageRequest(size=1))
    return page.next or first.next or ""


async def match_ms(people: int) -> float:
    """Return the median time of a search among people with one picture each."""
    vectors, _ = synthetic_gallery(people * 2, even=False)
    index = build_likeness_index(vectors[::2].copy(), np.arange(people))
    queries = strangers(even=False)
    times = []
    for vector in queries:
        started = time.perf_counter()
        index.nearest(vector, 5)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


@asynccontextmanager
async def growing(url: str) -> AsyncIterator[tuple[Accounts, Filler, int, str]]:
    """Open the services and a filler on a database with one user who keeps a history."""
    email = "minji@example.com"
    async with open_accounts(settings_for_tests(database_url=url)) as accounts:
        owner = (await accounts.users.register(email, "김민지", PASSWORD)).id
        await prove_address(accounts, owner)
        await accounts.consents.grant(owner, "history")
        database = Database(url)
        try:
            yield accounts, Filler(database, owner, await sealed_example(accounts, owner)), owner, email
        finally:
            await database.close()


async def measure(url: str, sizes: list[int]) -> dict[str, list[float]]:
    """Return the medians by call, one for each size."""
    figures: dict[str, list[float]] = {}
    async with growing(url) as (accounts, filler, owner, email):
        kept = (await accounts.history.page(owner)).items[0].analysis_id
        for users in sizes:
            await filler.fill(users)
            for name, call in calls(accounts, email, owner, kept, await deep_cursor(accounts, owner)).items():
                figures.setdefault(name, []).append(await median_ms(call))
            figures.setdefault("match", []).append(await match_ms(users))
            print(f"{users:>9,} users measured", file=sys.stderr)
    return figures


def report(sizes: list[int], figures: dict[str, list[float]]) -> None:
    """Print the medians and how they grow."""
    logarithm = math.log(sizes[-1]) / math.log(sizes[0])
    print(f"{'ms':26}" + "".join(f"{size:>10,}" for size in sizes) + f"{'factor':>9}  (logarithm x{logarithm:.1f})")
    for name, row in figures.items():
        print(f"{name:26}" + "".join(f"{value:10.2f}" for value in row) + f"{row[-1] / row[0]:9.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--users", type=int, nargs="+", default=[10, 100, 1_000, 10_000, 100_000])
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    configure_logging("WARNING", json=False)
    with scratch_database(options.database) as url:
        figures = asyncio.run(measure(url, options.users))
    report(options.users, figures)
    if options.plot is not None:
        title = f"Median time of calls against the number of users, {options.database}"
        options.plot.write_text(log_plot(options.users, figures, title), encoding="utf-8")


if __name__ == "__main__":
    main()
