"""Entries about tables, files, Redis and logs."""

import asyncio
import json
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from benchmarks.chaos.book import Book
from benchmarks.chaos.ledger import Account, Ledger
from benchmarks.chaos.site import Site
from benchmarks.chaos.tables import Tables, list_objects, plain, read_tables

_UNFINISHED = ("queued", "processing")
_DEFECTS = frozenset(
    {
        *("http.unexpected_error", "socket.unexpected_error", "worker.loop_failed", "housekeeping.failed"),
        *("task.retry", "(traceback)"),
    }
)
_CLOCK_S = 1200
_POLL_S = 3.0
FindFaults = Callable[[Tables], Iterable[str]]


async def settle(site: Site, book: Book, seconds: float) -> None:
    """Wait until every task has ended; then move the clocks, so that what is due within minutes is swept now."""
    began = time.monotonic()
    open_tasks = await _wait_until(_unfinished, site, seconds)
    book.add("tasks end after the weather", 1, open_tasks, f"{time.monotonic() - began:.0f} s")
    for program in site.programs:
        program.set_clock(_CLOCK_S)
    began = time.monotonic()
    left = await _wait_until(lambda tables: [*_leftovers(tables), *_strays(site, tables)], site, seconds)
    book.add("sweeps leave nothing behind", 1, left, f"{time.monotonic() - began:.0f} s")


async def _wait_until(find: FindFaults, site: Site, seconds: float) -> list[str]:
    deadline = time.monotonic() + seconds
    while True:
        faults = list(find(await read_tables(site.database_url)))
        if not faults or time.monotonic() > deadline:
            return faults
        await asyncio.sleep(_POLL_S)


def _unfinished(tables: Tables) -> Iterable[str]:
    return [f"{row['kind']} {row['id']} is {row['status']}" for row in tables["tasks"] if row["status"] in _UNFINISHED]


def _leftovers(tables: Tables) -> Iterable[str]:
    for name in ("erasures", "dbos.workflow_status", "dbos.operation_outputs", "task_items"):
        rows = tables.get(name, ())
        if rows:
            yield f"{len(rows)} rows in {name}"
    photos = {row["key"] for row in tables["photos"]}
    yield from (
        f"object row without a photo: {row['key']}" for row in tables["photo_objects"] if row["key"] not in photos
    )


def _strays(site: Site, tables: Tables) -> Iterable[str]:
    keys = list_objects(site.s3, site.disk.folder / "storage")
    rows = {row["key"] for row in tables["photo_objects"]}
    yield from (f"file without a row: {key}" for key in sorted(keys - rows))
    yield from (f"row without a file: {key}" for key in sorted(rows - keys))


async def enter_stores(book: Book, site: Site, ledger: Ledger) -> None:
    """Enter photos, erased accounts, and what the logs tell."""
    tables = await read_tables(site.database_url)
    analyses = {plain(row["id"]) for row in tables["analyses"]}
    lost = [str(row["id"]) for row in tables["photos"] if plain(row["analysis_id"]) not in analyses]
    fetched = f"{ledger.counts['photos fetched']} fetched"
    book.add(
        "photos belong to readings, files to photos", len(tables["photos"]), [*lost, *_strays(site, tables)], fetched
    )
    erased = [one for one in ledger.accounts if one.erased]
    unerased = [one.email for one in ledger.accounts if one.erasing and not one.erased]
    book.add("erasures were carried out", len(erased), unerased)
    book.add("erased accounts left nothing in tables and files", len(erased), _traces(erased, site, tables))
    everyone = ledger.accounts
    book.add("no address and no name in Redis and logs", len(everyone), _words_outside(everyone, site))


def enter_logs(book: Book, site: Site) -> None:
    """Enter what the logs call a defect."""
    events: Counter[str] = Counter()
    for program in site.programs:
        for line in program.log.read_text(errors="replace").splitlines():
            try:
                events[json.loads(line)["event"]] += 1
            except (ValueError, KeyError, TypeError):
                events["(traceback)"] += line.startswith("Traceback")
    wrong = [f"{name}: {count}" for name, count in sorted(events.items()) if name in _DEFECTS and count]
    notes = (
        "task.requeued",
        "worker.unavailable",
        "analysis.not_kept",
        "photo.not_stored",
        "mail.retry",
        "mail.failed",
    )
    book.add("the logs tell of no defect", events.total(), wrong, ", ".join(f"{events[one]} {one}" for one in notes))


def _traces(erased: Sequence[Account], site: Site, tables: Tables) -> Iterable[str]:
    words = {plain(word): one.email for one in erased for word in _words(one)}
    places = {name: "\n".join(plain(value) for row in rows for value in row.values()) for name, rows in tables.items()}
    places["the file store"] = plain("\n".join(list_objects(site.s3, site.disk.folder / "storage")))
    if site.database is None:
        for file in site.disk.folder.glob("gwansang*"):
            places[file.name] = plain(file.read_bytes().decode("latin-1"))
    for place, text in places.items():
        yield from (f"{email}: {word} in {place}" for word, email in words.items() if word in text)


def _words(account: Account) -> Iterable[str]:
    yield account.email
    yield account.name
    yield from account.kept
    yield from account.unkept
    yield from (promise.task_id for promise in account.tasks if promise.task_id)


def _words_outside(accounts: Sequence[Account], site: Site) -> Iterable[str]:
    texts = {program.name: program.log.read_text(errors="replace") for program in site.programs}
    texts["Redis"] = _redis_keys(site)
    for place, text in texts.items():
        yield from (f"{one.email} in {place}" for one in accounts if one.email in text or one.name in text)


def _redis_keys(site: Site) -> str:
    with socket.create_connection(site.links["redis"].target, timeout=10) as connection:
        connection.sendall(b"KEYS *\r\nQUIT\r\n")
        return b"".join(iter(lambda: connection.recv(65_536), b"")).decode(errors="replace")
