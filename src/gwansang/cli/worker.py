"""`gwansang worker`: a process that runs tasks."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer

from gwansang import worker as process
from gwansang.cli.options import read_norms, read_settings
from gwansang.config import Settings
from gwansang.core.clock import utc_now
from gwansang.core.logging import configure_logging
from gwansang.db.session import Database
from gwansang.jobs.slots import hostname
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.tasks.worker import PollIntervals
from gwansang.vision.models import catalog

_DEFAULT_CONCURRENCY = 4


def worker(
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=64, help="Tasks at once [JOBS_CONCURRENCY, else 4]; the same everywhere.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only report whether a worker of this machine is alive.")
    ] = False,
) -> None:
    """Do long work (videos, batches, imports) until stopped; any number of these may run, on any machine."""
    settings = read_settings()
    if check:
        alive = asyncio.run(_alive_here(settings))
        typer.echo("\n".join(alive) or "no worker of this machine was heard of lately")
        raise typer.Exit(not alive)
    concurrency = concurrency or settings.jobs_concurrency or _DEFAULT_CONCURRENCY
    settings = settings.model_copy(update={"jobs_concurrency": concurrency})
    configure_logging(settings.log_level, json=settings.json_logs, pseudonym_key=settings.log_pseudonym_key)
    catalog.verify_models(settings.model_path)
    read_norms(settings.norms_path)

    def ready(name: str) -> None:
        typer.echo(
            f"gwansang worker {name} is ready: {concurrency} tasks at once; Ctrl+C or SIGTERM stops it.", err=True
        )

    asyncio.run(process.run(settings, ready))


async def _alive_here(settings: Settings) -> list[str]:
    database = Database(settings.database_url.get_secret_value())
    try:
        async with UnitOfWork(database).read() as tx:
            heartbeats = await tx.workers.list_heartbeats()
    finally:
        await database.close()
    since = utc_now() - timedelta(seconds=PollIntervals().dead_after_s)
    alive = (name for name, beat_at in heartbeats.items() if beat_at >= since)
    return sorted(name for name in alive if name.startswith(f"{hostname()}-"))
