"""Restarts of PostgreSQL under load, each while workers take over the tasks of a killed one.

    python -m benchmarks.restarts [--restarts 20] [--seed 1]

Two workers, small tasks ten times a second. Each round kills a worker, starts another, and restarts the server within
the next seconds, in turns with an orderly stop and a crash. Exits with 1 unless every task that was accepted is done,
once, and no worker ended on its own.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.test_jobs.restarts import play, restarted_server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--restarts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, restarted_server() as server:
        outcome = asyncio.run(play(server, Path(folder), options.restarts, options.seed))
        if not outcome.good:
            print((Path(folder) / "worker.log").read_text()[-20_000:], file=sys.stderr)
    print(f"{options.restarts} restarts in {time.monotonic() - began:.0f} s: {outcome}")
    sys.exit(not outcome.good)


if __name__ == "__main__":
    main()
