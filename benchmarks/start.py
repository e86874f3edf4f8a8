"""Processor time of starting Python with the application imported, in multiples of `import fastapi`.

    python -m benchmarks.start [--rounds N]

Each round starts one process for each subject, in turn, so that a busy machine slows all of them alike; the figures are
medians of the rounds, the ratios medians of the ratios within a round. Counted is user time of the child process,
with bytecode written by a first round that is not counted. Exits with 1 if a target is missed.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

PROGRAM = str(Path(sys.executable).with_name("gwansang"))
TARGET = 4.0
SUBJECTS = {
    "import fastapi": [sys.executable, "-c", "import fastapi"],
    "import fastapi, sqlalchemy, numpy, cv2": [sys.executable, "-c", "import fastapi, sqlalchemy, numpy, cv2"],
    "import gwansang.main, app built": [sys.executable, "-c", "import gwansang.main; gwansang.main.create_app()"],
    "gwansang --version": [PROGRAM, "--version"],
}


def user_seconds(command: list[str], environment: dict[str, str]) -> float:
    """Return the user time of a command run to its end."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}.")
    return usage.ru_utime


def measure(rounds: int) -> list[dict[str, float]]:
    """Return the user time of each subject in each round."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["SECRET_KEY"] = "x" * 32

    def run_each() -> dict[str, float]:
        return {name: user_seconds(command, environment) for name, command in SUBJECTS.items()}

    run_each()
    return [run_each() for _ in range(rounds)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = measure(parser.parse_args().rounds)
    base = next(iter(SUBJECTS))
    missed = False
    for name in SUBJECTS:
        ratio = statistics.median(times[name] / times[base] for times in rounds)
        seconds = statistics.median(times[name] for times in rounds)
        print(f"{name:40} {seconds:6.3f} s  x{ratio:.2f}")
        missed |= ratio > TARGET
    print(f"target: at most x{TARGET:.1f}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
