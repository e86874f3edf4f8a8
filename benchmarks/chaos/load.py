"""Steady load: a few visitors at a time, each followed by another one."""

import asyncio
import random
import time

from benchmarks.chaos.calls import Caller
from benchmarks.chaos.ledger import Ledger
from benchmarks.chaos.link import Address
from benchmarks.chaos.mailbox import Mailbox
from benchmarks.chaos.visitors import Visitor

_AT_ONCE = 5


async def play(addresses: list[Address], mailbox: Mailbox, ledger: Ledger, seed: int, until: float) -> list[Visitor]:
    """Let visitors come and go until that time, and return them all once each has ended the act it was in."""
    visitors: list[Visitor] = []

    async def keep_coming(slot: int) -> None:
        number = 0
        while time.monotonic() < until:
            name = f"v{seed}x{slot}x{number:03}"  # of one length: none is the beginning of another one
            chance = random.Random(f"{seed}/{slot}/{number}")  # noqa: S311 - load, not secrets
            caller = Caller(addresses, ledger, chance)
            visitor = Visitor(caller, mailbox, ledger, chance, name)
            visitors.append(visitor)
            try:
                await visitor.visit(until)
            except Exception as error:  # a visitor that breaks is a fault to report, and not the end
                ledger.faults.append(f"{name}: {type(error).__name__}: {error}")
            finally:
                await visitor.close()
            number += 1

    await asyncio.gather(*map(keep_coming, range(_AT_ONCE)))
    return visitors
