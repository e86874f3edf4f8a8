"""Commands of `gwansang privacy`."""

import asyncio

from tests.test_cli.test_accounts_commands import Run, create_admin, run
from tests.test_services.test_sealing import query

__all__ = ["run"]
URL = "sqlite:///.data/gwansang.sqlite3"


def key_named(name: str, line: str) -> str:
    return f"{name}:{line.strip().partition(':')[2]}"


def test_master_keys_are_created_and_rotated_and_a_missing_one_is_reported(run: Run) -> None:
    old, new = (key_named(name, run("privacy", "new-key").out) for name in ("old", "new"))
    assert create_admin(run, ENCRYPTION_KEYS=old).code == 0
    assert "old" in run("privacy", "keys").out
    missing = run("privacy", "keys", ENCRYPTION_KEYS=new)
    assert (missing.code, "old" in missing.err) == (1, True)
    assert "1 were wrapped" in run("privacy", "rotate-keys", ENCRYPTION_KEYS=f"{new},{old}").out
    assert run("privacy", "keys", ENCRYPTION_KEYS=new).code == 0


def test_verify_audit_reports_the_first_entry_that_was_changed(run: Run) -> None:
    create_admin(run)
    create_admin(run, "other@example.com")
    assert "2 entries are whole" in run("privacy", "verify-audit").out
    for statement in ("DROP TRIGGER audit_log_stays", "UPDATE audit_log SET actor = 'self' WHERE seq = 2"):
        asyncio.run(query(URL, statement))
    broken = run("privacy", "verify-audit")
    assert (broken.code, "entry 2" in broken.err) == (1, True)


def test_retention_can_be_previewed_and_run(run: Run) -> None:
    create_admin(run)
    assert "nothing was changed" in run("privacy", "retention", "--dry-run").out
    assert "noted in the audit log" in run("privacy", "retention").out
    assert "12개월" in run("privacy", "schedule").out
    assert "12 months" in run("privacy", "schedule", "--locale", "en").out
