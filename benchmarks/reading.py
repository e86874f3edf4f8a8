"""Processor time of a reading, from measures to texts, and of its two halves.

    python -m benchmarks.reading [--faces 100]

Composes readings of simulated people in all languages, after one that loads the texts. The least of seven rounds is
printed, as other programs only add to it. Exits with 1 if a reading takes more than a millisecond.
"""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import date

from tests.support.factories import IDEAL, measures_at, simulate_faces

from gwansang.reading.composer import compose, tell
from gwansang.reading.deciding import decide_face
from gwansang.reading.measurements import Measures
from gwansang.texts import LOCALES

MAX_MS = 1.0
_ROUNDS = 7
_DAY = date(2026, 3, 2)


def least_ms(call: Callable[[Measures], object], people: list[Measures]) -> float:
    """Return the processor time of a call in ms: the mean over all people, the least of some rounds."""
    call(people[0])
    rounds = []
    for _ in range(_ROUNDS):
        start = time.process_time()
        for measures in people:
            call(measures)
        rounds.append(1_000 * (time.process_time() - start) / len(people))
    return min(rounds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=int, default=100)
    people = [measures_at(**scores) for scores in simulate_faces(parser.parse_args().faces, 3)]
    decided = decide_face(people[0], IDEAL)
    whole = {
        each: least_ms(lambda one, locale=each: compose(one, IDEAL, _DAY, locale, 1990), people) for each in LOCALES
    }
    print(
        "a reading: " + ", ".join(f"{ms:.2f} ms ({locale})" for locale, ms in whole.items()), f"(at most {MAX_MS:.1f})"
    )
    print(f"of it deciding {least_ms(lambda one: decide_face(one, IDEAL), people):.2f} ms", end=", ")
    print(f"telling {least_ms(lambda one: tell(decided, _DAY, 'ko', 1990), people):.2f} ms")
    return int(max(whole.values()) > MAX_MS)


if __name__ == "__main__":
    sys.exit(main())
