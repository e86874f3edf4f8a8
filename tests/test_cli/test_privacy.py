"""`gwansang privacy`, as whoever runs the service uses it."""

import asyncio

from tests.test_cli.test_accounts_commands import Run, created, run
from tests.test_services.test_sealing import query

__all__ = ["run"]
URL = "sqlite:///.data/gwansang.sqlite3"


def key_named(name: str, line: str) -> str:
    return f"{name}:{line.strip().partition(':')[2]}"


def test_keys_are_made_rotated_and_one_that_is_missing_is_told(run: Run) -> None:
    old, new = (key_named(name, run("privacy", "new-key").out) for name in ("old", "new"))
    assert created(run, ENCRYPTION_KEYS=old).code == 0
    assert "old" in run("privacy", "keys").out
    missing = run("privacy", "keys", ENCRYPTION_KEYS=new)
    assert (missing.code, "old" in missing.err) == (1, True)
    assert "1 were wrapped" in run("privacy", "rotate-keys", ENCRYPTION_KEYS=f"{new},{old}").out
    assert run("privacy", "keys", ENCRYPTION_KEYS=new).code == 0


def test_a_log_that_somebody_changed_is_told_with_the_first_wrong_entry(run: Run) -> None:
    created(run)
    created(run, "other@example.com")
    assert "2 entries are whole" in run("privacy", "verify-audit").out
    for statement in ("DROP TRIGGER audit_log_stays", "UPDATE audit_log SET actor = 'self' WHERE seq = 2"):
        asyncio.run(query(URL, statement))
    broken = run("privacy", "verify-audit")
    assert (broken.code, "entry 2" in broken.err) == (1, True)


def test_the_retention_run_can_be_looked_at_before_it_is_made(run: Run) -> None:
    created(run)
    assert "nothing was changed" in run("privacy", "retention", "--dry-run").out
    assert "noted in the audit log" in run("privacy", "retention").out
    assert "12개월" in run("privacy", "schedule").out
    assert "12 months" in run("privacy", "schedule", "--locale", "en").out
