"""Settings as commands need them."""

from gwansang.cli.failure import CommandError
from gwansang.config import Settings, SettingsError, load_settings


def settings() -> Settings:
    """Read the settings; one that can't be used is a sentence, not a traceback."""
    try:
        return load_settings()
    except SettingsError as error:
        raise CommandError(f"The settings can't be used: {error}.") from error
