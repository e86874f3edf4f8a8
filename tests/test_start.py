"""Start of the application: what is imported, and when garbage is collected; `benchmarks.start` measures its time."""

import json
import subprocess
import sys

import pytest

from tests.support.photos import REPOSITORY

_REPORT = """
import gc, json, sys
import gwansang.main
during = [generation["collections"] for generation in gc.get_stats()]
app = gwansang.main.create_app()
print(json.dumps({"full": during[2], "threshold": gc.get_threshold(), "frozen": gc.get_freeze_count(),
                  "modules": sorted(sys.modules)}))
"""


@pytest.fixture(scope="module")
def start() -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", _REPORT], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60
    )
    report: dict[str, object] = json.loads(done.stdout)
    return report


def test_modules_that_only_some_deployments_need_are_not_imported(start: dict[str, object]) -> None:
    assert isinstance(start["modules"], list)
    rarely_needed = {"alembic", "asyncpg", "av", "dbos", "obstore", "redis", "sqlalchemy.dialects.postgresql", "typer"}
    assert rarely_needed & set(start["modules"]) == set()


def test_modules_that_threads_must_not_import_at_once_are_imported(start: dict[str, object]) -> None:
    assert isinstance(start["modules"], list)
    assert "numpy.ma" in start["modules"]


def test_garbage_is_collected_again_once_the_application_is_built(start: dict[str, object]) -> None:
    default = subprocess.run(
        [sys.executable, "-c", "import gc; print(*gc.get_threshold())"], capture_output=True, text=True, check=True
    )
    assert start["full"] == 0, "a full collection during the import finds nothing"
    assert start["threshold"] == [int(threshold) for threshold in default.stdout.split()]
    assert isinstance(start["frozen"], int)
    assert start["frozen"] > 100_000
