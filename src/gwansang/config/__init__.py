"""Settings from the environment and `.env`; only the composition roots (main, cli, worker, container) read them.

`groups.py` has each setting with its checks, `other_names.py` the names that other programs and older clients use.
"""

from typing import Self

from pydantic import ValidationError, model_validator

from gwansang.config.checks import SettingFault, faults_together
from gwansang.config.groups import (
    BodySettings,
    InferenceSettings,
    MailSettings,
    ProviderSettings,
    StorageSettings,
    TracingSettings,
)
from gwansang.config.other_names import NameNote, name_notes
from gwansang.config.values import DEFAULT_SECRET_KEY, SettingValues

__all__ = [
    "DEFAULT_SECRET_KEY",
    "BodySettings",
    "InferenceSettings",
    "MailSettings",
    "NameNote",
    "ProviderSettings",
    "SettingFault",
    "Settings",
    "SettingsError",
    "StorageSettings",
    "TracingSettings",
    "inspect_settings",
    "load_settings",
    "name_notes_of_settings",
]


class SettingsError(Exception):
    """The service can't start with these settings; the message says which and why."""


class Settings(SettingValues):
    """Settings that the service can start with."""

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if faults := list(faults_together(self)):
            raise ValueError("; ".join(fault.message for fault in faults))
        return self


def inspect_settings() -> tuple[Settings, tuple[SettingFault, ...]]:
    """Return the settings, with defaults for values that are invalid, and all that is wrong with them.

    Raises SettingsError if `.env` can't be read.
    """
    invalid: dict[str, SettingFault] = {}
    try:
        values = SettingValues()
    except (OSError, UnicodeError) as error:
        raise SettingsError(".env can't be read as a text in UTF-8") from error
    except ValidationError as error:
        for fault in error.errors():
            name, message = str(fault["loc"][0]), fault["msg"].removeprefix("Value error, ")
            invalid.setdefault(name, SettingFault(name, f"{name.upper()}: {message}"))
        fields = SettingValues.model_fields
        values = SettingValues(**{name: fields[name].get_default(call_default_factory=True) for name in invalid})
    together = (fault for fault in faults_together(values) if fault.name not in invalid)
    return Settings.model_construct(**dict(values)), (*invalid.values(), *together)


def load_settings() -> Settings:
    """Read the settings; raises SettingsError with one sentence if they can't be used."""
    settings, faults = inspect_settings()
    if faults:
        raise SettingsError("; ".join(fault.message for fault in faults))
    return settings


def name_notes_of_settings() -> list[NameNote]:
    """Return notes about names in `.env` and the environment that have no effect."""
    return name_notes(Settings)
