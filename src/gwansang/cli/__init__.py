"""The command line: the table of its commands."""

import sys

import typer

from gwansang.cli.failure import CommandError
from gwansang.cli.lazy import LazyCommand, build_app
from gwansang.core.exceptions import AppError
from gwansang.vision.models.fetch import FetchError

COMMANDS = {
    "analyze": LazyCommand("gwansang.cli.analyze", "analyze", "Read the faces on photos."),
    "compatibility": LazyCommand("gwansang.cli.compatibility", "compatibility", "Compare the faces of two people."),
    "evaluate": LazyCommand("gwansang.cli.evaluate", "app", "Measure stability, truth, variety and look-alikes."),
    "calibrate": LazyCommand("gwansang.cli.calibrate", "calibrate", "Make norms from your own photos."),
    "serve": LazyCommand("gwansang.cli.serve", "serve", "Serve the API."),
    "worker": LazyCommand("gwansang.cli.worker", "worker", "Run queued tasks: videos, batches, imports."),
    "setup": LazyCommand("gwansang.cli.setup", "setup", "Make tables, bucket and first administrator."),
    "db": LazyCommand("gwansang.cli.db", "app", "Bring the database up to date, and show its state."),
    "users": LazyCommand("gwansang.cli.users", "app", "Create an administrator, list the users."),
    "keys": LazyCommand("gwansang.cli.keys", "app", "Create, list and revoke API keys."),
    "privacy": LazyCommand("gwansang.cli.privacy", "app", "Retention, encryption keys and audit log."),
    "celebrity": LazyCommand("gwansang.cli.celebrity", "app", "Manage the look-alike gallery."),
    "models": LazyCommand("gwansang.cli.models", "app", "Fetch, list and verify the face models."),
    "doctor": LazyCommand("gwansang.cli.doctor", "doctor", "Report what is missing and how to get it."),
    "version": LazyCommand("gwansang.cli.version", "version", "Print the versions."),
}


def main() -> None:
    """Run the command line; an expected failure is one sentence on stderr and exit code 1."""
    try:
        build_app(COMMANDS, sys.argv[1:])(prog_name="gwansang")
    except (AppError, CommandError, FetchError) as error:
        typer.echo(f"gwansang: {error}", err=True)
        sys.exit(1)
