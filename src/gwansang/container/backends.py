"""The file store and the mails that the settings name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from gwansang.config import MailSettings, Settings, StorageSettings
from gwansang.core.clock import Clock
from gwansang.core.file_links import FileLinks
from gwansang.core.rate_limit import RateLimiter
from gwansang.services.accounts.mail_service import MailService
from gwansang.services.accounts.mail_transports import FolderTransport, MailTransport, SmtpTransport
from gwansang.storage.base import ObjectStore

if TYPE_CHECKING:
    from gwansang.storage.s3 import S3Bucket

_log = structlog.get_logger("gwansang.mail")


def open_store(settings: StorageSettings, links: FileLinks, clock: Clock) -> ObjectStore:
    """Return the file store; obstore is imported here, when something will be stored."""
    if settings.s3_bucket is None:
        from gwansang.storage.local import LocalObjectStore  # noqa: PLC0415 - see above

        return LocalObjectStore(settings.storage_folder, links)
    from gwansang.storage.s3 import S3ObjectStore  # noqa: PLC0415 - see above

    return S3ObjectStore(bucket_of(settings, settings.s3_bucket), clock=clock)


def bucket_of(settings: StorageSettings, name: str) -> "S3Bucket":
    """Return where the bucket is, and the credentials for it."""
    from gwansang.storage.s3 import S3Bucket  # noqa: PLC0415 - obstore

    key, secret = settings.s3_access_key_id, settings.s3_secret_access_key
    return S3Bucket(
        name=name,
        region=settings.s3_region,
        endpoint=settings.s3_endpoint,
        public_endpoint=settings.s3_public_endpoint,
        access_key_id=key.get_secret_value() if key else None,
        secret_access_key=secret.get_secret_value() if secret else None,
    )


@asynccontextmanager
async def open_mails(settings: Settings, limits: RateLimiter) -> AsyncIterator[MailService]:
    """Yield the mail service; without an SMTP server, log where its codes lie, because they open accounts."""
    if settings.smtp_host is None:
        _log.warning("mail.no_server", folder=str(settings.mail_folder.absolute()))
    mails = MailService(mail_transport(settings), limits, sender=settings.mail_from, link=settings.mail_link)
    try:
        yield mails
    finally:
        await mails.close()


def mail_transport(settings: MailSettings) -> MailTransport:
    """Return the SMTP transport, or one that writes into a folder if no SMTP server is configured."""
    if settings.smtp_host is None:
        return FolderTransport(settings.mail_folder)
    return SmtpTransport(
        host=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        security=settings.smtp_security,
    )
