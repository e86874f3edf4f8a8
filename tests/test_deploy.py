"""Files for operators: Prometheus' rules, Grafana's dashboard and Kubernetes' manifests agree with the service."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import kubernetes_validate
import pytest
import yaml

from gwansang.config import Settings
from tests.support.photos import REPOSITORY

DEPLOY = REPOSITORY / "deploy"
KUBERNETES = "1.34"
METRIC = re.compile(r"\bgwansang_\w+")


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "prometheus" / "rules.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[str]:
    """Yield every expression of the rules and the dashboard."""
    yield from (rule["expr"] for rule in rules())
    dashboard = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
    yield from (target["expr"] for panel in dashboard["panels"] for target in panel["targets"])


def exported(client: httpx.Client) -> set[str]:
    """Return the names of the samples that the service exports."""
    names: set[str] = set()
    for name, kind in re.findall(r"(?m)^# TYPE (\w+) (\w+)$", client.get("/metrics").text):
        names |= {f"{name}_bucket", f"{name}_sum", f"{name}_count"} if kind == "histogram" else {name}
    return names


def test_every_metric_of_rules_and_dashboard_is_exported(client: httpx.Client) -> None:
    client.get("/health")
    metrics = (REPOSITORY / "src" / "gwansang" / "services" / "operations" / "metrics_service.py").read_text()
    names = exported(client) | ({"gwansang_storage_up"} & set(METRIC.findall(metrics)))  # after a probe
    used = {name for expression in expressions() for name in METRIC.findall(expression)}
    assert len(used) > 10
    assert used - names == set()


def test_the_alerts_are_those_of_the_documentation() -> None:
    page = (REPOSITORY / "docs" / "operations.md").read_text()
    table = page.partition("Recommended alerts")[2].partition("## ")[0]
    for rule in rules():
        assert set(rule) >= {"alert", "expr", "labels", "annotations"}
        for part in re.split(r" or (?=min)", " ".join(rule["expr"].split())):
            assert f"`{part}`" in table, rule["alert"]


def promtool(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Prometheus' own check in a folder; skips the test without the program, except in CI."""
    program = shutil.which("promtool")
    if program is None:
        assert "CI" not in os.environ, "promtool is missing; .ci/run installs it"
        pytest.skip("promtool is missing: `apt-get install prometheus`")
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_prometheus_takes_the_rules_and_raises_each_alert_for_its_fault_alone() -> None:
    checked = promtool("check", "rules", "rules.yaml", folder=DEPLOY / "prometheus")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = promtool("test", "rules", "rules_test.yaml", folder=DEPLOY / "prometheus")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_alert_is_raised_by_the_tests_of_the_rules() -> None:
    tests = yaml.safe_load((DEPLOY / "prometheus" / "rules_test.yaml").read_text())["tests"]
    checks = [check for test in tests for check in test["alert_rule_test"]]
    names = {rule["alert"] for rule in rules()}
    assert {check["alertname"] for check in checks if check.get("exp_alerts")} == names
    assert {check["alertname"] for check in checks if not check.get("exp_alerts")} == names


def test_a_rule_that_is_no_expression_or_never_raises_its_alert_is_reported(tmp_path: Path) -> None:
    for name in ("rules.yaml", "rules_test.yaml"):
        shutil.copy(DEPLOY / "prometheus" / name, tmp_path)
    written = (tmp_path / "rules.yaml").read_text()
    (tmp_path / "rules.yaml").write_text(written.replace("max by (kind) (delta", "max by (kind) (dleta"))
    assert promtool("check", "rules", "rules.yaml", folder=tmp_path).returncode != 0
    (tmp_path / "rules.yaml").write_text(written.replace("> 0.02", "> 0.2"))
    tested = promtool("test", "rules", "rules_test.yaml", folder=tmp_path)
    assert tested.returncode != 0
    assert "GwansangOverload" in tested.stdout + tested.stderr


def manifests() -> list[dict[str, Any]]:
    return [
        each for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")) for each in yaml.safe_load_all(path.read_text())
    ]


def test_the_manifests_are_what_kubernetes_takes_and_a_fault_is_reported() -> None:
    for manifest in manifests():
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
    deployment = next(each for each in manifests() if each["kind"] == "Deployment")
    deployment["spec"]["template"]["spec"]["containers"][0]["comand"] = ["gwansang"]
    with pytest.raises(kubernetes_validate.ValidationError, match="comand"):
        kubernetes_validate.validate(deployment, KUBERNETES, strict=True)


def test_the_pods_run_unprivileged_with_the_image_and_settings_of_this_release() -> None:
    for manifest in manifests():
        if manifest["kind"] == "ConfigMap":
            assert {name.lower() for name in manifest["data"]} <= set(Settings.model_fields)
        pod = manifest.get("spec", {}).get("template", {}).get("spec")
        if pod is None:
            continue
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in pod["containers"]:
            assert container["image"] in (REPOSITORY / "docker-compose.yml").read_text()
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert {name["name"].lower() for name in container.get("env", [])} <= set(Settings.model_fields)
            probes = [
                container[name]["httpGet"]["path"]
                for name in container
                if name.endswith("Probe") and "httpGet" in container[name]
            ]
            assert set(probes) <= {"/health/ready", "/health/live"}
