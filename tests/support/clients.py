"""Clients of the API in `clients`: copies of them with their npm packages."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support.photos import REPOSITORY

CLIENTS = REPOSITORY / "clients"
_MADE = ("node_modules", "build", "dist", "schema.ts")


def node() -> str:
    """Return the path of the environment's Node, which comes from a package."""
    return str(Path(sys.executable).with_name("node"))


def npm(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run npm of the environment, whose Node comes from a package."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": tools, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    return subprocess.run(
        ["npm", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def skip(reason: str) -> NoReturn:
    """Skip the test, but fail where everything has to be tested."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def install(client: Path) -> None:
    """Install the npm packages of a client; skips the test if they can't be had."""
    outcome = npm(client, "ci", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts")
    if outcome.returncode != 0:
        skip(f"npm could not install the packages: {outcome.stderr.strip()[-200:]}")


def installed(name: str, folder: Path) -> Path:
    """Return a copy of a client with its npm packages, those of `make lint` if it has installed them."""
    shutil.copytree(CLIENTS, folder / "clients", ignore=shutil.ignore_patterns(*_MADE))
    client = folder / "clients" / name
    linted = CLIENTS / name / "node_modules" / ".installed"
    if linted.exists() and linted.stat().st_mtime >= (CLIENTS / name / "package-lock.json").stat().st_mtime:
        (client / "node_modules").symlink_to(linted.parent)
        return client
    install(client)
    return client


def check_readme_examples(package: Path, name: str, entry: str, around: str, least: int) -> None:
    """Check that the examples of a package's README compile; each becomes `tests/example_<number>.ts` of its copy.

    entry: what stands for the package's name in imports; around: what goes before examples without an import.
    """
    examples = re.findall(r"```ts\n(.*?)```", (package / "README.md").read_text(), re.DOTALL)
    assert len(examples) >= least
    for number, example in enumerate(examples):
        text = ("" if "import " in example else around) + example
        (package / "tests" / f"example_{number}.ts").write_text(text.replace(f'"{name}"', f'"{entry}"'))
    compiled = npm(package, "exec", "--", "tsc", "--noEmit", "--noUnusedLocals", "false")
    assert compiled.returncode == 0, compiled.stdout
