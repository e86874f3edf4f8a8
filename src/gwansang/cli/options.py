"""Settings, norms and language, read for a command: faults are one sentence."""

import os
from pathlib import Path

from gwansang.cli.failure import CommandError
from gwansang.config import Settings, SettingsError, load_settings
from gwansang.core.locale_negotiation import negotiate_locale
from gwansang.reading.norms import Norms, default_norms
from gwansang.reading.norms_file import NormsFileError, load_norms
from gwansang.texts import Locale


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


def locale_of_terminal() -> Locale:
    """Return the language of the terminal (LC_ALL, LC_MESSAGES, LANG: the first that is set), else the default."""
    variables = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    chosen = next(filter(None, variables), "")
    return negotiate_locale((chosen.partition(".")[0],))
