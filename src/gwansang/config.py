"""Settings from the environment and `.env`; only the composition roots (main, cli, worker, container) read them.

Each group holds what one part of the program needs, with its own checks; `Settings` is all of them.
"""

import os
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
_MIN_TOKEN_BITS = 20  # of 5,000 random tokens of 16 hexadecimal digits, the least had 34


class SettingsError(Exception):
    """The service can't start with these settings; the message is one sentence that says which and why."""


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

    @model_validator(mode="after")
    def _check_s3_key(self) -> Self:
        if (self.s3_access_key_id is None) != (self.s3_secret_access_key is None):
            raise ValueError("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY belong together; set both or neither")
        return self


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
    metrics_token: Annotated[SecretStr | None, Field(min_length=16), _UNSET_IF_EMPTY] = None
    cors_origins: Names = ()
    cors_credentials: bool = False
    trusted_hosts: Names = ("*",)
    trusted_proxies: int = Field(0, ge=0, le=16)
    allow_guests: bool | None = None
    api_key_in_query: bool = False
    header_timeout_s: float = Field(10.0, gt=0)
    body_timeout_s: float = Field(60.0, gt=0)
    connections_per_address: int = Field(100, ge=10)
    sockets_per_user: int = Field(3, ge=1)
    sockets_per_address: int = Field(20, ge=1)
    socket_recheck_s: float = Field(30.0, gt=0, le=60)


class Settings(
    DatabaseSettings,
    StorageSettings,
    MailSettings,
    InferenceSettings,
    AccountSettings,
    TaskSettings,
    LimitSettings,
    EdgeSettings,
):
    """Every setting with its default; `.env.example` explains them to people."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True)

    environment: Literal["development", "production"] = "development"
    secret_key: SecretStr = SecretStr(DEFAULT_SECRET_KEY)
    encryption_keys: Annotated[Secret, AfterValidator(_check_keys)] = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "json", "console"] = "auto"

    @model_validator(mode="after")
    def _check_production_safety(self) -> Self:
        if "*" in self.cors_origins and self.cors_credentials:
            raise ValueError("CORS_ORIGINS=* and CORS_CREDENTIALS=true together would open every account to every site")
        if self.production and self.secret_key.get_secret_value() == DEFAULT_SECRET_KEY:
            raise ValueError("SECRET_KEY has its default value, which production refuses; set one of your own")
        if self.production and len(self.secret_key.get_secret_value()) < 32:
            raise ValueError("SECRET_KEY is shorter than the 32 characters that production asks for")
        if self.production and self.password_bcrypt_rounds < 10:
            raise ValueError("PASSWORD_BCRYPT_ROUNDS below 10 is refused in production: such hashes are guessed fast")
        if self.production and "*" in self.cors_origins:
            raise ValueError("CORS_ORIGINS=* is refused in production; name the sites that may call the API")
        if self.production and self.encryption_keys is None:
            raise ValueError("ENCRYPTION_KEYS is not set; production asks for a key of your own for stored measures")
        return self

    @model_validator(mode="after")
    def _check_entropy(self) -> Self:
        if not self.production:
            return self
        advice = "which production refuses; `openssl rand -hex 32` makes one"
        if entropy_bits(self.secret_key.get_secret_value()) < _MIN_KEY_BITS:
            raise ValueError(f"SECRET_KEY repeats itself and can be guessed, {advice}")
        if min(map(entropy_bits, self.master_keys.by_id.values())) < _MIN_KEY_BITS:
            raise ValueError("ENCRYPTION_KEYS has a key that is not random; `gwansang privacy new-key` makes one")
        if self.metrics_token is not None and entropy_bits(self.metrics_token.get_secret_value()) < _MIN_TOKEN_BITS:
            raise ValueError(f"METRICS_TOKEN repeats itself and can be guessed, {advice}")
        return self

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


def load_settings() -> Settings:
    """Read the settings; raises SettingsError with one sentence if they can't be used."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(fault["loc"], fault["msg"]) for fault in error.errors())) from None


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    return f"{location[0]!s}".upper() + f": {text}" if location else text
