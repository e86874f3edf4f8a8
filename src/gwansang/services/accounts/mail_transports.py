"""Mail transports: an SMTP server, or a folder for development."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Literal, Protocol
from uuid import uuid4

import aiosmtplib
import structlog

_log = structlog.get_logger("gwansang.mail")
_TIMEOUT_S = 15.0


class UndeliveredError(Exception):
    """A mail was not accepted; `permanent` if a retry can't help. Never contains an address or a text."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


class MailTransport(Protocol):
    """Accepts mails; raises UndeliveredError."""

    async def deliver(self, message: EmailMessage) -> None: ...

    async def delete_mails(self, address: str) -> None:
        """Delete the mails to an address that are still stored here."""
        ...


@dataclass(frozen=True, slots=True)
class SmtpTransport:
    """Sends each mail through one SMTP server; `security` "none" is unencrypted."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    timeout_s: float = _TIMEOUT_S

    async def deliver(self, message: EmailMessage) -> None:
        try:
            await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                username=self.username,
                password=self.password,
                use_tls=self.security == "tls",
                start_tls=self.security == "starttls",
                timeout=self.timeout_s,
            )
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPNotSupported) as error:
            raise UndeliveredError(type(error).__name__, permanent=True) from None
        except aiosmtplib.SMTPResponseException as error:
            raise UndeliveredError(f"{type(error).__name__} {error.code}", permanent=error.code >= 500) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise UndeliveredError(type(error).__name__, permanent=False) from None

    async def delete_mails(self, address: str) -> None:
        """Do nothing: mails are not stored here."""


@dataclass(frozen=True, slots=True)
class FolderTransport:
    """Writes each mail to a file; the log has its path and nothing of its content."""

    folder: Path

    async def deliver(self, message: EmailMessage) -> None:
        path = self.folder / f"{uuid4().hex}.eml"
        try:
            await asyncio.to_thread(self._write, path, message.as_bytes())
        except OSError as error:
            raise UndeliveredError(type(error).__name__, permanent=False) from None
        _log.info("mail.written", path=str(path))

    async def delete_mails(self, address: str) -> None:
        """Delete the mails to an address; those that can't be are logged, and keep no erasure from its other parts."""
        await asyncio.to_thread(self._delete, address.encode())

    def _delete(self, address: bytes) -> None:
        for path in self.folder.glob("*.eml"):
            try:
                if address in path.read_bytes():
                    path.unlink()
            except FileNotFoundError:  # deleted meanwhile, by another erasure or by the developer
                continue
            except OSError as error:
                _log.error("mail.not_deleted", path=str(path), reason=type(error).__name__)

    def _write(self, path: Path, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(content)


@dataclass(frozen=True, slots=True)
class WrittenMail:
    """A mail of the folder, decoded."""

    to: str
    subject: str
    text: str
    written_at: datetime


def read_mails(folder: Path, count: int) -> list[WrittenMail]:
    """Return the newest mails of a folder; those that are deleted meanwhile are left out."""
    dated = []
    for path in folder.glob("*.eml"):
        with suppress(FileNotFoundError):
            dated.append((path.stat().st_mtime, path))
    mails = []
    for written, path in sorted(dated, reverse=True)[:count]:
        with suppress(FileNotFoundError):
            message = message_from_bytes(path.read_bytes(), policy=policy.default)
            body = message.get_body(("plain",))
            text = body.get_content() if body is not None else ""
            mails.append(
                WrittenMail(str(message["To"]), str(message["Subject"]), text, datetime.fromtimestamp(written, UTC))
            )
    return mails
