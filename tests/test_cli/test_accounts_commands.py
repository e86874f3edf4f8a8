"""Commands of the database, users and API keys."""

import logging
import os
import pty
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from gwansang.cli import main
from gwansang.db.schema import REVISION
from tests.support.database import scratch_database
from tests.test_cli.running import PROGRAM, environment, gwansang

SECRET = "a password of an administrator"


@dataclass(frozen=True)
class CommandResult:
    code: int
    out: str
    err: str


Run = Callable[..., CommandResult]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Return a function that runs a command in a temporary folder, in this process: a new one takes seconds."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers, root.level
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PASSWORD_BCRYPT_ROUNDS", "4")
    monkeypatch.setenv("GWANSANG_ADMIN_PASSWORD", SECRET)
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def run_command(*arguments: str, **variables: str) -> CommandResult:
        monkeypatch.setattr(sys, "argv", ["gwansang", *arguments])
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as end:
            main()
        printed = capfd.readouterr()
        return CommandResult(int(end.value.code or 0), printed.out, printed.err)

    yield run_command
    structlog.configure(**configured)
    root.handlers, root.level = handlers, level


def create_admin(run: Run, email: str = "admin@example.com", **variables: str) -> CommandResult:
    return run("users", "create-admin", "--email", email, **variables)


def test_db_commands_upgrade_check_describe_and_downgrade_a_database(run: Run, tmp_path: Path) -> None:
    absent = run("db", "check")
    assert (absent.code, "gwansang db upgrade" in absent.err) == (1, True)
    assert run("db", "upgrade").out == f"database: at version {REVISION}\n"
    assert run("db", "check").code == 0
    assert REVISION in run("db", "info").out
    assert (tmp_path / ".data" / "gwansang.sqlite3").exists()
    assert run("db", "downgrade", "base", "--yes").out == "database: at version none\n"


def test_serve_refuses_a_postgresql_database_until_db_upgrade_has_migrated_it(run: Run, tmp_path: Path) -> None:
    with scratch_database("postgresql", migrated=False) as url:
        refused = gwansang("serve", "--port", "0", folder=tmp_path, DATABASE_URL=url)
        assert run("db", "upgrade", DATABASE_URL=url).code == 0
        assert run("db", "check").out == f"database: at version {REVISION}\n"
    assert refused.returncode == 1
    assert refused.stderr == (
        f"gwansang: The database is at version none and {REVISION} is needed: run `gwansang db upgrade`.\n"
    )


@pytest.mark.parametrize("url", ["mysql://me:hush@host/db", "postgresql://me:hush@127.0.0.1:1/db", "nonsense"])
def test_an_unusable_database_is_reported_in_one_sentence_without_its_password(run: Run, url: str) -> None:
    refused = run("db", "upgrade", DATABASE_URL=url)
    assert refused.code == 1
    assert refused.err.startswith("gwansang: ")
    assert refused.err.count("\n") == 1
    assert "hush" not in refused.err


def test_an_administrator_is_created_and_listed(run: Run) -> None:
    assert "admin@example.com is an administrator" in create_admin(run, "Admin@Example.com").out
    listed = run("users", "list", "--active", "--email", "adm").out
    assert "admin@example.com" in listed
    assert "1 in all" in listed
    again = create_admin(run)
    assert (again.code, again.err) == (1, "gwansang: Another account has this e-mail address.\n")


def test_an_invalid_password_is_refused_and_not_printed(run: Run) -> None:
    refused = create_admin(run, GWANSANG_ADMIN_PASSWORD="hush")
    assert refused.code == 1
    assert "8 to 128 characters" in refused.err
    assert "hush" not in refused.err


def test_no_command_takes_a_password_as_an_argument(run: Run) -> None:
    help_text = run("users", "create-admin", "--help").out
    assert "GWANSANG_ADMIN_PASSWORD" in help_text
    assert "--password" not in help_text


def test_create_admin_prompts_for_the_password_and_does_not_echo_it(tmp_path: Path) -> None:
    terminal, program_end = pty.openpty()
    command = [PROGRAM, "users", "create-admin", "--email", "admin@example.com"]
    process = subprocess.Popen(
        command, stdin=program_end, stdout=program_end, stderr=program_end, cwd=tmp_path, env=environment()
    )
    os.close(program_end)
    for _ in range(2):
        read_until(terminal, ": ")
        while termios.tcgetattr(terminal)[3] & termios.ECHO:  # the prompt ends with switching the echo off
            time.sleep(0.01)
        os.write(terminal, SECRET.encode() + b"\n")
    output = read_until(terminal, "administrator now")
    assert process.wait(60) == 0
    os.close(terminal)
    assert SECRET not in output


def read_until(terminal: int, end: str) -> str:
    output = ""
    while end not in output:
        output += os.read(terminal, 1024).decode()
    return output


def test_a_key_is_printed_alone_when_created_then_listed_by_its_prefix_and_revoked(run: Run) -> None:
    create_admin(run)
    owner = ("--email", "admin@example.com")
    created = run("keys", "create", *owner, "--name", "bench", "--scope", "analyze", "--days", "9")
    key = created.out.strip()
    assert created.out == f"{key}\n"
    assert key.startswith("gsk_")
    listed = run("keys", "list", *owner).out
    assert key[:20] in listed
    assert key[21:] not in listed
    key_id = listed.splitlines()[1].split()[0]
    assert run("keys", "revoke", *owner, key_id).code == 0
    assert run("keys", "revoke", *owner, key_id).err == "gwansang: There is no such key.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--email", "nobody@example.com", "--scope", "analyze"), "There is no such user."),
        (("--email", "admin@example.com", "--scope", "admin"), "Choose among the scopes"),
    ],
)
def test_a_key_with_an_unknown_owner_or_scope_is_refused(run: Run, arguments: tuple[str, ...], message: str) -> None:
    create_admin(run)
    refused = run("keys", "create", "--name", "x", *arguments)
    assert (refused.code, message in refused.err) == (1, True)
