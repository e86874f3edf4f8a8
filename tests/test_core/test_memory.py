"""Freed memory is given back once more when the process is at rest."""

import time

from gwansang.core.memory import RepeatedAtRest


def test_the_last_call_is_repeated_once() -> None:
    calls: list[float] = []
    call = RepeatedAtRest(lambda: calls.append(time.monotonic()), 0.2)
    for _ in range(3):
        call()
    at_once = len(calls)
    time.sleep(0.8)
    assert (at_once, len(calls)) == (3, 4)
    assert calls[3] - calls[2] >= 0.2
