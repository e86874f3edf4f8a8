"""Tests of the audit and of the bill of materials, with reports as pip-audit gives them."""

import json
from pathlib import Path
from typing import Any

import pytest
from tools import audit, sbom

from gwansang.vision.models.catalog import MODELS

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
