"""Groups of settings: what one part of the program needs, each value with its own checks."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from gwansang.config.fields import (
    API_PREFIX,
    UNSET_IF_EMPTY,
    DiscoveryUrl,
    Names,
    Plans,
    ProviderUrl,
    Secret,
    Text,
    check_api_prefix,
    check_apple_key,
    check_mail_link,
    check_timezone,
)
from gwansang.core.usage import UNLIMITED_PLAN

_MIB = 1024 * 1024


class DatabaseSettings(BaseSettings):
    """The database and its pool of connections."""

    database_url: SecretStr = SecretStr("sqlite:///.data/gwansang.sqlite3")
    database_pool_size: int = Field(5, ge=1, le=100)
    database_max_overflow: int = Field(5, ge=0, le=100)


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
    mail_link: Annotated[str, AfterValidator(check_mail_link)] = ""


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
    norms_path: Annotated[Path | None, UNSET_IF_EMPTY] = None
    inference_workers: int = Field(default_factory=lambda: max(1, os.cpu_count() or 1), ge=1, le=64)
    inference_queue: int = Field(64, ge=1, le=4096)
    inference_timeout_s: float = Field(30.0, gt=0)
    timezone: Annotated[str, AfterValidator(check_timezone)] = "Asia/Seoul"


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
    first_admin_email: Text = None
    first_admin_password: Secret = None


class ProviderSettings(BaseSettings):
    """Providers that people sign in with; one is offered if its client id is set."""

    kakao_client_id: Text = None
    kakao_client_secret: Secret = None
    kakao_app_client_ids: Names = ()
    kakao_discovery_url: DiscoveryUrl = "https://kauth.kakao.com/.well-known/openid-configuration"
    naver_client_id: Text = None
    naver_client_secret: Secret = None
    naver_authorize_url: ProviderUrl = "https://nid.naver.com/oauth2.0/authorize"
    naver_token_url: ProviderUrl = "https://nid.naver.com/oauth2.0/token"  # noqa: S105  # an address
    naver_profile_url: ProviderUrl = "https://openapi.naver.com/v1/nid/me"
    google_client_id: Text = None
    google_client_secret: Secret = None
    google_app_client_ids: Names = ()
    google_discovery_url: DiscoveryUrl = "https://accounts.google.com/.well-known/openid-configuration"
    apple_client_id: Text = None
    apple_app_client_ids: Names = ()
    apple_team_id: Text = None
    apple_key_id: Text = None
    apple_private_key: Annotated[Secret, AfterValidator(check_apple_key)] = None
    apple_discovery_url: DiscoveryUrl = "https://appleid.apple.com/.well-known/openid-configuration"


class TaskSettings(BaseSettings):
    """Long work."""

    jobs_concurrency: int = Field(4, ge=0, le=64)
    max_unfinished_tasks: int = Field(20, ge=1, le=1000)
    task_result_hours: int = Field(24, ge=1, le=24 * 30)
    worker_folder: Path = Path(".data/workers")


class WebhookSettings(BaseSettings):
    """Webhooks; those to this machine are for development."""

    max_webhooks_per_user: int = Field(10, ge=1, le=100)
    webhook_local_targets: bool = False


class LimitSettings(BaseSettings):
    """Rate limits, and the Redis that counts them for all processes."""

    redis_url: Secret = None
    caller_points_per_minute: int = Field(300, ge=20)
    address_calls_per_minute: int = Field(60, ge=1)
    guest_readings_per_hour: int = Field(10, ge=1)
    logins_per_minute: int = Field(10, ge=1)


class TracingSettings(BaseSettings):
    """Traces, by the standard names of OpenTelemetry, which reads more of them from the environment itself."""

    otel_sdk_disabled: bool = False
    otel_traces_exporter: Annotated[Literal["otlp", "none"] | None, UNSET_IF_EMPTY] = None
    otel_exporter_otlp_endpoint: Text = None
    otel_exporter_otlp_traces_endpoint: Text = None
    otel_exporter_otlp_protocol: Annotated[Literal["http/protobuf"] | None, UNSET_IF_EMPTY] = None
    otel_exporter_otlp_headers: Secret = None
    otel_service_name: Text = None
    otel_resource_attributes: Text = None
    otel_traces_sampler: Text = None
    otel_traces_sampler_arg: Text = None

    @property
    def traces_recorded(self) -> bool:
        """Return whether an endpoint or the exporter is named; OpenTelemetry alone would record without either."""
        named = self.otel_exporter_otlp_endpoint or self.otel_exporter_otlp_traces_endpoint
        exporter = self.otel_traces_exporter or ("otlp" if named else "none")
        return exporter == "otlp" and not self.otel_sdk_disabled


class PlanSettings(BaseSettings):
    """Plans: readings that a user may have in a month."""

    plans: Plans = {"free": 100, "standard": 1_000, "business": 20_000}
    default_plan: str = UNLIMITED_PLAN


class EdgeSettings(BodySettings):
    """Settings of the HTTP edge: hosts, origins, proxies, operators, request bodies and WebSockets."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    api_v1_prefix: Annotated[str, AfterValidator(check_api_prefix)] = API_PREFIX
    public_docs: bool = True
    public_url: Annotated[Annotated[str, Field(pattern=r"^https?://[^/\s]+/?$")] | None, UNSET_IF_EMPTY] = None
    metrics_token: Annotated[SecretStr | None, Field(min_length=16), UNSET_IF_EMPTY] = None
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
