"""Cost of encryption at rest: `python -m benchmarks.sealing`. No network, no model; a temporary SQLite file."""

import asyncio
import json
import tempfile
from pathlib import Path
from time import perf_counter
from uuid import UUID, uuid4

from tests.support.serving import settings_for_tests
from tests.test_services.test_history import make_analysis, user_with_history

from gwansang.container import Accounts, open_accounts
from gwansang.services.protection.sealed_faces import unseal_face

ROWS = 200
ROUNDS = 5


async def measure(folder: Path) -> None:
    settings = settings_for_tests(database_url=f"sqlite:///{folder / 'bench.sqlite3'}")
    async with open_accounts(settings) as accounts:
        user_id = await user_with_history(accounts)
        analyses = [make_analysis() for _ in range(ROWS)]
        started = perf_counter()
        for analysis in analyses:
            await accounts.history.save(user_id, analysis)
        print(f"keep a reading, all in all                 {microseconds(started, ROWS):8.0f} us")
        async with accounts.uow.read() as tx:
            rows = await tx.analyses.list_for_user(user_id)
            wrapped = await tx.user_keys.get(user_id)
        key = accounts.sealer.unwrap(wrapped)
        size = len(rows[0].sealed)
        content = dict(unseal_face(accounts.sealer, key, rows[0]))
        aad = f"analyses/{uuid4()}/sealed".encode()
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        sealed = accounts.sealer.seal_bytes(key, text, aad)
        print(f"size of a sealed reading                   {size:8d} bytes")
        print_best("unwrap a user's key", lambda: accounts.sealer.unwrap(wrapped))
        print_best("seal the bytes of a row", lambda: accounts.sealer.seal_bytes(key, text, aad))
        print_best("open the bytes of a row", lambda: accounts.sealer.unseal_bytes(key, sealed, aad))
        print_best("read its JSON, which plain columns need too", lambda: json.loads(text))
        await measure_history(accounts, user_id, [row.id for row in rows])


async def measure_history(accounts: Accounts, user_id: int, ids: list[UUID]) -> None:
    started = perf_counter()
    for _ in range(ROUNDS * 10):
        await accounts.history.page(user_id)
    print(f"a page of 20 readings, nothing opened      {microseconds(started, ROUNDS * 10):8.0f} us")
    started = perf_counter()
    for analysis_id in ids:
        await accounts.history.get(user_id, analysis_id)
    print(f"one kept reading, opened                   {microseconds(started, ROWS):8.0f} us")
    started = perf_counter()
    await accounts.audit.verify()
    print(f"follow the audit log, an entry             {microseconds(started, 2):8.0f} us")


def print_best(label: str, work: object) -> None:
    times = []
    for _ in range(ROUNDS):
        started = perf_counter()
        for _ in range(ROWS):
            work()  # type: ignore[operator]  # a function without arguments
        times.append(microseconds(started, ROWS))
    print(f"{label:42} {min(times):8.1f} us")


def microseconds(started: float, count: int) -> float:
    return (perf_counter() - started) / count * 1e6


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder)))
