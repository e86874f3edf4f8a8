"""Settings from the environment and `.env`; only the composition roots (main, cli, worker, container) read them.

Each group holds what one part of the program needs, with its own checks; `Settings` is all of them.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gwansang.core.encryption import MasterKeys, derive_key
from gwansang.core.entropy import entropy_bits

DEFAULT_SECRET_KEY = "development-only-secret-key-never-for-production"  # noqa: S105  # production refuses exactly this one
_MIB = 1024 * 1024
_MIN_KEY_BITS = 64  # by `entropy_bits`; of 3,000 random keys of 32 hexadecimal digits, the least had 88
_MIN_SECRET_LENGTH = 32
_MIN_BCRYPT_ROUNDS = 10
_GUESSABLE = "repeats itself and can be guessed, which production refuses; `openssl rand -hex 32` makes one"
_MIN_TOKEN_BITS = 20  # of 5,000 random tokens of 16 hexadecimal digits, the least had 34


class SettingsError(Exception):
    """The service can't start with these settings; the message says which and why."""


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(name.strip().rstrip("/") for name in value.split(",") if name.strip())
    return value


def _check_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError, OSError) as error:  # OSError: a folder of zones, such as Asia
        raise ValueError("it is not a time zone name such as Asia/Seoul") from error
    return name


def _check_mail_link(link: str) -> str:
    if link and (link.count("{token}") != 1 or link.replace("{purpose}", "").count("{") != 1):
        raise ValueError("it needs {token}, and may have {purpose}, and no other braces")
    return link


def _check_keys(keys: SecretStr | None) -> SecretStr | None:
    if keys is not None:
        MasterKeys.parse(keys.get_secret_value())
    return keys


_UNSET_IF_EMPTY = BeforeValidator(lambda value: None if value == "" else value)
Text = Annotated[str | None, _UNSET_IF_EMPTY]
Secret = Annotated[SecretStr | None, _UNSET_IF_EMPTY]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class DatabaseSettings(BaseSettings):
    """The database and its pool of connections."""

    database_url: SecretStr = SecretStr("sqlite:///.data/gwansang.sqlite3")
    database_pool_size: int = Field(5, ge=1, le=100)


class StorageSettings(BaseSettings):
    """The file store: a folder, or a bucket if one is named."""

    storage_folder: Path = Path(".data/storage")
    s3_bucket: Text = None
    s3_region: str = "us-east-1"
    s3_endpoint: Text = None
    s3_public_endpoint: Text = None
    s3_access_key_id: Secret = None
    s3_secret_access_key: Secret = None


class MailSettings(BaseSettings):
    """E-mail: an SMTP server, or a folder if no server is named."""

    smtp_host: Text = None
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_username: Text = None
    smtp_password: Secret = None
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    mail_from: str = "no-reply@localhost"
    mail_folder: Path = Path(".data/mail")
    mail_link: Annotated[str, AfterValidator(_check_mail_link)] = ""


class BodySettings(BaseSettings):
    """Sizes of request bodies."""

    max_upload_bytes: int = Field(10 * _MIB, ge=1024)
    max_form_bytes: int = Field(25 * _MIB, ge=1024)
    max_batch_bytes: int = Field(100 * _MIB, ge=1024)
    max_video_bytes: int = Field(50 * _MIB, ge=1024)
    max_json_bytes: int = Field(14 * _MIB, ge=1024)
    max_inflight_bytes: int = Field(64 * _MIB, ge=_MIB)


class InferenceSettings(BaseSettings):
    """Models, norms and the pool of threads that reads faces."""

    model_path: Path = Path(".models")
    norms_path: Annotated[Path | None, _UNSET_IF_EMPTY] = None
    inference_workers: int = Field(default_factory=lambda: max(1, os.cpu_count() or 1), ge=1, le=64)
    inference_queue: int = Field(64, ge=1, le=4096)
    inference_timeout_s: float = Field(30.0, gt=0)
    timezone: Annotated[str, AfterValidator(_check_timezone)] = "Asia/Seoul"


class AccountSettings(BaseSettings):
    """Passwords, tokens, API keys, and when an unused account loses its data."""

    access_token_minutes: int = Field(30, ge=1, le=24 * 60)
    refresh_token_days: int = Field(7, ge=1, le=90)
    mail_token_minutes: int = Field(60, ge=1, le=60)
    password_scheme: Literal["bcrypt", "argon2"] = "bcrypt"  # noqa: S105  # the name of a method
    password_bcrypt_rounds: int = Field(12, ge=4, le=16)
    password_threads: int = Field(2, ge=1, le=32)
    inactive_months: int = Field(12, ge=1, le=36)
    max_keys_per_user: int = Field(20, ge=1, le=1000)
    max_sign_ins_per_user: int = Field(50, ge=1, le=1000)


class TaskSettings(BaseSettings):
    """Long work."""

    jobs_concurrency: int = Field(4, ge=0, le=64)
    max_unfinished_tasks: int = Field(20, ge=1, le=1000)
    task_result_hours: int = Field(24, ge=1, le=24 * 30)
    worker_folder: Path = Path(".data/workers")


class LimitSettings(BaseSettings):
    """Rate limits, and the Redis that counts them for all processes."""

    redis_url: Secret = None
    caller_points_per_minute: int = Field(300, ge=20)
    address_calls_per_minute: int = Field(60, ge=1)
    guest_readings_per_hour: int = Field(10, ge=1)
    logins_per_minute: int = Field(10, ge=1)


class EdgeSettings(BodySettings):
    """Settings of the HTTP edge: hosts, origins, proxies, operators, request bodies and WebSockets."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    public_docs: bool = True
    public_url: Annotated[Annotated[str, Field(pattern=r"^https?://[^/\s]+/?$")] | None, _UNSET_IF_EMPTY] = None
    metrics_token: Annotated[SecretStr | None, Field(min_length=16), _UNSET_IF_EMPTY] = None
    cors_origins: Names = ()
    cors_credentials: bool = False
    trusted_hosts: Names = ("*",)
    trusted_proxies: int = Field(0, ge=0, le=16)
    allow_guests: bool | None = None
    api_key_in_query: bool = False
    header_timeout_s: float = Field(10.0, gt=0)
    body_timeout_s: float = Field(60.0, gt=0)
    send_timeout_s: float = Field(30.0, gt=0)
    connections_per_address: int = Field(100, ge=10)
    requests_per_second: int = Field(30, ge=1)
    sockets_per_user: int = Field(3, ge=1)
    sockets_per_address: int = Field(20, ge=1)
    socket_recheck_s: float = Field(30.0, gt=0, le=60)


class SettingValues(
    DatabaseSettings,
    StorageSettings,
    MailSettings,
    InferenceSettings,
    AccountSettings,
    TaskSettings,
    LimitSettings,
    EdgeSettings,
):
    """Every setting with its default, each of them valid by itself; `.env.example` explains them to people."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True)

    environment: Literal["development", "production"] = "development"
    secret_key: SecretStr = SecretStr(DEFAULT_SECRET_KEY)
    encryption_keys: Annotated[Secret, AfterValidator(_check_keys)] = None
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
    def json_logs(self) -> bool:
        return self.log_format == "json" or (self.log_format == "auto" and self.production)


class Settings(SettingValues):
    """Settings that the service can start with."""

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if faults := list(_faults_together(self)):
            raise ValueError("; ".join(fault.message for fault in faults))
        return self


@dataclass(frozen=True, slots=True)
class SettingFault:
    """What is wrong with a setting, by its field; the message names it as people write it."""

    name: str
    message: str


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
    together = (fault for fault in _faults_together(values) if fault.name not in invalid)
    return Settings.model_construct(**dict(values)), (*invalid.values(), *together)


def load_settings() -> Settings:
    """Read the settings; raises SettingsError with one sentence if they can't be used."""
    settings, faults = inspect_settings()
    if faults:
        raise SettingsError("; ".join(fault.message for fault in faults))
    return settings


def _faults_together(values: SettingValues) -> Iterator[SettingFault]:
    """Yield what is wrong with valid settings beside each other, or in production."""
    if (values.s3_access_key_id is None) != (values.s3_secret_access_key is None):
        yield SettingFault("s3_access_key_id", "S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY belong together; set both")
    if "*" in values.cors_origins and values.cors_credentials:
        message = "CORS_ORIGINS=* and CORS_CREDENTIALS=true together would open every account to every site"
        yield SettingFault("cors_origins", message)
    elif "*" in values.cors_origins and values.production:
        yield SettingFault("cors_origins", "CORS_ORIGINS=* is refused in production; name the sites that call the API")
    if not values.production:
        return
    if values.password_bcrypt_rounds < _MIN_BCRYPT_ROUNDS:
        message = "PASSWORD_BCRYPT_ROUNDS below 10 is refused in production: such hashes are guessed fast"
        yield SettingFault("password_bcrypt_rounds", message)
    yield from _weak_secrets(values)


def _weak_secrets(values: SettingValues) -> Iterator[SettingFault]:
    key, token = values.secret_key.get_secret_value(), values.metrics_token
    if key == DEFAULT_SECRET_KEY:
        message = "SECRET_KEY has its default value, which production refuses; set one of your own"
        yield SettingFault("secret_key", message)
    elif len(key) < _MIN_SECRET_LENGTH:
        yield SettingFault("secret_key", "SECRET_KEY is shorter than the 32 characters that production asks for")
    elif entropy_bits(key) < _MIN_KEY_BITS:
        yield SettingFault("secret_key", f"SECRET_KEY {_GUESSABLE}")
    if values.encryption_keys is None:
        message = "ENCRYPTION_KEYS is not set; production asks for a key of your own for stored measures"
        yield SettingFault("encryption_keys", message)
    elif min(map(entropy_bits, values.master_keys.by_id.values())) < _MIN_KEY_BITS:
        message = "ENCRYPTION_KEYS has a key that is not random; `gwansang privacy new-key` makes one"
        yield SettingFault("encryption_keys", message)
    if token is not None and entropy_bits(token.get_secret_value()) < _MIN_TOKEN_BITS:
        yield SettingFault("metrics_token", f"METRICS_TOKEN {_GUESSABLE}")
