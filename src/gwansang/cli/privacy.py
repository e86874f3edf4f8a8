"""`gwansang privacy`: retention, encryption keys and audit log."""

import base64
from datetime import UTC, datetime
from typing import Annotated

import typer

from gwansang.cli.failure import CommandError
from gwansang.cli.users import run_with_accounts
from gwansang.container import Accounts
from gwansang.core.encryption import generate_key
from gwansang.core.locale_negotiation import negotiate_locale
from gwansang.services.protection.audit import AuditCheck
from gwansang.services.protection.retention import ScheduleEntry
from gwansang.texts import DEFAULT_LOCALE, LOCALE_CHOICE

app = typer.Typer(no_args_is_help=True)


@app.command("verify-audit")
def verify_audit() -> None:
    """Verify the chain of the audit log; exit code 1 if it was changed, with the first entry that is wrong."""
    check: AuditCheck = run_with_accounts(lambda accounts: accounts.audit.verify())
    if check.broken_at is not None:
        raise CommandError(f"The audit log is broken at entry {check.broken_at}: {check.reason}.")
    typer.echo(f"audit: {check.entries} entries are whole; the last is {check.head_seq}")
    typer.echo(f"audit: note this hash elsewhere to see a log that was replaced as a whole: {check.head_hash}")


@app.command()
def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be deleted.")] = False,
) -> None:
    """Delete now all data older than the schedule allows; the service does it daily by itself."""
    if dry_run:
        counts = run_with_accounts(lambda accounts: accounts.retention.preview())
    else:
        counts = run_with_accounts(lambda accounts: accounts.retention.run())
    for name, count in counts.items():
        typer.echo(f"{name:12} {count}")
    typer.echo("retention: nothing was changed" if dry_run else "retention: done, and noted in the audit log")


@app.command()
def schedule(locale: Annotated[str, typer.Option(help=f"{LOCALE_CHOICE}.")] = DEFAULT_LOCALE) -> None:
    """Show how long each kind of data is kept."""

    async def use(accounts: Accounts) -> tuple[ScheduleEntry, ...]:
        return accounts.retention.schedule(negotiate_locale((locale,)))

    for line in run_with_accounts(use):
        typer.echo(f"{line.what}\n    {line.how_long}")


@app.command("rotate-keys")
def rotate_keys() -> None:
    """Wrap every user's key with the first key of ENCRYPTION_KEYS; readings go on meanwhile."""
    total = run_with_accounts(lambda accounts: accounts.key_rotation.run())
    typer.echo(f"keys: {total} were wrapped anew; keys that `gwansang privacy keys` does not show can be removed")


@app.command()
def keys() -> None:
    """Show which master keys are in use; exit code 1 if one of them is missing or differs."""
    usage = run_with_accounts(lambda accounts: accounts.key_rotation.usage())
    for name in dict.fromkeys((*usage.users, *usage.events)):
        events = f", {usage.events[name]} events of erased accounts" if name in usage.events else ""
        typer.echo(f"{name:40} {usage.users.get(name, 0)} users{events}{'  (first)' if name == usage.primary else ''}")
    if usage.missing or usage.broken:
        raise CommandError(f"ENCRYPTION_KEYS lacks the right key for: {', '.join((*usage.missing, *usage.broken))}.")
    typer.echo("keys: every one that is needed is here")


@app.command("new-key")
def new_master_key() -> None:
    """Print a new key for ENCRYPTION_KEYS; it is stored nowhere."""
    typer.echo(f"{datetime.now(UTC):%Y%m%d}:{base64.b64encode(generate_key()).decode()}")
