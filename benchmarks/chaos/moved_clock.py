"""`gwansang` with a clock that a file moves: python -m benchmarks.chaos.moved_clock FILE ARGUMENTS...

Moved are the clock that the product passes to all its services and Python's `time.time`, which the job engine and the
rate limits read. Clocks inside of compiled libraries stay, among them that of the S3 client.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from gwansang.core import clock

_REREAD_S = 0.5


def moved(file: Path, now: Callable[[], float]) -> Callable[[], float]:
    """Return a clock that is ahead of `now` by the seconds in a file, which is read again after a while."""
    offset_s, read_at = 0.0, float("-inf")

    def moved_now() -> float:
        nonlocal offset_s, read_at
        if time.monotonic() - read_at > _REREAD_S:
            offset_s, read_at = float(file.read_text()), time.monotonic()
        return now() + offset_s

    return moved_now


def main() -> None:
    file, *arguments = sys.argv[1:]
    time.time = moved(Path(file), time.time)
    clock.utc_now = lambda: datetime.fromtimestamp(time.time(), UTC)  # before any module imports the name
    sys.argv = ["gwansang", *arguments]
    from gwansang.cli import main as command  # noqa: PLC0415 - see above

    command()


if __name__ == "__main__":
    main()
