"""The house keeps its shape: floors and contracts hold and bite, and nothing grows too large."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.photos import REPOSITORY

SOURCE = REPOSITORY / "src" / "gwansang"
PYPROJECT = REPOSITORY / "pyproject.toml"
CONTRACTS = {one["id"]: one for one in tomllib.loads(PYPROJECT.read_text())["tool"]["importlinter"]["contracts"]}


@dataclass(frozen=True)
class Planted:
    """A line in a module that breaks a contract; `others` are further modules it needs."""

    contract: str
    module: str
    line: str
    others: tuple[tuple[str, str], ...] = ()


VIOLATIONS = [
    Planted("floors", "reading/scores.py", "import gwansang.services.readings.analysis_service"),
    Planted("floors", "vision/pose.py", "import gwansang.reading.model"),
    Planted("floors", "utils/__init__.py", "ANYTHING = 1"),
    Planted("service-layers", "services/ml/inference_pool.py", "import gwansang.services.readings.comparison"),
    Planted("service-layers", "services/tasks/executor.py", "import gwansang.services.lookalike.gallery"),
    Planted("service-layers", "services/billing/__init__.py", "RATE = 1"),
    Planted("pure-reading", "reading/scores.py", "import cv2"),
    Planted(
        "pure-reading",
        "core/exceptions.py",
        "import pydantic",
        (("reading/scores.py", "import gwansang.core.exceptions"),),
    ),
    Planted("vision-alone", "vision/pose.py", "import starlette.requests"),
    Planted("vision-alone", "vision/pose.py", "import sqlite3"),
    Planted("sql-below", "services/readings/analysis_service.py", "import sqlite3"),
    Planted("sql-below", "api/v1/presenters/readings.py", "def late():\n    import sqlalchemy"),
    Planted("http-at-the-edge", "services/readings/analysis_service.py", "from fastapi import HTTPException"),
    Planted("http-at-the-edge", "core/clock.py", "import starlette.requests"),
    Planted(
        "database-through-services",
        "api/v1/endpoints/health.py",
        "import gwansang.repositories.people",
        (("repositories/__init__.py", ""), ("repositories/people.py", "import sqlalchemy")),
    ),
    Planted("settings-at-the-roots", "services/readings/analysis_service.py", "import gwansang.config"),
    Planted("endpoints-apart", "api/v1/endpoints/health.py", "import gwansang.api.v1.endpoints.analysis"),
    Planted(
        "no-cycles",
        "core/clock.py",
        "import gwansang.core.logging",
        (("core/logging.py", "import gwansang.core.clock"),),
    ),
]


@pytest.fixture(scope="module")
def copied_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(SOURCE, folder / "src" / "gwansang", ignore=shutil.ignore_patterns("__pycache__", "*.json"))
    shutil.copy(PYPROJECT, folder)
    return folder


def lint(folder: Path, contract: str) -> subprocess.CompletedProcess[str]:
    """What import-linter says of the copy; the path puts the copy before the installed package."""
    start = "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports_command as lint; lint()"
    command = [sys.executable, "-c", start, "--no-logo", "--no-cache", "--contract", contract]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "planted", VIOLATIONS, ids=lambda planted: f"{planted.contract}:{planted.module}:{planted.line[:24]}"
)
def test_a_planted_violation_breaks_its_contract(planted: Planted, copied_source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "house"
    shutil.copytree(copied_source, folder)
    for module, line in ((planted.module, planted.line), *planted.others):
        path = folder / "src" / "gwansang" / module
        path.parent.mkdir(exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + f"\n{line}\n")
    said = lint(folder, planted.contract)
    assert said.returncode == 1
    assert "1 broken" in said.stdout


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_unchanged_house_keeps_every_contract(contract: str, copied_source: Path) -> None:
    said = lint(copied_source, contract)
    assert said.returncode == 0, said.stdout


def test_every_contract_is_seen_to_break() -> None:
    assert {planted.contract for planted in VIOLATIONS} == set(CONTRACTS)


def test_every_floor_is_either_allowed_to_speak_sql_or_forbidden_to() -> None:
    floors = {path.stem for path in SOURCE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    forbidden = {name.split(".")[1] for name in CONTRACTS["sql-below"]["source_modules"]}
    assert floors - {"__init__", "__main__"} <= forbidden | {"repositories", "models", "db"}


def modules() -> Iterator[tuple[str, str]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield str(path.relative_to(SOURCE)), path.read_text()


def statements(node: ast.AST) -> int:
    return sum(isinstance(inner, ast.stmt) for inner in ast.walk(node)) - 1


def test_no_file_has_more_than_300_lines() -> None:
    assert {name: lines for name, text in modules() if (lines := text.count("\n")) > 300} == {}


def test_no_class_has_more_than_150_lines() -> None:
    sizes = {
        f"{name}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for name, text in modules()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
    }
    assert {name: size for name, size in sizes.items() if size > 150} == {}


def test_no_function_has_more_than_25_statements() -> None:
    sizes = {
        f"{name}:{node.name}": statements(node)
        for name, text in modules()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: size for name, size in sizes.items() if size > 25} == {}


def test_every_exemption_gives_its_reason_on_the_line() -> None:
    bare = re.compile(r"#\s*(noqa|type:\s*ignore)(\[[\w-]+\])?(:\s*[A-Z0-9, ]+)?\s*$")
    found = [f"{name}: {line.strip()}" for name, text in modules() for line in text.splitlines() if bare.search(line)]
    assert found == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    assert [f"{name}: {line}" for name, text in modules() for line in text.splitlines() if later.search(line)] == []
