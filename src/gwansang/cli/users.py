"""`gwansang users`: create an administrator, list the users."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from gwansang.cli.options import read_settings
from gwansang.container import Accounts, open_accounts
from gwansang.core.logging import configure_logging
from gwansang.core.paging import PageRequest

app = typer.Typer(no_args_is_help=True)
PASSWORD_VARIABLE = "GWANSANG_ADMIN_PASSWORD"  # noqa: S105 - a name, and no password
T = TypeVar("T")


@app.command("create-admin")
def create_admin(
    email: Annotated[str, typer.Option(prompt="E-mail", help="Address to sign in with.")],
    username: Annotated[str, typer.Option(help="Name to show.")] = "admin",
) -> None:
    """Create an administrator; the password is asked for, or taken from GWANSANG_ADMIN_PASSWORD."""
    password = os.environ.get(PASSWORD_VARIABLE) or typer.prompt(
        "Password", hide_input=True, confirmation_prompt=True, type=str
    )
    user = run_with_accounts(lambda accounts: accounts.users.register(email, username, password, is_admin=True))
    typer.echo(f"users: {user.email} is an administrator now (id {user.id})")


@app.command("list")
def list_users(
    page: Annotated[int, typer.Option(min=1, help="Page to show.")] = 1,
    size: Annotated[int, typer.Option(min=1, max=100, help="Users on a page.")] = 20,
    active: Annotated[bool | None, typer.Option("--active/--inactive", help="Only these.")] = None,
    email: Annotated[str | None, typer.Option(help="How the address begins.")] = None,
) -> None:
    """Show the users."""
    request = PageRequest(page, size)
    shown = run_with_accounts(lambda accounts: accounts.users.page(request, active=active, email_prefix=email))
    table = Table("id", "e-mail", "name", "active", "admin", "since", box=None)
    for user in shown.items:
        yes_no = ["yes" if flag else "no" for flag in (user.is_active, user.is_admin)]
        table.add_row(str(user.id), user.email, user.username, *yes_no, f"{user.created_at:%Y-%m-%d}")
    Console(soft_wrap=True, markup=False).print(table)
    typer.echo(f"users: page {shown.page} of {shown.pages}, {shown.total} in all")


def run_with_accounts(use: Callable[[Accounts], Awaitable[T]]) -> T:
    """Run `use` with the services of accounts, and return its result."""
    configure_logging("WARNING", json=False)

    async def run() -> T:
        async with open_accounts(read_settings()) as accounts:
            return await use(accounts)

    return asyncio.run(run())
