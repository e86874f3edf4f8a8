"""The one place where the command line defers imports: a command's module is loaded when that command is called.

`gwansang --help` answers from the table; OpenCV, LiteRT and the web stack are paid for by the commands that use them,
and inside those modules imports stand at the top as everywhere else.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

import typer


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """Where a command lives (`attribute` is a function, or a Typer app for a group) and the sentence introducing it."""

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


def build(table: Mapping[str, LazyCommand], arguments: Sequence[str]) -> typer.Typer:
    """Return the app in which only the command that `arguments` call is loaded; the others show their summary."""
    app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, context_settings=HELP_NAMES)
    app.callback()(_root)
    called = next((word for word in arguments if not word.startswith("-")), None)
    completing = "_GWANSANG_COMPLETE" in os.environ
    for name, command in table.items():
        if completing or name == called:
            command.load_into(app, name)
        else:
            app.command(name, help=command.summary)(_elsewhere)
    return app


HELP_NAMES = {"help_option_names": ["-h", "--help"]}


def _root() -> None:
    """Traditional Korean face reading: the same face gets the same reading, with its reasons as numbers."""


def _elsewhere() -> None:
    raise AssertionError("a command that was not called was run")
