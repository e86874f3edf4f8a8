"""The command line. This module only knows which commands there are; `lazy.py` says why."""

import sys

import typer

from gwansang.cli.lazy import LazyCommand, build
from gwansang.core.exceptions import AppError
from gwansang.vision.fetch import FetchError

COMMANDS = {
    "models": LazyCommand("gwansang.cli.models", "app", "Fetch, list and verify the face models."),
}


def main() -> None:
    """Run the command line; an expected failure is one sentence on stderr and exit code 1."""
    try:
        build(COMMANDS, sys.argv[1:])(prog_name="gwansang")
    except (AppError, FetchError) as error:
        typer.echo(f"gwansang: {error}", err=True)
        sys.exit(1)
