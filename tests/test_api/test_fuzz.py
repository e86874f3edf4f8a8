"""A short run of `make fuzz`: generated requests to the real service, checked against the documentation."""

from pathlib import Path

from tests.support.database import scratch_database
from tests.support.fuzzing import SERVICE, fuzz
from tests.support.serving import serving


def test_generated_requests_are_answered_as_documented(tmp_path: Path) -> None:
    with serving(tmp_path, **SERVICE) as server:
        outcome = fuzz(server, 1, phases="examples,fuzzing")
    assert outcome.passed, outcome.report
    assert outcome.requests >= 60


def test_generated_requests_are_answered_as_documented_on_postgresql(tmp_path: Path) -> None:
    with scratch_database("postgresql") as url, serving(tmp_path, **SERVICE, DATABASE_URL=url) as server:
        outcome = fuzz(server, 2, phases="coverage,fuzzing", operations="elebrit", database=url)
    assert outcome.passed, outcome.report
    assert outcome.requests >= 20
