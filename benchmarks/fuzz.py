"""`make fuzz`: at least 5,000 requests that schemathesis makes up, to the real service, with a real token."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.support.fuzzing import SERVICE, fuzz
from tests.support.serving import serving

AT_LEAST = 5000


def main() -> int:
    """Runs every phase; 1 where a check failed or too few requests were made."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--examples", type=int, default=200, help="made-up requests for each call and way")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), **SERVICE) as server:
        outcome = fuzz(server, asked.examples, phases="examples,coverage,fuzzing,stateful")
    print(outcome.report)
    print(f"{outcome.requests} requests, {'every check passed' if outcome.passed else 'with failures'}")
    return 0 if outcome.passed and outcome.requests >= AT_LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
