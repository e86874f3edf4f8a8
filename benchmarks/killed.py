"""Durability of a real video and a real batch of photos whose workers are killed.

    python -m benchmarks.killed [--backend sqlite|postgresql|both] [--kills 10] [--seed 1]

Two `gwansang worker` processes do a film of 60 frames, then a batch of 50 photos. At random moments both are killed
with SIGKILL and two others are started, until the given number of kills or the end of the task. Exits with 1 unless the
task is done, each reading is in the history exactly once, and the progress never decreased. A step that is killed three
times in a row fails the task by design, so after two of them the next kill waits until the task has advanced.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.accounts import signed_up, stream
from tests.support.database import BACKENDS, drop_templates, scratch_database
from tests.support.photos import drawn_portrait
from tests.test_jobs.cli_workers import film, replace_workers, run_cli_workers
from tests.test_jobs.counting import open_accounts_at
from tests.test_jobs.processes import WorkerProcess

from gwansang.core.logging import configure_logging
from gwansang.services.jobs.face_data import ReadingRequest, dump_request
from gwansang.services.tasks.kinds import BATCH, VIDEO, JobKind

_MAX_PAUSE_S = 0.6
_MAX_KILLS_OF_A_STEP = 2
_TIMEOUT_S = 300


@dataclass
class Killer:
    """Kills all workers at random moments of a task that advances."""

    chance: random.Random
    remaining: int
    replace: Callable[[list[WorkerProcess]], list[WorkerProcess]]
    running: list[WorkerProcess]
    everyone: list[WorkerProcess]
    at: list[float] = field(default_factory=list)

    async def on_progress(self, progress: float) -> None:
        """Kill a little after a change of the task."""
        if not self.remaining or self.at[-_MAX_KILLS_OF_A_STEP:] == [progress] * _MAX_KILLS_OF_A_STEP:
            return
        await asyncio.sleep(self.chance.uniform(0, _MAX_PAUSE_S))
        self.running = self.replace(self.running)
        self.everyone.extend(self.running)
        self.remaining -= 1
        self.at.append(progress)


async def measure(
    url: str, folder: Path, kind: JobKind, inputs: Sequence[bytes], expected: int, killer_seed: int
) -> bool:
    """Return whether the task ended well, once, and its progress never decreased."""
    began = time.monotonic()
    async with open_accounts_at(url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        await accounts.consents.grant(me.id, "history")
        with run_cli_workers(2, url, folder) as running:
            task = await accounts.tasks.submit(me.id, kind, stream(*inputs))
            killer = Killer(
                random.Random(killer_seed),  # noqa: S311 - moments, not secrets
                _args.kills,
                lambda alive: replace_workers(alive, url, folder),
                list(running),
                running,
            )
            progress: list[float] = []
            async with asyncio.timeout(_TIMEOUT_S):
                async for ended in accounts.tasks.events(me.id, task.id):
                    progress.append(ended.progress)
                    if ended.status == "processing":
                        await killer.on_progress(ended.progress)
            kept = (await accounts.history.page(me.id)).total
    ok = ended.status == "done" and kept == expected and progress == sorted(progress)
    at = ", ".join(f"{one:.2f}" for one in killer.at)
    print(
        f"  {kind.name:6} {'ok' if ok else 'FAILED'}: {ended.status}, {kept} of {expected} in the history, "
        f"{len(killer.at)} kills of both workers at progress {at}; {time.monotonic() - began:.0f} s"
    )
    return ok


def _measure_all(backend: str, seed: int) -> bool:
    request = dump_request(ReadingRequest(locale="en"))
    ok = True
    for kind, inputs, expected in ((VIDEO, [film(), request], 1), (BATCH, [*[drawn_portrait()] * 50, request], 50)):
        with scratch_database(backend) as url, tempfile.TemporaryDirectory() as folder:
            ok &= asyncio.run(measure(url, Path(folder), kind, inputs, expected, seed))
    return ok


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=(*BACKENDS, "both"), default="both")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    _args = _arguments()
    configure_logging("WARNING", json=False)
    _ok = True
    for _backend in BACKENDS if _args.backend == "both" else (_args.backend,):
        print(_backend)
        _ok &= _measure_all(_backend, _args.seed)
    drop_templates()
    sys.exit(not _ok)
