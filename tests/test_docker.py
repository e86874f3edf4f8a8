"""Checks of the Dockerfile and the composition, and an execution of the image's build steps on request.

No container engine is needed: `make image-steps` runs the RUN steps of the build stage in a folder, including installs
and models, and then the image's command. That takes a minute and downloads the models, so it is skipped by default.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from gwansang.config import Settings, load_settings
from tests.support.photos import REPOSITORY

SECRET = re.compile(r"(?i)(password|secret|token|key)\S*[=:]\s*(?!\$\{)[^\s\"']{6,}")
PINNED = re.compile(r"[\w./-]+:\d+\.\d+[\w.-]*@sha256:[0-9a-f]{64}")
BUILT_HERE = re.compile(r"gwansang:\d+\.\d+[\w.-]*")


@dataclass(frozen=True)
class Step:
    """One instruction, with its continuation lines joined."""

    word: str
    rest: str


def stages() -> list[list[Step]]:
    """Return the Dockerfile's stages, each beginning with its FROM."""
    text = re.sub(r"(?m)^\s*#.*\n", "", (REPOSITORY / "Dockerfile").read_text())
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    stages: list[list[Step]] = []
    for line in filter(str.strip, lines):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            stages.append([])
        stages[-1].append(Step(word, rest.strip()))
    return stages


def composition() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
    return loaded


def value(stage: list[Step], word: str) -> str:
    return next(step.rest for step in reversed(stage) if step.word == word)


def environment(stage: list[Step]) -> dict[str, str]:
    pairs = [pair for step in stage if step.word in ("ENV", "ARG") for pair in step.rest.split()]
    return dict(pair.split("=", 1) for pair in pairs)


def test_both_stages_use_the_same_pinned_base_image() -> None:
    images = {value(stage, "FROM").partition(" ")[0] for stage in stages()}
    assert len(stages()) == 2
    assert len(images) == 1
    assert PINNED.fullmatch(images.pop())


def test_the_image_runs_unprivileged_with_a_health_check() -> None:
    final = stages()[-1]
    assert int(value(final, "USER").partition(":")[0]) > 0
    assert [step.word for step in final].index("USER") < [step.word for step in final].index("CMD")
    assert "/health/ready" in value(final, "HEALTHCHECK")
    assert json.loads(value(final, "CMD")) == ["gwansang", "serve"]
    assert environment(final)["ENVIRONMENT"] == "production"


def test_the_image_contains_only_build_results_and_no_secret() -> None:
    build, final = stages()
    copied = [step.rest for step in final if step.word == "COPY"]
    assert [one for one in copied if one.startswith("--from=build")] == [
        "--from=build /app/.venv ./.venv",
        "--from=build /app/models ./models",
    ]
    assert not [step for step in (*build, *final) if SECRET.search(step.rest) or step.word == "ADD"]


def test_the_build_context_holds_only_what_is_copied() -> None:
    rules = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert next(rule for rule in rules if rule and not rule.startswith("#")) == "*"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    steps = [step.rest for stage in stages() for step in stage if step.word == "COPY" and "--from" not in step.rest]
    assert {name for rest in steps for name in rest.split()[:-1]} == allowed
    assert all((REPOSITORY / name).exists() for name in allowed)


def test_every_service_is_pinned_health_checked_and_not_exposed() -> None:
    services = composition()["services"]
    assert set(services) == {"api", "worker", "setup", "postgres", "redis", "s3"}
    for name, service in services.items():
        pattern = BUILT_HERE if "build" in service else PINNED
        assert pattern.fullmatch(service["image"]), name
        assert not service.get("privileged"), name
        assert ("ports" in service) is (name == "api")
        if name not in ("api", "setup"):  # the image of these has its own
            assert service["healthcheck"]["test"][0] == "CMD", name
            assert service["networks"] == (["inside", "outside"] if name == "worker" else ["inside"]), name
    assert composition()["networks"]["inside"]["internal"] is True
    assert all(port.startswith("127.0.0.1:") for port in services["api"]["ports"])


def test_our_containers_have_a_read_only_root() -> None:
    for name in ("api", "worker", "setup"):
        service = composition()["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_composition_has_no_password_and_no_default_password() -> None:
    text = (REPOSITORY / "docker-compose.yml").read_text()
    assert not [line for line in text.splitlines() if not line.startswith("#") and SECRET.search(line)]
    for name in ("SECRET_KEY", "ENCRYPTION_KEYS", "POSTGRES_PASSWORD"):
        assert set(re.findall(rf"\${{{name}(.)", text)) <= {":"}
        assert f"${{{name}:?" in text


def test_every_setting_of_the_env_file_reaches_our_containers_and_those_of_the_inside_stay() -> None:
    for name in ("api", "worker", "setup"):
        service = composition()["services"][name]
        assert service["env_file"] == [{"path": ".env", "required": False}]
        own = {"ENVIRONMENT", "HOST", "PORT", "MODEL_PATH", "DATABASE_URL", "REDIS_URL", "STORAGE_FOLDER"}
        assert own <= set(service["environment"])  # what stands here wins over the file


@pytest.mark.parametrize("name", ["api", "worker", "setup"])
def test_the_service_starts_with_the_settings_of_the_composition(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"SECRET_KEY": "5c1f0a9be47d3862f95e0d7a16cb4283", "POSTGRES_PASSWORD": "of-the-test"}
    keys["ENCRYPTION_KEYS"] = "a:3q2+7wHKm0fYtZl5ZbX8pUe1RkQvJ6nD4sGhC9oLwiM="
    for setting in Settings.model_fields:
        monkeypatch.delenv(setting.upper(), raising=False)
    for setting, text in composition()["services"][name]["environment"].items():
        filled = re.sub(r"\$\{(\w+):([-?])([^}]*)\}", lambda hit: keys.get(hit[1], hit[3]), str(text))
        monkeypatch.setenv(setting, filled)
    settings = load_settings()
    assert settings.production
    assert settings.database_url.get_secret_value() == "postgresql://gwansang:of-the-test@postgres:5432/gwansang"


def test_every_variable_of_the_composition_is_a_setting() -> None:
    example = (REPOSITORY / ".env.example").read_text()
    named = set(composition()["services"]["api"]["environment"]) | set(environment(stages()[-1]))
    assert [name for name in named - {"PATH", "PYTHONUNBUFFERED"} if f"\n{name}=" not in example] == []


@pytest.mark.skipif("IMAGE_STEPS" not in os.environ, reason="takes a minute and downloads models: make image-steps")
def test_the_build_steps_produce_a_running_image(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    for step in stages()[0][1:]:
        if step.word == "COPY":
            copy(step.rest.split(), app)
        elif step.word == "RUN":
            run = subprocess.run(
                ["bash", "-euc", step.rest.replace("/app", str(app)).replace("python3 -m", f"{sys.executable} -m")],
                cwd=app,
                env={**os.environ, **environment(stages()[0])},
                capture_output=True,
                text=True,
                check=False,
            )
            assert run.returncode == 0, f"{step.rest}\n{run.stdout}{run.stderr}"
    shutil.rmtree(app / "src")  # the final stage has only the environment and the models
    serve_and_check(app)


def copy(words: list[str], app: Path) -> None:
    for name in words[:-1]:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, app / words[-1], ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, app)


def serve_and_check(app: Path) -> None:
    """Run the image's command with its environment, and its health check."""
    final = stages()[-1]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    settings = {name: one.replace("/app", str(app)) for name, one in environment(final).items()}
    settings |= {"PATH": f"{app}/.venv/bin:{os.environ['PATH']}", "HOST": "127.0.0.1", "PORT": port}
    settings["SECRET_KEY"] = "b4d1a7c09e3f5826d7e1904ba6f3c852"
    settings["ENCRYPTION_KEYS"] = "one:Yk3vRr0cW8xq1dJmTzS5nUeB7hGfLpA2oQ9iKtVwX4E="
    check = json.loads(value(final, "HEALTHCHECK").partition("CMD ")[2])
    process = subprocess.Popen(json.loads(value(final, "CMD")), cwd=app, env=settings)
    try:
        for _ in range(100):
            healthy = subprocess.run(check, cwd=app, env=settings, capture_output=True, check=False).returncode == 0
            if healthy or process.poll() is not None:
                break
            time.sleep(0.3)
        assert healthy
    finally:
        process.terminate()
        assert process.wait(20) in (0, -signal.SIGTERM)
