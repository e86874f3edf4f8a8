"""`gwansang setup`: tables, bucket and first administrator, before the service starts; safe to repeat."""

import asyncio

import typer

from gwansang.cli.options import read_settings
from gwansang.config import Settings
from gwansang.container import open_accounts
from gwansang.container.backends import bucket_of
from gwansang.core.logging import configure_logging
from gwansang.db import migrate
from gwansang.db.session import Database
from gwansang.services.accounts.user_service import EmailTakenError


def setup() -> None:
    """Bring the tables up to date, create the bucket of S3_BUCKET, and the administrator of FIRST_ADMIN_EMAIL."""
    settings = read_settings()
    configure_logging("WARNING", json=settings.json_logs)
    asyncio.run(_set_up(settings))


async def _set_up(settings: Settings) -> None:
    database = Database(settings.database_url.get_secret_value())
    try:
        await migrate.upgrade(database, migrate.HEAD)
    finally:
        await database.close()
    typer.echo("setup: the tables are up to date")
    if settings.s3_bucket is not None:
        from gwansang.storage.s3_setup import create_bucket  # noqa: PLC0415 - obstore, which a folder does not need

        created = await create_bucket(bucket_of(settings, settings.s3_bucket))
        typer.echo(f"setup: the bucket {settings.s3_bucket} {'was created' if created else 'exists'}")
    if settings.first_admin_email is not None and settings.first_admin_password is not None:
        created = await _create_admin(settings, settings.first_admin_email)
        typer.echo(f"setup: {settings.first_admin_email} {'is an administrator now' if created else 'has an account'}")


async def _create_admin(settings: Settings, email: str) -> bool:
    """Create the first administrator; return False if the address has an account, which is left as it is."""
    password = settings.first_admin_password
    if password is None:
        return False
    async with open_accounts(settings) as accounts:
        try:
            await accounts.users.register(email, "admin", password.get_secret_value(), is_admin=True)
        except EmailTakenError:
            return False
    return True
