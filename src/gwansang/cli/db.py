"""`gwansang db`: migrations of the database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from gwansang.cli.failure import CommandError
from gwansang.cli.options import read_settings
from gwansang.db import migrate
from gwansang.db.schema import REVISION, Schema, SchemaFit, read_schema
from gwansang.db.session import Database

app = typer.Typer(no_args_is_help=True)
T = TypeVar("T")


@app.command()
def upgrade(
    revision: Annotated[str, typer.Argument(help="Version to reach; `head` is the newest.")] = migrate.HEAD,
) -> None:
    """Bring the tables up to this release's version; leaves tables to which a newer release only added."""
    _run_on_database(lambda database: migrate.upgrade(database, revision))
    _print_schema(_run_on_database(read_schema))


@app.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help="Version to go back to; `base` deletes every table.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Take the tables back to an older version; data that only the newer one can store is lost."""
    if not yes:
        typer.confirm(f"Data can be lost on the way to {revision}. Go on?", abort=True)
    _run_on_database(lambda database: migrate.downgrade(database, revision))
    _print_schema(_run_on_database(read_schema))


@app.command()
def check() -> None:
    """Compare the database with the tables of this release; exit code 1 if this release can't use it."""
    schema = _run_on_database(read_schema)
    if schema.fit is SchemaFit.NEWER_USABLE:
        typer.echo(schema.advice)
        return
    if schema.fit is not SchemaFit.CURRENT:
        raise CommandError(schema.advice)
    differences = _run_on_database(migrate.schema_differences)
    for difference in differences:
        typer.echo(difference)
    if differences:
        raise CommandError(f"The database differs from this release in {len(differences)} places.")
    _print_schema(schema)


@app.command()
def info() -> None:
    """Show the address and the version of the database."""
    address = _database().url.render_as_string(hide_password=True)
    typer.echo(f"address  {address}")
    typer.echo(f"version  {_run_on_database(migrate.current_revision) or 'none'}")
    typer.echo(f"needed   {REVISION}")
    typer.echo(f"known    {', '.join(migrate.list_revisions())}")


def _database() -> Database:
    return Database(read_settings().database_url.get_secret_value())


def _run_on_database(use: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        database = _database()
        try:
            return await use(database)
        finally:
            await database.close()

    return asyncio.run(run())


def _print_schema(schema: Schema) -> None:
    newer = ", of a newer release that this one can use" if schema.fit is SchemaFit.NEWER_USABLE else ""
    typer.echo(f"database: at version {schema.found or 'none'}{newer}")
