"""Settings as commands need them."""

from pathlib import Path

from gwansang.cli.failure import CommandError
from gwansang.config import Settings, SettingsError, load_settings
from gwansang.reading.norms import Norms, default_norms
from gwansang.reading.norms_file import NormsFileError, load_norms


def settings() -> Settings:
    """Read the settings; one that can't be used is a sentence, not a traceback."""
    try:
        return load_settings()
    except SettingsError as error:
        raise CommandError(f"The settings can't be used: {error}.") from error


def norms(path: Path | None) -> Norms:
    """The norms of a file, or the shipped ones; a file that can't be used is a sentence."""
    try:
        return default_norms() if path is None else load_norms(path)
    except NormsFileError as error:
        raise CommandError(f"{error}.") from error
