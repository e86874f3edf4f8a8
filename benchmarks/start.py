"""Processor time to import the application, in multiples of `import fastapi`.

    python -m benchmarks.start [--rounds N]

Each round starts a process for each subject, one after the other, so that a busy machine slows all of them alike; the
figures are medians over the rounds, the ratios medians of the ratios within a round. Measured is user time: of imports
until they are done, without the end of the interpreter; of the command until it ends. A first round, which writes the
bytecode, does not count. Exits with 1 if a target is missed.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

MAX_RATIO = 4.0
_PRINT_TIME = "; import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_utime)"
_BASE = "import fastapi"
_IMPORTS = (
    _BASE,
    "import fastapi, sqlalchemy, numpy, cv2",
    "import gwansang.main; gwansang.main.create_app()",
)
_COMMAND = "gwansang --version"


def import_seconds(code: str, environment: dict[str, str]) -> float:
    """Return the user time of a new interpreter until the code has run."""
    command = [sys.executable, "-c", code + _PRINT_TIME]
    return float(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)


def command_seconds(command: str, environment: dict[str, str]) -> float:
    """Return the user time of a command of this environment until it ends."""
    program, *arguments = command.split()
    path = str(Path(sys.executable).with_name(program))
    process = subprocess.Popen([path, *arguments], env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}.")
    return usage.ru_utime


def measure_round() -> dict[str, float]:
    """Return the user time of each subject, each measured once."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    seconds = {code: import_seconds(code, environment) for code in _IMPORTS}
    return {**seconds, _COMMAND: command_seconds(_COMMAND, environment)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = [measure_round() for _ in range(parser.parse_args().rounds + 1)][1:]
    met = True
    for subject in rounds[0]:
        seconds = statistics.median(times[subject] for times in rounds)
        ratio = statistics.median(times[subject] / times[_BASE] for times in rounds)
        print(f"{subject:50}{seconds:6.3f} s   x{ratio:.2f}")
        met &= ratio <= MAX_RATIO
    print(f"target: at most x{MAX_RATIO:.1f} each")
    return int(not met)


if __name__ == "__main__":
    sys.exit(main())
