"""Ways a mail leaves the house: through an SMTP server, or into a folder where a developer finds it."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Literal, Protocol
from uuid import uuid4

import aiosmtplib
import structlog

_log = structlog.get_logger("gwansang.mail")
_TIMEOUT_S = 15.0


class UndeliveredError(Exception):
    """A mail was not taken; `lasting` where trying again can't help. Never holds an address or a text."""

    def __init__(self, reason: str, *, lasting: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lasting = lasting


class MailTransport(Protocol):
    """Whoever takes a mail; raises UndeliveredError where it is not taken."""

    async def deliver(self, message: EmailMessage) -> None: ...

    async def forget(self, address: str) -> None:
        """Deletes what is still here of mails to somebody."""
        ...


@dataclass(frozen=True, slots=True)
class SmtpTransport:
    """Hands each mail to one SMTP server; with `security` none nothing is encrypted."""

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
            raise UndeliveredError(type(error).__name__, lasting=True) from None
        except aiosmtplib.SMTPResponseException as error:
            raise UndeliveredError(f"{type(error).__name__} {error.code}", lasting=error.code >= 500) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise UndeliveredError(type(error).__name__, lasting=False) from None

    async def forget(self, address: str) -> None:
        """Nothing is here: the server took it."""


@dataclass(frozen=True, slots=True)
class FolderTransport:
    """Writes each mail as a file; the log tells which, and nothing of what is in it."""

    folder: Path

    async def deliver(self, message: EmailMessage) -> None:
        path = self.folder / f"{uuid4().hex}.eml"
        try:
            await asyncio.to_thread(self._write, path, message.as_bytes())
        except OSError as error:
            raise UndeliveredError(type(error).__name__, lasting=False) from None
        _log.info("mail.written", path=str(path))

    async def forget(self, address: str) -> None:
        await asyncio.to_thread(self._delete, address.encode())

    def _delete(self, address: bytes) -> None:
        for path in self.folder.glob("*.eml"):
            with suppress(FileNotFoundError):  # somebody else is erased at the same time, or reads their mail
                if address in path.read_bytes():
                    path.unlink()

    def _write(self, path: Path, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(content)
