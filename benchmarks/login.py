"""Timing of logins with known and with unknown e-mail addresses.

    python -m benchmarks.login [--rounds 50]

Alternates logins with a known e-mail and a wrong password, and with an unknown one, at the bcrypt cost of production,
on a temporary database. Exits with 1 if the medians differ by 5 % or more.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from pydantic import SecretStr

from gwansang.config import load_settings
from gwansang.container import Accounts, open_accounts
from gwansang.services.accounts.auth_service import InvalidCredentialsError

_MAX_DIFFERENCE = 0.05


async def _login_ms(accounts: Accounts, email: str) -> float:
    started = time.perf_counter()
    try:
        await accounts.auth.login(email, "not the right one")
    except InvalidCredentialsError:
        return (time.perf_counter() - started) * 1000
    raise AssertionError("a wrong password was accepted")


async def _median_ms(rounds: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings().model_copy(
            update={"database_url": SecretStr(f"sqlite:///{Path(folder) / 'login.db'}")}
        )
        async with open_accounts(settings) as accounts:
            await accounts.users.register("known@example.com", "known", "a password of twenty")
            known, unknown = [], []
            for _ in range(rounds):
                known.append(await _login_ms(accounts, "known@example.com"))
                unknown.append(await _login_ms(accounts, "unknown@example.com"))
    return statistics.median(known), statistics.median(unknown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50)
    known, unknown = asyncio.run(_median_ms(parser.parse_args().rounds))
    difference = abs(known - unknown) / max(known, unknown)
    print(
        f"median login: known {known:.1f} ms, unknown {unknown:.1f} ms, {100 * difference:.1f} % apart (less than 5 %)"
    )
    sys.exit(difference >= _MAX_DIFFERENCE)


if __name__ == "__main__":
    main()
