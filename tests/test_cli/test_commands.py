"""The commands around the reading: help, models, serve, doctor, version."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gwansang.config import Settings
from gwansang.vision.models import catalog
from tests.support.photos import model_dir
from tests.test_cli.running import PROGRAM, environment, gwansang
from tests.test_vision.package_index import running_index
from tests.test_vision.test_fetch import pip_settings


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


def test_help_names_every_command_and_loads_none_of_the_heavy_libraries() -> None:
    script = "import sys; sys.argv = ['gwansang', '--help']\nfrom gwansang.cli import main\n"
    script += (
        "try:\n    main()\nfinally:\n    print(sorted({'cv2', 'numpy', 'fastapi', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert all(command in done.stdout for command in ("analyze", "serve", "models", "doctor", "version"))
    assert done.stdout.strip().endswith("[]")


@pytest.mark.parametrize("command", ["analyze", "serve", "models", "doctor", "version"])
def test_every_command_explains_itself(command: str) -> None:
    done = gwansang(command, "--help")
    assert done.returncode == 0
    assert f"gwansang {command}" in done.stdout


def test_an_unknown_command_is_named() -> None:
    done = gwansang("analyse")
    assert done.returncode == 2
    assert "analyse" in done.stderr


def test_version_tells_rules_and_texts_too() -> None:
    assert "engine" in gwansang("version").stdout


def test_fetching_what_is_there_is_one_quick_line() -> None:
    # An index that nobody answers at: any question to it would fail.
    done = gwansang("models", "fetch", **pip_settings("http://127.0.0.1:9/simple"))
    assert done.returncode == 0
    assert done.stdout.startswith(f"models: all {len(catalog.MODELS)} are there and verified")
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_a_failing_fetch_is_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    with running_index() as index:
        done = gwansang("models", "fetch", MODEL_PATH=str(tmp_path), **pip_settings(index.url))
    assert done.returncode == 1
    *progress, last = done.stderr.splitlines()
    assert last.startswith("gwansang: The package index that pip is configured with does not offer mediapipe==0.10.21")
    assert progress == ["mediapipe==0.10.21: downloading 36 MB"]


def test_models_are_listed_and_verified(tmp_path: Path) -> None:
    listed = gwansang("models", "list", COLUMNS="200").stdout
    assert all(model.name in listed for model in catalog.MODELS)
    assert gwansang("models", "verify").returncode == 0
    missing = gwansang("models", "verify", MODEL_PATH=str(tmp_path))
    assert missing.returncode == 1
    assert "run `gwansang models fetch`" in missing.stderr


def test_the_models_folder_is_that_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = model_dir()
    (tmp_path / ".env").write_text(f"MODEL_PATH={models}\n")
    variables = environment()
    del variables["MODEL_PATH"]
    command = [PROGRAM, "models", "verify"]
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert str(models) in done.stdout
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MODEL_PATH", raising=False)
    assert Settings().model_path == models


def test_serve_answers_until_it_is_interrupted(free_port: int) -> None:
    command = [PROGRAM, "serve", "--port", str(free_port)]
    variables = environment(INFERENCE_WORKERS="1")
    with subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True) as server:
        try:
            answer = _first_answer(f"http://127.0.0.1:{free_port}/health")
        finally:
            server.send_signal(signal.SIGINT)
            log = server.communicate(timeout=20)[1]
    assert answer.json() == {"status": "healthy"}
    assert "server" not in answer.headers
    assert "Traceback" not in log


def _first_answer(url: str) -> httpx.Response:
    deadline = time.monotonic() + 20
    while True:
        try:
            return httpx.get(url)
        except httpx.ConnectError:
            assert time.monotonic() < deadline, "the server did not come up"
            time.sleep(0.1)


def test_a_taken_port_is_one_sentence(taken_port: int) -> None:
    done = gwansang("serve", "--port", str(taken_port))
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"gwansang: Port {taken_port} on 127.0.0.1 is taken; stop what uses it or choose another one: "
        f"--port {taken_port + 1}."
    )


def test_serve_without_models_says_what_to_run(tmp_path: Path) -> None:
    done = gwansang("serve", MODEL_PATH=str(tmp_path))
    assert done.returncode == 1
    assert "run `gwansang models fetch`" in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_that_cannot_be_used_are_one_sentence() -> None:
    done = gwansang("serve", PORT="http")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "PORT" in done.stderr


def test_doctor_finds_a_healthy_installation_healthy(free_port: int) -> None:
    done = gwansang("doctor", PORT=str(free_port))
    assert done.returncode == 0
    assert f"{len(catalog.MODELS)} models verified" in done.stdout
    assert f"port {free_port} on 127.0.0.1 is free" in done.stdout
    assert "missing" not in done.stdout


def test_doctor_says_what_is_missing_and_how_to_get_it(tmp_path: Path, taken_port: int) -> None:
    done = gwansang("doctor", MODEL_PATH=str(tmp_path), PORT=str(taken_port))
    assert done.returncode == 1
    assert f"model {tmp_path / 'face_landmark.tflite'} is missing - run `gwansang models fetch`" in done.stdout
    assert f"Port {taken_port} on 127.0.0.1 is taken" in done.stdout


def test_doctor_looks_at_database_storage_and_redis(tmp_path: Path, free_port: int) -> None:
    database = f"sqlite:///{tmp_path / 'own.sqlite3'}"
    places = {"DATABASE_URL": database, "STORAGE_FOLDER": str(tmp_path / "files"), "PORT": str(free_port)}
    before = gwansang("doctor", **places)
    assert before.returncode == 0
    assert before.stdout.count("not there yet - the first start makes it") == 2
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "files").mkdir()
    assert gwansang("db", "upgrade", **places).returncode == 0
    after = gwansang("doctor", REDIS_URL="redis://127.0.0.1:9/0", **places)
    assert "SQLite answers, with version" in after.stdout
    assert "keeps files, gives them back and deletes them" in after.stdout
    assert "Redis does not answer" in after.stdout
    assert after.returncode == 1
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_doctor_survives_settings_that_cannot_be_used(tmp_path: Path) -> None:
    done = gwansang("doctor", PORT="http", folder=tmp_path)
    assert done.returncode == 1
    assert "correct the environment or .env" in done.stdout
    assert os.linesep not in done.stderr
