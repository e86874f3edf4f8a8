"""Does a real video, and a real batch of photos, survive whatever is done to its workers?

    python -m benchmarks.killed [--backend sqlite|postgresql|both] [--kills 10] [--seed 1]

Two `gwansang worker` processes do a film of 60 frames, then a batch of 50 photos. At random moments both are killed
with SIGKILL and two others are started, until it was done so often or the task has ended. Exits with 1 unless the task
ended well, each reading is in the history exactly once, and the progress never went back. A step that is killed three
times in a row is given up by design, so after two of them the next kill waits until the task has moved on.
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

from tests.support.accounts import signed_up
from tests.support.database import BACKENDS, drop_templates, scratch_database
from tests.support.photos import drawn_portrait
from tests.test_jobs.counting import accounts_at
from tests.test_jobs.test_killed_video import Worker, film, replaced, workers

from gwansang.core.logging import configure_logging
from gwansang.services.jobs.batch_job import BATCH
from gwansang.services.jobs.face_data import ReadingRequest, dump_request
from gwansang.services.jobs.video_job import VIDEO

_LONGEST_PAUSE_S = 0.6
_IN_A_ROW = 2  # kills of one step
_WITHIN_S = 300


@dataclass
class Killer:
    """Kills all workers at random moments of a task that gets on."""

    chance: random.Random
    left: int
    replace: Callable[[list[Worker]], list[Worker]]
    running: list[Worker]
    everyone: list[Worker]
    at: list[float] = field(default_factory=list)

    async def see(self, progress: float) -> None:
        """Kills a little after something was told of the task."""
        if not self.left or self.at[-_IN_A_ROW:] == [progress] * _IN_A_ROW:
            return
        await asyncio.sleep(self.chance.uniform(0, _LONGEST_PAUSE_S))
        self.running = self.replace(self.running)
        self.everyone.extend(self.running)
        self.left -= 1
        self.at.append(progress)


async def survived(url: str, folder: Path, kind: str, inputs: Sequence[bytes], expected: int, killer_seed: int) -> bool:
    """Whether the task ended well, once, and without going back."""
    began = time.monotonic()
    async with accounts_at(url, folder / "storage") as accounts:
        me = await signed_up(accounts)
        await accounts.consents.grant(me.id, "history")
        with workers(2, url, folder) as running:
            task = await accounts.tasks.submit(me.id, kind, {}, inputs, request_sha256="0" * 64)
            killer = Killer(
                random.Random(killer_seed),  # noqa: S311 - moments, not secrets
                _args.kills,
                lambda alive: replaced(alive, url, folder),
                list(running),
                running,
            )
            progress: list[float] = []
            async with asyncio.timeout(_WITHIN_S):
                async for told in accounts.tasks.events(me.id, task.id):
                    progress.append(told.progress)
                    if told.status == "processing":
                        await killer.see(told.progress)
            kept = (await accounts.history.page(me.id)).total
    well = told.status == "done" and kept == expected and progress == sorted(progress)
    at = ", ".join(f"{one:.2f}" for one in killer.at)
    print(
        f"  {kind:6} {'ok' if well else 'FAILED'}: {told.status}, {kept} of {expected} in the history, "
        f"{len(killer.at)} kills of both workers at progress {at}; {time.monotonic() - began:.0f} s"
    )
    return well


def _all(backend: str, seed: int) -> bool:
    order = dump_request(ReadingRequest(locale="en"))
    well = True
    for kind, inputs, expected in ((VIDEO, [film(), order], 1), (BATCH, [*[drawn_portrait()] * 50, order], 50)):
        with scratch_database(backend) as url, tempfile.TemporaryDirectory() as folder:
            well &= asyncio.run(survived(url, Path(folder), kind, inputs, expected, seed))
    return well


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=(*BACKENDS, "both"), default="both")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    _args = _arguments()
    configure_logging("WARNING", json=False)
    _well = True
    for _backend in BACKENDS if _args.backend == "both" else (_args.backend,):
        print(_backend)
        _well &= _all(_backend, _args.seed)
    drop_templates()
    sys.exit(not _well)
