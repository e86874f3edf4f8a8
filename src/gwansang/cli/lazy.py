"""Deferred imports of the command line: the module of a command is imported when that command is called.

`gwansang --help` prints the table. Only the commands that use OpenCV, LiteRT or the web stack take the time to import
them; their own modules import at the top as all others.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated

import typer


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """Module of a command, its function (or a Typer app for a group) in that module, and its summary for the help."""

    module: str
    attribute: str
    summary: str

    def load_into(self, app: typer.Typer, name: str) -> None:
        """Import the module and register its command under `name`."""
        command: object = getattr(import_module(self.module), self.attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, help=self.summary)
        elif callable(command):
            app.command(name, help=self.summary)(command)
        else:
            raise TypeError(f"{self.module}.{self.attribute} is no command")


def build_app(table: Mapping[str, LazyCommand], arguments: Sequence[str]) -> typer.Typer:
    """Return the app, with only the command that `arguments` name imported; of the others it knows the summary."""
    app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, context_settings=HELP_NAMES)
    app.callback()(_root_options)
    called = next((word for word in arguments if not word.startswith("-")), None)
    completing = "_GWANSANG_COMPLETE" in os.environ
    for name, command in table.items():
        if completing or name == called:
            command.load_into(app, name)
        else:
            app.command(name, help=command.summary)(_not_imported)
    return app


HELP_NAMES = {"help_option_names": ["-h", "--help"]}


def _print_version(requested: bool) -> None:
    if requested:
        import_module("gwansang.cli.version").version()
        raise typer.Exit


def _root_options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the versions.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Traditional Korean face reading: the same face gets the same reading, with its reasons as numbers."""


def _not_imported() -> None:
    raise AssertionError("a command that was not called was run")
