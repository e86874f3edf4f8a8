"""What bad days do to the site: each spell begins, lasts, and ends."""

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks.chaos.ledger import Ledger
from benchmarks.chaos.programs import Program
from benchmarks.chaos.site import Site

_CALM_S = (3.0, 7.0)
_CLOCK_S = 1200
Act = Callable[[Site, random.Random], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Spell:
    """One kind of weather; `where` is what it hits, `cuts` whether it cuts connections of clients."""

    name: str
    where: str
    seconds: float
    act: Act
    cuts: bool = False


async def play(site: Site, ledger: Ledger, chance: random.Random, until: float) -> None:
    """Play all kinds of weather in turn, in an order of chance, then pairs of them at once."""
    spells = [spell for spell in SPELLS if _applies(spell, site)]
    order: list[Spell] = []
    pairs = False
    while time.monotonic() < until:
        if not order:
            pairs = pairs or bool(ledger.weather)
            order = chance.sample(spells, len(spells))
        now = [order.pop()]
        other = next((spell for spell in order if spell.where != now[0].where), None) if pairs else None
        if other is not None:
            order.remove(other)
            now.append(other)
        await _play(now, site, ledger, chance)
        await asyncio.sleep(chance.uniform(*_CALM_S))


async def _play(spells: list[Spell], site: Site, ledger: Ledger, chance: random.Random) -> None:
    began = time.monotonic()
    name = " + ".join(spell.name for spell in spells)
    print(f"  weather: {name}", flush=True)
    with ledger.cutting() if any(spell.cuts for spell in spells) else nullcontext():
        async with AsyncExitStack() as stack:
            for spell in spells:
                await stack.enter_async_context(spell.act(site, chance))
            await asyncio.sleep(max(spell.seconds for spell in spells))
    ledger.weather.append((name, began, time.monotonic()))


def _applies(spell: Spell, site: Site) -> bool:
    if spell.where == "disk":
        return site.disk.small
    if spell.where in ("database", "files"):
        return site.database is not None
    return spell.where != "file" or site.database is None


def _link(name: str, *, delay_s: float = 0.0, silent: bool = False) -> Act:
    @asynccontextmanager
    async def act(site: Site, _chance: random.Random) -> AsyncIterator[None]:
        link = site.links[name]
        if delay_s:
            link.delay_s = delay_s
        elif silent:
            link.silence()
        else:
            link.lose()
        try:
            yield
        finally:
            link.restore()

    return act


def _pause(choose: Callable[[Site, random.Random], Program]) -> Act:
    @asynccontextmanager
    async def act(site: Site, chance: random.Random) -> AsyncIterator[None]:
        program = choose(site, chance)
        program.pause()
        try:
            yield
        finally:
            program.resume()

    return act


def _mood(mood: str) -> Act:
    @asynccontextmanager
    async def act(site: Site, _chance: random.Random) -> AsyncIterator[None]:
        site.mailbox.mood = mood  # type: ignore[assignment]  # one of its moods
        try:
            yield
        finally:
            site.mailbox.mood = "takes"

    return act


def _clock(offset_s: int) -> Act:
    @asynccontextmanager
    async def act(site: Site, chance: random.Random) -> AsyncIterator[None]:
        moved = [chance.choice(site.replicas), chance.choice(site.workers)]
        for program in moved:
            program.set_clock(offset_s)
        try:
            yield
        finally:
            for program in moved:
                program.set_clock(0)

    return act


def _postgresql(site: Site, _chance: random.Random) -> Program:
    assert site.database is not None  # noqa: S101 - see `_applies`
    return site.database.program


@asynccontextmanager
async def _database_killed(site: Site, chance: random.Random) -> AsyncIterator[None]:
    _postgresql(site, chance).kill()
    yield
    assert site.database is not None  # noqa: S101 - see `_applies`
    await site.database.start()


@asynccontextmanager
async def _database_restarted(site: Site, _chance: random.Random) -> AsyncIterator[None]:
    assert site.database is not None  # noqa: S101 - see `_applies`
    await site.database.restart()
    yield
    await site.database.restart()


@asynccontextmanager
async def _database_read_only(site: Site, _chance: random.Random) -> AsyncIterator[None]:
    assert site.database is not None  # noqa: S101 - see `_applies`
    await site.database.set_read_only(read_only=True)
    try:
        yield
    finally:
        await site.database.set_read_only(read_only=False)


@asynccontextmanager
async def _disk_full(site: Site, _chance: random.Random) -> AsyncIterator[None]:
    await asyncio.to_thread(site.disk.fill)
    try:
        yield
    finally:
        site.disk.free()
        if site.database is not None:
            await site.database.start()  # it gives up if its write-ahead log has no room


@asynccontextmanager
async def _file_locked(site: Site, _chance: random.Random) -> AsyncIterator[None]:
    file = Path(site.database_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False)) as connection:
        await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@asynccontextmanager
async def _redis_killed(site: Site, _chance: random.Random) -> AsyncIterator[None]:
    site.redis.kill()
    yield
    site.redis.start()


@asynccontextmanager
async def _worker_killed(site: Site, chance: random.Random) -> AsyncIterator[None]:
    worker = chance.choice(site.workers)
    worker.kill()
    yield
    await site.worker_ready(worker)


@asynccontextmanager
async def _replica_killed(site: Site, chance: random.Random) -> AsyncIterator[None]:
    number = chance.randrange(len(site.replicas))
    site.replicas[number].kill()
    yield
    await site.replica_ready(number)


@asynccontextmanager
async def _replica_stopped(site: Site, chance: random.Random) -> AsyncIterator[None]:
    number = chance.randrange(len(site.replicas))
    await asyncio.to_thread(site.replicas[number].stop)
    yield
    await site.replica_ready(number)


SPELLS = (
    Spell("database killed", "database", 4, _database_killed),
    Spell("database restarted twice", "database", 4, _database_restarted),
    Spell("database frozen", "database", 8, _pause(_postgresql)),
    Spell("database read-only", "database", 8, _database_read_only),
    Spell("database slow", "database", 10, _link("database", delay_s=0.05)),
    Spell("database unreachable", "database", 6, _link("database")),
    Spell("database silent", "database", 8, _link("database", silent=True)),
    Spell("database file locked", "file", 8, _file_locked),
    Spell("disk full", "disk", 8, _disk_full),
    Spell("Redis frozen", "limits", 6, _pause(lambda site, _: site.redis)),
    Spell("Redis killed", "limits", 5, _redis_killed),
    Spell("Redis silent", "limits", 6, _link("redis", silent=True)),
    Spell("S3 slow", "files", 10, _link("files", delay_s=0.4)),
    Spell("S3 unreachable", "files", 8, _link("files")),
    Spell("S3 silent", "files", 8, _link("files", silent=True)),
    Spell("clock ahead", "clock", 12, _clock(_CLOCK_S)),
    Spell("clock behind", "clock", 12, _clock(-_CLOCK_S)),
    Spell("worker killed", "workers", 5, _worker_killed),
    Spell("worker paused", "workers", 20, _pause(lambda site, chance: chance.choice(site.workers))),
    Spell("replica killed", "replicas", 3, _replica_killed, cuts=True),
    Spell("replica stopped", "replicas", 3, _replica_stopped, cuts=True),
    Spell("replica paused", "replicas", 6, _pause(lambda site, chance: chance.choice(site.replicas))),
    Spell("mail server refuses", "mail", 8, _mood("refuses")),
    Spell("mail server hangs", "mail", 10, _mood("hangs")),
    Spell("mail server unreachable", "mail", 6, _link("mail")),
    Spell("clients cut off", "clients", 4, _link("client0"), cuts=True),
    Spell("clients silent", "clients", 6, _link("client1", silent=True)),
    Spell("clients slow", "clients", 8, _link("client0", delay_s=0.3)),
)
