"""Every setting with its default, each of them valid by itself."""

import os
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, DotEnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from gwansang.config.fields import Secret, check_keys
from gwansang.config.groups import (
    AccountSettings,
    DatabaseSettings,
    EdgeSettings,
    InferenceSettings,
    LimitSettings,
    MailSettings,
    PlanSettings,
    ProviderSettings,
    StorageSettings,
    TaskSettings,
    TracingSettings,
    WebhookSettings,
)
from gwansang.config.other_names import OtherNames
from gwansang.core.encryption import MasterKeys, derive_key

DEFAULT_SECRET_KEY = "development-only-secret-key-never-for-production"  # noqa: S105  # production refuses exactly this one
_LOCAL_SITES = tuple(f"http://{host}:{port}" for host in ("localhost", "127.0.0.1") for port in (3000, 5173))


class SettingValues(
    DatabaseSettings,
    StorageSettings,
    MailSettings,
    InferenceSettings,
    AccountSettings,
    ProviderSettings,
    TaskSettings,
    WebhookSettings,
    LimitSettings,
    TracingSettings,
    PlanSettings,
    EdgeSettings,
):
    """Every setting with its default, each of them valid by itself; `.env.example` explains them to people."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources, the first of which wins: other names of a setting count after its own in each place."""
        files = cast(DotEnvSettingsSource, dotenv_settings).env_vars
        environment = OtherNames(settings_cls, {name.lower(): value for name, value in os.environ.items()})
        return init_settings, env_settings, environment, dotenv_settings, OtherNames(settings_cls, files)

    project_name: str = Field("GwanSang-AI", min_length=1, max_length=100)
    environment: Literal["development", "production"] = "development"
    secret_key: SecretStr = SecretStr(DEFAULT_SECRET_KEY)
    encryption_keys: Annotated[Secret, AfterValidator(check_keys)] = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "json", "console"] = "auto"

    @property
    def master_keys(self) -> MasterKeys:
        """Keys that encrypt the keys of users; derived from SECRET_KEY if none is set, which production refuses."""
        if self.encryption_keys is None:
            return MasterKeys.derive(self.secret_key.get_secret_value())
        return MasterKeys.parse(self.encryption_keys.get_secret_value())

    @property
    def log_pseudonym_key(self) -> bytes:
        """Key of the digests of ids in logs, the same in all processes."""
        return derive_key(self.secret_key.get_secret_value(), b"gwansang names in logs")

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def guests_allowed(self) -> bool:
        return self.allow_guests if self.allow_guests is not None else not self.production

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """Sites whose pages may call the API: in development, if none is named, those of the usual local servers."""
        return self.cors_origins or (() if self.production else _LOCAL_SITES)

    @property
    def json_logs(self) -> bool:
        return self.log_format == "json" or (self.log_format == "auto" and self.production)
