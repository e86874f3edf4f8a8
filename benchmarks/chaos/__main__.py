"""Ten bad minutes, and an account book at the end.

    python -m benchmarks.chaos [--minutes 10] [--database postgresql|sqlite] [--seed 1] [--loss 0]

Starts two replicas, three workers, a PostgreSQL, Redis, S3 and a mail server, plays load and weather, and exits with 1
if an entry of the book does not balance. `--loss 0.05` puts clients, service and stores into network namespaces between
which that share of packets gets lost. This and full disks need root.
"""

import argparse
import asyncio
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from tests.support.database import BACKENDS

from benchmarks.chaos import load, weather
from benchmarks.chaos.accounting import enter_accounts, look
from benchmarks.chaos.book import Book
from benchmarks.chaos.ground import Ground
from benchmarks.chaos.ledger import Ledger, Request
from benchmarks.chaos.link import Address
from benchmarks.chaos.site import REPLICAS, Site, open_site
from benchmarks.chaos.stores import enter_logs, enter_stores, settle

_SETTLE_S = 300.0
T = TypeVar("T")


async def run(backend: str, minutes: float, seed: int, ground: Ground) -> bool:
    """Play and settle; return whether the book balances."""
    async with open_site(backend, ground) as site:
        ledger, book = Ledger(), Book()
        until = time.monotonic() + 60 * minutes
        addresses = _client_addresses(site)
        playing = asyncio.create_task(
            _as_clients(ground, lambda: load.play(addresses, site.mailbox, ledger, seed, until))
        )
        await weather.play(site, ledger, random.Random(seed), until)  # noqa: S311 - weather, not secrets
        await site.heal()
        visitors = await playing
        await settle(site, book, _SETTLE_S)
        enter_accounts(book, ledger, await _as_clients(ground, lambda: look(visitors)))
        await enter_stores(book, site, ledger)
        _enter_requests(book, ledger)
        enter_logs(book, site)
        _report(book, ledger, backend, minutes, seed, ground)
        if not book.balanced:
            site.keep_logs()
    return book.balanced


async def _as_clients(ground: Ground, act: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine in a thread, and where the clients are."""

    def run() -> T:
        ground.enter("clients")
        return asyncio.run(act())

    return await asyncio.to_thread(run)


def _client_addresses(site: Site) -> list[Address]:
    return [site.links[f"client{number}"].address for number in range(REPLICAS)]


def _enter_requests(book: Book, ledger: Ledger) -> None:
    book.add("requests were answered, or cut by the weather", len(ledger.requests), _told(ledger, ledger.unanswered()))
    errors = sum(one.status >= 500 for one in ledger.requests)
    book.add("server errors are documented ones", errors, _told(ledger, ledger.undocumented()))
    refused = sum(one.code == "TOKEN_INVALID" for one in ledger.requests)
    book.add("tokens were refused only where clocks differ", refused, _told(ledger, ledger.signed_out()))
    book.add("what visitors saw was consistent", len(ledger.accounts), ledger.faults)


def _told(ledger: Ledger, requests: list[Request]) -> list[str]:
    return [
        f"{one.route}: {one.status or 'no answer'} {one.code} after {one.ended - one.began:.1f} s "
        f"(weather: {', '.join(ledger.names_of_weather(one.began, one.ended)) or 'none'})"
        for one in requests
    ]


def _report(book: Book, ledger: Ledger, backend: str, minutes: float, seed: int, ground: Ground) -> None:
    loss = f", {ground.loss:.0%} of packets lost" if ground.loss else ""
    print(f"{backend}, {minutes:g} minutes, seed {seed}{loss}")
    statuses = Counter(str(one.status or "cut") for one in ledger.requests)
    codes = Counter(one.code for one in ledger.requests if one.status >= 400)
    kinds = Counter(name for spell, *_ in ledger.weather for name in spell.split(" + "))
    longest = max((one.ended - one.began for one in ledger.requests if one.status), default=0.0)
    print(f"weather: {', '.join(f'{count} x {name}' for name, count in sorted(kinds.items()))}")
    print(f"answers: {', '.join(f'{count} x {status}' for status, count in sorted(statuses.items()))}")
    print(f"longest: {longest:.1f} s")
    print(f"codes: {', '.join(f'{count} x {code}' for code, count in codes.most_common())}")
    print(f"visitors: {', '.join(f'{count} {name}' for name, count in sorted(ledger.counts.items()))}")
    print("\n".join(book.lines()))
    print("the book balances" if book.balanced else "the book does not balance")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--database", choices=BACKENDS, default="postgresql")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--loss", type=float, default=0.0, help="share of packets that get lost, such as 0.05")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends all programs, too
    ground = Ground(options.loss)
    with ground.prepared():
        ground.enter("stores")
        return 0 if asyncio.run(run(options.database, options.minutes, options.seed, ground)) else 1


if __name__ == "__main__":
    sys.exit(main())
