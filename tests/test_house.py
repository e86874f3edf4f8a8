"""Rules of the code base: import contracts, sizes, language and names. Each is seen to report a planted violation."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.support.photos import REPOSITORY
from tests.support.prose import colliding_names, docstrings_in, docstrings_of, language_faults

SOURCE = REPOSITORY / "src" / "gwansang"
PYPROJECT = REPOSITORY / "pyproject.toml"
CONTRACTS = {
    contract["id"]: contract for contract in tomllib.loads(PYPROJECT.read_text())["tool"]["importlinter"]["contracts"]
}


@dataclass(frozen=True)
class Violation:
    """A line in a module that breaks a contract; `others` are further modules that it needs."""

    contract: str
    module: str
    line: str
    others: tuple[tuple[str, str], ...] = ()


VIOLATIONS = [
    Violation("layers", "reading/scores.py", "import gwansang.services.readings.analysis_service"),
    Violation("layers", "vision/pose.py", "import gwansang.reading.model"),
    Violation("layers", "utils/__init__.py", "ANYTHING = 1"),
    Violation("service-layers", "services/ml/inference_pool.py", "import gwansang.services.readings.comparison"),
    Violation("service-layers", "services/tasks/executor.py", "import gwansang.services.lookalike.gallery"),
    Violation("service-layers", "services/billing/__init__.py", "RATE = 1"),
    Violation("pure-reading", "reading/scores.py", "import cv2"),
    Violation(
        "pure-reading",
        "core/exceptions.py",
        "import pydantic",
        (("reading/scores.py", "import gwansang.core.exceptions"),),
    ),
    Violation("vision-alone", "vision/pose.py", "import starlette.requests"),
    Violation("vision-alone", "vision/pose.py", "import sqlite3"),
    Violation("sql-below", "services/readings/analysis_service.py", "import sqlite3"),
    Violation("sql-below", "api/v1/presenters/readings.py", "def late():\n    import sqlalchemy"),
    Violation("http-at-the-edge", "services/readings/analysis_service.py", "from fastapi import HTTPException"),
    Violation("http-at-the-edge", "core/clock.py", "import starlette.requests"),
    Violation(
        "database-through-services",
        "api/v1/endpoints/health.py",
        "import gwansang.repositories.people",
        (("repositories/__init__.py", ""), ("repositories/people.py", "import sqlalchemy")),
    ),
    Violation("settings-at-the-roots", "services/readings/analysis_service.py", "import gwansang.config"),
    Violation("endpoints-apart", "api/v1/endpoints/health.py", "import gwansang.api.v1.endpoints.analysis"),
    Violation(
        "no-cycles",
        "core/clock.py",
        "import gwansang.core.logging",
        (("core/logging.py", "import gwansang.core.clock"),),
    ),
]


@pytest.fixture(scope="module")
def copied_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(SOURCE, folder / "src" / "gwansang", ignore=shutil.ignore_patterns("__pycache__", "*.json"))
    shutil.copy(PYPROJECT, folder)
    return folder


def lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the copy, which the path puts before the installed package; without names, for all."""
    start = "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports_command as lint; lint()"
    chosen = (word for contract in contracts for word in ("--contract", contract))
    command = [sys.executable, "-c", start, "--no-logo", "--no-cache", *chosen]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "violation", VIOLATIONS, ids=lambda violation: f"{violation.contract}:{violation.module}:{violation.line[:24]}"
)
def test_a_planted_violation_breaks_its_contract(violation: Violation, copied_source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(copied_source, folder)
    for module, line in ((violation.module, violation.line), *violation.others):
        path = folder / "src" / "gwansang" / module
        path.parent.mkdir(exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + f"\n{line}\n")
    report = lint(folder, violation.contract)
    assert report.returncode == 1
    assert "1 broken" in report.stdout


def test_the_source_keeps_every_contract(copied_source: Path) -> None:
    report = lint(copied_source)
    assert report.returncode == 0, report.stdout
    assert {name: f"{each['name']} KEPT" in report.stdout for name, each in CONTRACTS.items()} == dict.fromkeys(
        CONTRACTS, True
    )


def test_every_contract_has_a_planted_violation() -> None:
    assert {violation.contract for violation in VIOLATIONS} == set(CONTRACTS)


def test_every_package_is_allowed_or_forbidden_to_import_sql() -> None:
    packages = {path.stem for path in SOURCE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    forbidden = {name.split(".")[1] for name in CONTRACTS["sql-below"]["source_modules"]}
    assert packages - {"__init__", "__main__"} <= forbidden | {"repositories", "models", "db"}


def modules() -> Iterator[tuple[str, str]]:
    """Yield the path, relative to the package, and the text of every module."""
    for path in sorted(SOURCE.rglob("*.py")):
        yield str(path.relative_to(SOURCE)), path.read_text()


@cache
def trees() -> dict[str, ast.Module]:
    return {name: ast.parse(text) for name, text in modules()}


def statements(node: ast.AST) -> int:
    return sum(isinstance(inner, ast.stmt) for inner in ast.walk(node)) - 1


def test_no_file_has_more_than_300_lines() -> None:
    assert {name: lines for name, text in modules() if (lines := text.count("\n")) > 300} == {}


def test_no_class_has_more_than_150_lines() -> None:
    sizes = {
        f"{name}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    assert {name: size for name, size in sizes.items() if size > 150} == {}


def test_no_function_has_more_than_25_statements() -> None:
    sizes = {
        f"{name}:{node.name}": statements(node)
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: size for name, size in sizes.items() if size > 25} == {}


def test_every_exemption_gives_its_reason_on_the_line() -> None:
    bare = re.compile(r"#\s*(noqa|type:\s*ignore)(\[[\w-]+\])?(:\s*[A-Z0-9, ]+)?\s*$")
    exemptions = [
        f"{name}: {line.strip()}" for name, text in modules() for line in text.splitlines() if bare.search(line)
    ]
    assert exemptions == []


def test_no_todo_is_left() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    assert [f"{name}: {line}" for name, text in modules() for line in text.splitlines() if later.search(line)] == []


@pytest.mark.parametrize("folder", ["src", "tests"])
def test_docstrings_are_in_plain_language(folder: str) -> None:
    assert language_faults(docstrings_in(REPOSITORY / folder)) == []


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("headless", "What becomes of a photo."),
        ("headless", "Whether somebody asked."),
        ("told", "Return the measures; the caller is told of faults."),
        ("where", "Return None where there is no face."),
    ],
)
def test_a_docstring_in_other_language_is_reported(fault: str, sentence: str) -> None:
    good = [f'def f{number}():\n    """Return the number {number}."""\n' for number in range(9)]
    bad = f'def bad():\n    """{sentence}"""\n'
    assert language_faults(docstrings_of("".join(good), "good.py")) == []
    (report,) = language_faults(docstrings_of("".join([*good, bad]), "bad.py"))
    assert report.startswith(f"{fault}: 10.0 %")


def source_texts() -> dict[str, str]:
    """Return the text of every module except for migrations, whose functions have the names that Alembic calls."""
    return {name: text for name, text in modules() if not name.startswith("db/migrations/")}


def test_public_names_are_unique_within_a_package() -> None:
    assert colliding_names(source_texts()) == {}


@pytest.mark.parametrize("other", ["class Names: ...", "def Names(): ...", "async def Names(): ..."])
def test_two_public_names_alike_in_a_package_are_reported(other: str) -> None:
    sources = {
        "core/one.py": "class Names: ...\nclass _Private: ...\n",
        "core/sub/two.py": f"{other}\nclass _Private: ...\n",
    }
    assert colliding_names(sources) == {"core:Names": ["core/one.py", "core/sub/two.py"]}
    assert colliding_names({**sources, "core/sub/two.py": ""}) == {}
    assert colliding_names({"core/one.py": "class Names: ...", "vision/two.py": other}) == {}
