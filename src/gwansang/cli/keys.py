"""`gwansang keys`: create, list and revoke API keys."""

from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Column, Table

from gwansang.cli.users import run_with_accounts
from gwansang.container import Accounts
from gwansang.core.paging import PageRequest
from gwansang.services.accounts.caller import KEY_SCOPES
from gwansang.services.accounts.key_service import KeyInfo, NewKey

app = typer.Typer(no_args_is_help=True)
Owner = Annotated[str, typer.Option("--email", help="Address of the owner's account.")]


@app.command()
def create(
    email: Owner,
    name: Annotated[str, typer.Option(help="What the key is for.")],
    scope: Annotated[list[str], typer.Option(help=f"Repeat for several: {', '.join(KEY_SCOPES)}.")],
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires; without, it does not.")] = None,
) -> None:
    """Create a key and show it, this once."""

    async def use(accounts: Accounts) -> NewKey:
        owner = await accounts.users.find(email)
        return await accounts.keys.create(owner.id, name, scope, days)

    created = run_with_accounts(use)
    typer.echo(created.key)
    typer.echo(f"keys: {created.info.name} ({created.info.id}); it is not shown again", err=True)


@app.command("list")
def list_keys(email: Owner) -> None:
    """Show the keys of an account."""

    async def use(accounts: Accounts) -> tuple[KeyInfo, ...]:
        return (await accounts.keys.page((await accounts.users.find(email)).id, PageRequest(size=100))).items

    table = Table(
        Column("id", min_width=36),
        "name",
        Column("begins with", min_width=20),
        "scopes",
        "expires",
        "last used",
        box=None,
    )
    for key in run_with_accounts(use):
        times = [f"{moment:%Y-%m-%d}" if moment else "never" for moment in (key.expires_at, key.last_used_at)]
        table.add_row(str(key.id), key.name, key.prefix, " ".join(key.scopes), *times)
    Console(soft_wrap=True, markup=False).print(table)


@app.command()
def revoke(email: Owner, key_id: Annotated[UUID, typer.Argument(help="The id that `list` shows.")]) -> None:
    """Revoke a key at once."""

    async def use(accounts: Accounts) -> None:
        await accounts.keys.revoke((await accounts.users.find(email)).id, key_id)

    run_with_accounts(use)
    typer.echo(f"keys: {key_id} has ended")
