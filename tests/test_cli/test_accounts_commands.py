"""The commands around the database and the accounts, as whoever runs the service uses them."""

import logging
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from gwansang.cli import main
from gwansang.db.init_db import REVISION
from tests.support.database import scratch_database
from tests.test_cli.running import PROGRAM, environment, gwansang

SECRET = "a password of an administrator"


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs a command in a folder of the test's own, in this process: a start costs seconds."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers, root.level
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PASSWORD_BCRYPT_ROUNDS", "4")
    monkeypatch.setenv("GWANSANG_ADMIN_PASSWORD", SECRET)
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def ran(*arguments: str, **variables: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["gwansang", *arguments])
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as end:
            main()
        told = capfd.readouterr()
        return Done(int(end.value.code or 0), told.out, told.err)

    yield ran
    structlog.configure(**configured)
    root.handlers, root.level = handlers, level


def created(run: Run, email: str = "admin@example.com", **variables: str) -> Done:
    return run("users", "create-admin", "--email", email, **variables)


def test_the_database_is_made_checked_shown_and_taken_back(run: Run, tmp_path: Path) -> None:
    absent = run("db", "check")
    assert (absent.code, "gwansang db upgrade" in absent.err) == (1, True)
    assert run("db", "upgrade").out == f"database: at version {REVISION}\n"
    assert run("db", "check").code == 0
    assert REVISION in run("db", "info").out
    assert (tmp_path / ".data" / "gwansang.sqlite3").exists()
    assert run("db", "downgrade", "base", "--yes").out == "database: at version none\n"


def test_a_servers_database_is_migrated_by_the_same_commands_and_not_by_the_service(run: Run, tmp_path: Path) -> None:
    with scratch_database("postgresql", migrated=False) as url:
        refused = gwansang("serve", "--port", "0", folder=tmp_path, DATABASE_URL=url)
        assert run("db", "upgrade", DATABASE_URL=url).code == 0
        assert run("db", "check").out == f"database: at version {REVISION}\n"
    assert refused.returncode == 1
    assert refused.stderr == (
        f"gwansang: The database is at version none and {REVISION} is needed: run `gwansang db upgrade`.\n"
    )


@pytest.mark.parametrize("url", ["mysql://me:hush@host/db", "postgresql://me:hush@127.0.0.1:1/db", "nonsense"])
def test_a_database_that_cannot_be_used_is_one_sentence_without_its_password(run: Run, url: str) -> None:
    refused = run("db", "upgrade", DATABASE_URL=url)
    assert refused.code == 1
    assert refused.err.startswith("gwansang: ")
    assert refused.err.count("\n") == 1
    assert "hush" not in refused.err


def test_the_first_administrator_is_made_and_listed(run: Run) -> None:
    assert "admin@example.com is an administrator" in created(run, "Admin@Example.com").out
    listed = run("users", "list", "--active", "--email", "adm").out
    assert "admin@example.com" in listed
    assert "1 in all" in listed
    again = created(run)
    assert (again.code, again.err) == (1, "gwansang: Another account has this e-mail address.\n")


def test_a_password_that_cannot_be_one_is_refused_without_repeating_it(run: Run) -> None:
    refused = created(run, GWANSANG_ADMIN_PASSWORD="hush")
    assert refused.code == 1
    assert "8 to 128 characters" in refused.err
    assert "hush" not in refused.err


def test_no_command_takes_a_password_as_an_argument(run: Run) -> None:
    told = run("users", "create-admin", "--help")
    assert "GWANSANG_ADMIN_PASSWORD" in told.out
    assert "--password" not in told.out


def test_the_password_is_asked_for_where_no_variable_has_it_and_is_not_shown(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [PROGRAM, "users", "create-admin", "--email", "admin@example.com"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path, env=environment())
    os.close(theirs)
    for _ in range(2):
        read_until(ours, ": ")
        time.sleep(0.1)  # the terminal stops echoing just after the question
        os.write(ours, SECRET.encode() + b"\n")
    told = read_until(ours, "administrator now")
    assert process.wait(20) == 0
    os.close(ours)
    assert SECRET not in told


def read_until(terminal: int, end: str) -> str:
    told = ""
    while end not in told:
        told += os.read(terminal, 1024).decode()
    return told


def test_a_key_is_printed_once_alone_on_its_line_listed_and_revoked(run: Run) -> None:
    created(run)
    owner = ("--email", "admin@example.com")
    made = run("keys", "create", *owner, "--name", "bench", "--scope", "analyze", "--days", "9")
    key = made.out.strip()
    assert made.out == f"{key}\n"
    assert key.startswith("gsk_")
    listed = run("keys", "list", *owner).out
    assert key[:20] in listed
    assert key[21:] not in listed
    key_id = listed.splitlines()[1].split()[0]
    assert run("keys", "revoke", *owner, key_id).code == 0
    assert run("keys", "revoke", *owner, key_id).err == "gwansang: There is no such key.\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--email", "nobody@example.com", "--scope", "analyze"), "There is no such user."),
        (("--email", "admin@example.com", "--scope", "admin"), "Choose among the scopes"),
    ],
)
def test_a_key_that_cannot_be_made_is_one_sentence(run: Run, arguments: tuple[str, ...], told: str) -> None:
    created(run)
    refused = run("keys", "create", "--name", "x", *arguments)
    assert (refused.code, told in refused.err) == (1, True)
