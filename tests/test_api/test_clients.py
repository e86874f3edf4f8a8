"""Generation of clients: the committed document, a TypeScript client that compiles with it, and Dart models."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.photos import REPOSITORY

CLIENTS = REPOSITORY / "clients"
RENEW = "run `make openapi` and look at what changes for clients"


def generated_document(folder: Path) -> str:
    """Return the document that the program writes, without any setting of this machine."""
    document = folder / "openapi.json"
    command = [sys.executable, str(CLIENTS / "openapi.py"), str(document)]
    subprocess.run(command, cwd=folder, check=True, env={"PATH": os.environ["PATH"], **_python_path()})
    return document.read_text(encoding="utf-8")


def npm(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["npm", *arguments], cwd=folder, capture_output=True, text=True, check=False)


def _python_path() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name == "PYTHONPATH"}


def test_the_document_equals_the_committed_one(tmp_path: Path) -> None:
    committed = (CLIENTS / "openapi.json").read_text(encoding="utf-8")
    assert generated_document(tmp_path).splitlines() == committed.splitlines(), RENEW


needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")


def installed(name: str, folder: Path) -> Path:
    """Return a copy of a client with the packages that generate it."""
    shutil.copytree(CLIENTS, folder / "clients", ignore=shutil.ignore_patterns("node_modules", "build"))
    client = folder / "clients" / name
    outcome = npm(client, "ci", "--no-audit", "--no-fund", "--prefer-offline")
    if outcome.returncode != 0:
        pytest.skip(f"npm could not install the generator: {outcome.stderr.strip()[-200:]}")
    return client


@needs_npm
def test_a_typescript_client_compiles_and_wrong_use_of_it_does_not(tmp_path: Path) -> None:
    client = installed("typescript", tmp_path)
    checked = npm(client, "run", "--silent", "check")
    assert checked.returncode == 0, checked.stdout
    example = client / "example.ts"
    example.write_text(example.read_text().replace("kept.overall_score", "kept.overall_scores"))
    wrong = npm(client, "run", "--silent", "check")
    assert wrong.returncode != 0
    assert "overall_scores" in wrong.stdout


@needs_npm
def test_dart_models_of_a_reading_are_generated_with_their_types(tmp_path: Path) -> None:
    client = installed("dart", tmp_path)
    generated = npm(client, "run", "--silent", "generate")
    assert generated.returncode == 0, generated.stdout + generated.stderr
    models = (client / "build" / "face_reading.dart").read_text(encoding="utf-8")
    for line in (
        "final int overallScore;",
        "final Map<String, PartOut> partsAnalysis;",
        "final DateTime createdAt;",
        "final double? distanceCm;",
        "factory FaceReading.fromJson(Map<String, dynamic> json)",
    ):
        assert line in models
