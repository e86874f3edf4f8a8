"""What encryption at rest costs: `python -m benchmarks.sealing`. No network, no model; a scratch SQLite file."""

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
        made = [make_analysis() for _ in range(ROWS)]
        started = perf_counter()
        for one in made:
            await accounts.history.save(user_id, one)
        print(f"keep a reading, all in all                 {per(started, ROWS):8.0f} us")
        async with accounts.uow.read() as tx:
            rows = await tx.analyses.list_for_user(user_id)
            wrapped = await tx.user_keys.get(user_id)
        key = accounts.sealer.unwrap(wrapped)
        size = len(rows[0].sealed)
        content = dict(unseal_face(accounts.sealer, key, rows[0]))
        where = f"analyses/{uuid4()}/sealed".encode()
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        sealed = accounts.sealer.seal_bytes(key, text, where)
        print(f"size of a sealed reading                   {size:8d} bytes")
        best("unwrap a user's key", lambda: accounts.sealer.unwrap(wrapped))
        best("seal the bytes of a row", lambda: accounts.sealer.seal_bytes(key, text, where))
        best("open the bytes of a row", lambda: accounts.sealer.unseal_bytes(key, sealed, where))
        best("read its JSON, which plain columns need too", lambda: json.loads(text))
        await whole(accounts, user_id, [row.id for row in rows])


async def whole(accounts: Accounts, user_id: int, ids: list[UUID]) -> None:
    started = perf_counter()
    for _ in range(ROUNDS * 10):
        await accounts.history.page(user_id, 1, 20)
    print(f"a page of 20 readings, nothing opened      {per(started, ROUNDS * 10):8.0f} us")
    started = perf_counter()
    for analysis_id in ids:
        await accounts.history.get(user_id, analysis_id)
    print(f"one kept reading, opened                   {per(started, ROWS):8.0f} us")
    started = perf_counter()
    await accounts.audit.verify()
    print(f"follow the audit log, an entry             {per(started, 2):8.0f} us")


def best(what: str, work: object) -> None:
    times = []
    for _ in range(ROUNDS):
        started = perf_counter()
        for _ in range(ROWS):
            work()  # type: ignore[operator]  # a function without arguments
        times.append(per(started, ROWS))
    print(f"{what:42} {min(times):8.1f} us")


def per(started: float, count: int) -> float:
    return (perf_counter() - started) / count * 1e6


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder)))
