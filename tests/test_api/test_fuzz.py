"""A short run of what `make fuzz` does at length: made-up requests to the real service, held to the documentation."""

from pathlib import Path

from tests.support.fuzzing import SERVICE, fuzz
from tests.support.serving import serving


def test_made_up_requests_find_nothing_that_the_documentation_does_not_say(tmp_path: Path) -> None:
    with serving(tmp_path, **SERVICE) as server:
        outcome = fuzz(server, 1, phases="examples,fuzzing")
    assert outcome.passed, outcome.report
    assert outcome.requests >= 60
