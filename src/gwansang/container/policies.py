"""The settings as the values that each part of the program needs."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from gwansang.config import Settings, name_notes_of_settings
from gwansang.core.connection_slots import SocketPolicy
from gwansang.core.rate_limit import Bucket, Limit
from gwansang.services.accounts.address_change import UNDO_DAYS
from gwansang.services.accounts.usage_service import PlanPolicy
from gwansang.services.protection.retention import RetentionPolicy
from gwansang.services.readings.invitation_service import MAX_DAYS
from gwansang.services.tasks.worker import JobPolicy

_log = structlog.get_logger("gwansang.settings")
_MAILS_PER_HOUR = 3  # to one address, of each purpose
_EXPORTS_PER_DAY = 10  # of one user


@dataclass(frozen=True, slots=True)
class EdgePolicy:
    """Settings that endpoints and WebSockets read: sizes, guests, proxies, token for metrics, public address.

    mail_page_folder: the folder whose mails a page shows, in development without a mail server; else None.
    """

    max_upload_bytes: int
    max_video_bytes: int
    allow_guests: bool
    api_key_in_query: bool
    trusted_proxies: int
    metrics_token: str | None
    public_url: str | None
    mail_page_folder: Path | None
    sockets: SocketPolicy


def edge_policy(settings: Settings) -> EdgePolicy:
    return EdgePolicy(
        max_upload_bytes=settings.max_upload_bytes,
        max_video_bytes=settings.max_video_bytes,
        allow_guests=settings.guests_allowed,
        api_key_in_query=settings.api_key_in_query,
        trusted_proxies=settings.trusted_proxies,
        metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
        public_url=settings.public_url.rstrip("/") if settings.public_url else None,
        mail_page_folder=None if settings.production or settings.smtp_host else settings.mail_folder,
        sockets=SocketPolicy(
            origins=settings.allowed_origins,
            per_user=settings.sockets_per_user,
            per_address=settings.sockets_per_address,
            recheck_s=settings.socket_recheck_s,
        ),
    )


def rate_limits(settings: Settings) -> dict[Bucket, Limit]:
    logins = settings.logins_per_minute
    return {
        Bucket.CALLER: Limit(settings.caller_points_per_minute, 60),
        Bucket.ADDRESS: Limit(settings.address_calls_per_minute, 60),
        Bucket.GUEST_READINGS: Limit(settings.guest_readings_per_hour, 3600),
        Bucket.LOGIN_PAIR: Limit(logins, 60, fail_closed=True),
        Bucket.LOGIN_DEVICE: Limit(logins, 60, fail_closed=True),
        Bucket.LOGIN_ADDRESS: Limit(3 * logins, 60, fail_closed=True),
        Bucket.LOGIN_ACCOUNT: Limit(10 * logins, 60, fail_closed=True),
        Bucket.LOGIN_CALLS: Limit(6 * logins, 60),
        Bucket.EXPORTS: Limit(_EXPORTS_PER_DAY, 24 * 3600),
        Bucket.MAIL_ADDRESS: Limit(_MAILS_PER_HOUR, 3600),
        Bucket.MAIL_PURPOSE: Limit(_MAILS_PER_HOUR, 3600),
        Bucket.MAIL_SENDER: Limit(_MAILS_PER_HOUR, 3600),
    }


def retention_policy(settings: Settings) -> RetentionPolicy:
    return RetentionPolicy(
        inactive_months=settings.inactive_months,
        task_hours=settings.task_result_hours,
        sign_in_days=settings.refresh_token_days,
        mail_minutes=settings.mail_token_minutes,
        undo_days=UNDO_DAYS,
        invitation_days=MAX_DAYS,
    )


def plan_policy(settings: Settings) -> PlanPolicy:
    """Return the plans of readings a month."""
    return PlanPolicy(settings.plans, settings.default_plan, ZoneInfo(settings.timezone))


def job_policy(settings: Settings) -> JobPolicy:
    """Return the settings of the worker for tasks."""
    return JobPolicy(
        database_url=settings.database_url.get_secret_value(),
        slot_folder=settings.worker_folder,
        concurrency=settings.jobs_concurrency,
    )


def warn_of_unknown_names() -> None:
    """Log a warning for each name in `.env` or the environment that has no effect, with the setting it may mean."""
    for note in name_notes_of_settings():
        _log.warning("settings.unknown_name", problem=note.text, meant=note.nearest)
