"""`gwansang worker`: a process that does long work."""

import asyncio
from typing import Annotated

import typer

from gwansang import worker as process
from gwansang.cli.options import norms
from gwansang.cli.options import settings as read_settings
from gwansang.core.logging import configure_logging
from gwansang.vision import catalog

_USUAL = 4


def worker(
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=64, help="Tasks at once [JOBS_CONCURRENCY, else 4]; the same everywhere.")
    ] = None,
) -> None:
    """Do long work (videos, batches, imports) until stopped; any number of these may run, on any machine."""
    settings = read_settings()
    at_once = concurrency or settings.jobs_concurrency or _USUAL
    settings = settings.model_copy(update={"jobs_concurrency": at_once})
    configure_logging(settings.log_level, json=settings.json_logs, names_key=settings.log_names_key)
    catalog.verify(settings.model_path)
    norms(settings.norms_path)

    def ready(name: str) -> None:
        typer.echo(f"gwansang worker {name} is ready: {at_once} tasks at once; Ctrl+C or SIGTERM stops it.", err=True)

    asyncio.run(process.work(settings, ready))
