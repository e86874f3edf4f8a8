"""Settings and norms, read for a command: faults are one sentence."""

from pathlib import Path

from gwansang.cli.failure import CommandError
from gwansang.config import Settings, SettingsError, load_settings
from gwansang.reading.norms import Norms, default_norms
from gwansang.reading.norms_file import NormsFileError, load_norms


def read_settings() -> Settings:
    """Read the settings from the environment and `.env`."""
    try:
        return load_settings()
    except SettingsError as error:
        raise CommandError(f"The settings can't be used: {error}.") from error


def read_norms(path: Path | None) -> Norms:
    """Read the norms of a file, or the shipped ones."""
    try:
        return default_norms() if path is None else load_norms(path)
    except NormsFileError as error:
        raise CommandError(f"{error}.") from error
