"""`gwansang version`."""

import platform

import typer

from gwansang import __version__
from gwansang.reading.deciding import ENGINE_VERSION
from gwansang.reading.texts import CONTENT_VERSION


def version() -> None:
    """Print the versions of the program, the reading's rules and its texts."""
    python = platform.python_version()
    typer.echo(f"gwansang {__version__} (engine {ENGINE_VERSION}, content {CONTENT_VERSION}, Python {python})")
