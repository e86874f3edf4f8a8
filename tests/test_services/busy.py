"""Process that uses accounts until it is killed: `python -m tests.test_services.busy DATABASE_URL PROGRESS_FILE`."""

import asyncio
import os
import sys
from pathlib import Path

from tests.support.accounts import PASSWORD, accounts_on, prove_address


async def use_accounts(url: str, progress: Path) -> None:
    with progress.open("a", buffering=1) as answers:
        async with accounts_on(url) as accounts:

            async def run_lane(lane: int) -> None:
                for number in range(100_000):
                    email = f"u{os.getpid()}-{lane}-{number}@example.com"
                    user = await accounts.users.register(email, "busy", PASSWORD)
                    answers.write(f"{email} registered\n")
                    await prove_address(accounts, user.id)
                    await accounts.consents.grant(user.id, "history")
                    answers.write(f"{email} history\n")
                    await accounts.auth.refresh((await accounts.auth.login(email, PASSWORD)).refresh_token)
                    if number % 2:
                        answers.write(f"{email} deleting\n")  # the process may die between commit and answer
                        await accounts.users.delete(user.id)
                        answers.write(f"{email} deleted\n")

            await asyncio.gather(*(run_lane(lane) for lane in range(3)))


if __name__ == "__main__":
    asyncio.run(use_accounts(sys.argv[1], Path(sys.argv[2])))
