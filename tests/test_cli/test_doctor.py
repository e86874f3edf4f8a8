"""The doctor reports every fault of the settings at once, and what to do about each."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from sqlalchemy import text

from gwansang.db.schema import REVISION
from gwansang.db.session import Database
from tests.support.database import run_in_thread
from tests.support.serving import Server
from tests.test_cli.running import gwansang

OWN_KEY = "5c1f0a9be47d3862f95e0d7a16cb4283"
MASTER_KEYS = "a:3q2+7wHKm0fYtZl5ZbX8pUe1RkQvJ6nD4sGhC9oLwiM="
PRODUCTION = {"ENVIRONMENT": "production", "SECRET_KEY": OWN_KEY, "ENCRYPTION_KEYS": MASTER_KEYS}


@pytest.fixture
def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def lines_of(done: CompletedProcess[str], verdict: str) -> list[str]:
    assert done.stderr == ""
    return [line.removeprefix(verdict).strip() for line in done.stdout.splitlines() if line.startswith(verdict)]


def test_all_faults_of_the_settings_are_told_at_once_each_with_its_place_and_remedy(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=http\nSMTP_USER=me\nTRUSTED_PROXY=1\nCOMPOSE_PROJECT=face\n")
    done = gwansang(
        "doctor",
        folder=tmp_path,
        ENVIRONMENT="production",
        SECRET_KEY="a" * 40,
        METRICS_TOKEN="x" * 20,
        CORS_ORIGINS="*",
        S3_ACCESS_KEY_ID="me",
        INFERENCE_WORKERS="0",
        TIMEZONE="Mars/Olympus",
        ENVIROMENT="production",
        GWANSANG_LOG_LEVEL="DEBUG",
        NORMS_PATH="nowhere.json",
        REDIS_URL="redis://127.0.0.1:9/0",
    )
    wrong, notes = lines_of(done, "wrong"), lines_of(done, "note")
    for beginning, remedy in {
        "PORT: ": "correct PORT in .env",
        "INFERENCE_WORKERS: ": "correct INFERENCE_WORKERS in the environment",
        "TIMEZONE: it is not a time zone": "correct TIMEZONE in the environment",
        "SECRET_KEY repeats itself": "correct SECRET_KEY in the environment",
        "METRICS_TOKEN repeats itself": "correct METRICS_TOKEN in the environment",
        "CORS_ORIGINS=* is refused": "correct CORS_ORIGINS in the environment",
        "ENCRYPTION_KEYS is not set": "set ENCRYPTION_KEYS in the environment or .env",
        "S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY belong together": "correct S3_ACCESS_KEY_ID in the environment",
        "nowhere.json can't be read": "check NORMS_PATH",
    }.items():
        assert [line for line in wrong if line.startswith(beginning) and remedy in line], (beginning, wrong)
    for beginning, remedy in {
        "SMTP_USER in .env is not a setting": "did you mean SMTP_USERNAME?",
        "TRUSTED_PROXY in .env is not a setting": "did you mean TRUSTED_PROXIES?",
        "COMPOSE_PROJECT in .env is not a setting": "unless another program reads it",
        "ENVIROMENT in the environment is not a setting": "did you mean ENVIRONMENT?",
        "GWANSANG_LOG_LEVEL in the environment is not a setting": "did you mean LOG_LEVEL?",
        "TRUSTED_HOSTS=*": "name your own",
        "TRUSTED_PROXIES=0": "set TRUSTED_PROXIES",
        "no mail server": "set SMTP_HOST",
    }.items():
        assert [line for line in notes if line.startswith(beginning) and remedy in line], (beginning, notes)
    assert "Redis does not answer" in done.stdout
    assert "models verified" in done.stdout
    assert done.returncode == 1
    assert "aaaa" not in done.stdout


def test_settings_of_production_that_fit_are_good(tmp_path: Path, free_port: str) -> None:
    own = {"TRUSTED_HOSTS": "face.example.org", "TRUSTED_PROXIES": "1", "SMTP_HOST": "mail.example.org"}
    done = gwansang("doctor", folder=tmp_path, PORT=free_port, **PRODUCTION, **own)
    assert done.returncode == 0
    assert "settings of production can be used" in done.stdout
    assert lines_of(done, "wrong") == []
    assert all("not there yet" in note for note in lines_of(done, "note"))


def test_a_service_for_development_that_others_reach_is_told(tmp_path: Path, free_port: str) -> None:
    done = gwansang("doctor", folder=tmp_path, PORT=free_port, HOST="0.0.0.0")  # noqa: S104 - not listened on
    assert done.returncode == 0
    assert "with a SECRET_KEY that everybody knows - set ENVIRONMENT=production" in done.stdout


def test_names_of_other_programs_are_not_taken_for_settings(tmp_path: Path, free_port: str) -> None:
    others = {"HOSTNAME": "box", "LOGNAME": "me", "MAIL": "/var/mail/me", "TEST_DATABASE_URL": "", "REDIS_HOST": "r"}
    done = gwansang("doctor", folder=tmp_path, PORT=free_port, **others)
    assert "is not a setting" not in done.stdout


def test_a_file_of_settings_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"SECRET_KEY=\xff\xfe")
    for command in ("doctor", "serve"):
        done = gwansang(command, folder=tmp_path)
        assert done.returncode == 1
        assert ".env can't be read as a text in UTF-8" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def set_version(url: str, found: str, oldest_code: str) -> None:
    """Let a database have tables of another release."""

    async def write() -> None:
        database = Database(url)
        async with database.session("write") as session:
            await session.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": found})
            await session.execute(text("UPDATE schema_support SET oldest_code = :oldest"), {"oldest": oldest_code})
            await session.commit()
        await database.close()

    run_in_thread(write)


@pytest.mark.parametrize(
    ("found", "oldest_code", "told"),
    [
        ("0012", "0001", "version 0012"),
        ("9999", "9999", f"at version 9999 of a newer release; this one ({REVISION}) can't use it"),
        ("9999", REVISION, "with version 9999 of the tables of a newer release, which this one can use"),
    ],
)
def test_a_schema_that_is_older_or_newer_is_told_and_fails_if_nothing_would_start(
    found: str, oldest_code: str, told: str, database_url: str, tmp_path: Path, free_port: str
) -> None:
    set_version(database_url, found, oldest_code)
    done = gwansang("doctor", folder=tmp_path, DATABASE_URL=database_url, PORT=free_port)
    assert told in done.stdout
    if found < REVISION:
        is_sqlite = database_url.startswith("sqlite")
        assert ("the next start brings it up to date" if is_sqlite else "run `gwansang db upgrade`") in done.stdout
    starts = oldest_code == REVISION or (found < REVISION and database_url.startswith("sqlite"))
    assert done.returncode == (0 if starts else 1), done.stdout


def test_a_port_is_only_taken_by_another_program(server: Server, tmp_path: Path) -> None:
    running = gwansang("doctor", folder=tmp_path, PORT=server.url.rpartition(":")[2])
    assert "the service answers already on port" in running.stdout
    assert running.returncode == 0


class OtherProgram(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@pytest.fixture
def other_program() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), OtherProgram) as program:
        threading.Thread(target=program.serve_forever, daemon=True).start()
        yield str(program.server_port)
        program.shutdown()


def test_a_port_that_another_program_has_stops_the_start(other_program: str, tmp_path: Path) -> None:
    done = gwansang("doctor", folder=tmp_path, PORT=other_program)
    assert done.returncode == 1
    assert f"Port {other_program} on 127.0.0.1 is taken" in lines_of(done, "wrong")[0]
