"""Tests of the audit and of the bill of materials, with reports as pip-audit gives them."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tools import audit, sbom

from gwansang.vision.models.catalog import MODELS
from tests.support.photos import REPOSITORY

HARMLESS = {"name": "jinja2", "version": "3.1.6", "vulns": []}
VULNERABLE = {
    "name": "jinja2",
    "version": "3.1.0",
    "vulns": [{"id": "GHSA-h5c8-rqwp-cp95", "fix_versions": ["3.1.3"], "aliases": [], "description": "..."}],
}
NOT_AUDITED = {"name": "wrapt", "version": "2.5.2", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.lock"
    path.write_text("jinja2==3.1.0\n")
    return path


def answer_with(monkeypatch: pytest.MonkeyPatch, reports: dict[str, Any]) -> None:
    """Let the databases answer with these reports, or not at all."""
    monkeypatch.setattr(audit, "_run_pip_audit", lambda lock, service: reports.get(service))


def test_a_known_vulnerability_fails_the_audit_and_names_the_release_that_mends_it(
    lock: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_with(monkeypatch, {"pypi": {"dependencies": [VULNERABLE, NOT_AUDITED]}})
    assert audit.main([str(lock)]) == 1
    printed = capsys.readouterr().out
    assert "1 releases audited, 1 unknown to the database, 1 advisories" in printed
    assert "jinja2 3.1.0: GHSA-h5c8-rqwp-cp95 (fixed in 3.1.3)" in printed


@pytest.mark.parametrize("reports", [{}, {"pypi": {"dependencies": [NOT_AUDITED]}}])
def test_an_audit_without_a_database_is_called_skipped_and_never_clean(
    reports: dict[str, Any], lock: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_with(monkeypatch, reports)
    assert audit.main([str(lock)]) == 0
    printed = capsys.readouterr().out
    assert "SKIPPED" in printed
    assert "advisories" not in printed


def test_the_second_database_is_asked_if_the_first_knows_no_release(
    lock: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_with(monkeypatch, {"pypi": {"dependencies": [NOT_AUDITED]}, "osv": {"dependencies": [HARMLESS]}})
    assert audit.main([str(lock)]) == 0
    assert "1 releases audited, 0 advisories" in capsys.readouterr().out


def answer_from_pip_audit(monkeypatch: pytest.MonkeyPatch, stderr: str) -> None:
    """Let pip-audit end without a report."""

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", stderr)

    monkeypatch.setattr(audit.subprocess, "run", run)


@pytest.mark.parametrize(
    "stderr",
    [
        "Traceback (most recent call last):\n  ...\n\nrequests.exceptions.ConnectionError: HTTPSConnectionPool(...)",
        "Traceback (most recent call last):\n  ...\nrequests.exceptions.ProxyError: HTTPSConnectionPool(...)",
        "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed",
    ],
)
def test_only_a_database_that_cannot_be_reached_is_skipped(
    stderr: str, lock: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_from_pip_audit(monkeypatch, stderr)
    assert audit.main([str(lock)]) == 0
    assert f"SKIPPED {lock}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "stderr",
    [
        "/bin/python: No module named pip_audit",
        "ERROR:pip_audit._cli:requirement jinja2==3.1.0 does not contain a hash",
        "Traceback (most recent call last):\n  ...\nKeyError: 'vulns'",
        "",
    ],
)
def test_an_audit_that_fails_otherwise_says_why_and_is_not_skipped(
    stderr: str, lock: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_from_pip_audit(monkeypatch, stderr)
    assert audit.main([str(lock)]) == 2
    printed = capsys.readouterr()
    assert (stderr or "ended with code 1") in printed.err
    assert "SKIPPED" not in printed.out


def test_every_lock_file_of_the_folder_is_audited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert audit.main([]) == 2
    answer_with(monkeypatch, {"pypi": {"dependencies": [HARMLESS]}})
    locks = [path.name for path in REPOSITORY.glob("*.lock")]
    assert len(locks) >= 5
    for name in locks:
        (tmp_path / name).touch()
    assert audit.main([]) == 0
    printed = capsys.readouterr().out
    assert all(f"{name}: 1 releases audited" in printed for name in locks)


def test_a_missing_lock_file_fails_the_audit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main([str(tmp_path / "absent.lock")]) == 2
    assert "no such lock file" in capsys.readouterr().out


def test_the_bill_of_materials_names_every_model_with_its_digest_and_licence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = {"bomFormat": "CycloneDX", "components": [{"name": "numpy"}]}
    monkeypatch.setattr(sbom, "list_packages", lambda python: packages)
    assert sbom.main(["python", str(tmp_path / "dist" / "sbom.json")]) == 0
    components = json.loads((tmp_path / "dist" / "sbom.json").read_text())["components"]
    models = {part["name"]: part for part in components if part.get("type") == "machine-learning-model"}
    assert models.keys() == {model.name for model in MODELS}
    for model in MODELS:
        assert models[model.name]["hashes"] == [{"alg": "SHA-256", "content": model.sha256}]
        assert models[model.name]["licenses"] == [{"license": {"id": model.licence}}]
