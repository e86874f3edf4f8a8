"""Mails in the background: whoever posts one waits for nothing, and no mail is lost without a word in the log."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal
from uuid import uuid4

import structlog

from gwansang.services.accounts.mail_transports import MailTransport, UndeliveredError
from gwansang.texts import DEFAULT_LOCALE, Locale, load

_log = structlog.get_logger("gwansang.mail")
_MAX_WAITING = 1000
_AT_ONCE = 4
_PAUSES_S = (1.0, 5.0, 30.0)
_LAST_MOMENTS_S = 8.0

Purpose = Literal["verify", "reset"]


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """A code for somebody; without a repr, so that no log can show it."""

    purpose: Purpose
    to: str
    token: str
    locale: Locale = DEFAULT_LOCALE


class MailService:
    """Posts letters through a carrier.

    link: where a person can use the code, with {purpose} and {token} in it; "" for none. Keep the token behind a #,
    which browsers send to nobody.
    """

    def __init__(
        self, carrier: MailTransport, *, sender: str, link: str = "", pauses_s: Sequence[float] = _PAUSES_S
    ) -> None:
        self._carrier = carrier
        self._sender = sender
        self._link = link
        self._pauses_s = pauses_s
        self._under_way: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)

    def post(self, write: Callable[[], Awaitable[Letter | None]]) -> None:
        """Takes a letter that is written in the background too, so that the time of an answer tells nobody whether
        there was one to write; what becomes of it is in the log."""
        if len(self._under_way) >= _MAX_WAITING:
            _log.error("mail.failed", reason="too many waiting")
            return
        task = asyncio.create_task(self._write_and_deliver(write))
        self._under_way.add(task)
        task.add_done_callback(self._forget)

    async def close(self, patience_s: float = _LAST_MOMENTS_S) -> None:
        """Gives letters under way a last moment; what is not out then is given up, and logged."""
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=patience_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if task.cancelled():
            _log.error("mail.failed", reason="the service stopped before it was sent")
        elif (fault := task.exception()) is not None:
            _log.error("mail.failed", reason=type(fault).__name__)  # its text may hold an address

    async def _write_and_deliver(self, write: Callable[[], Awaitable[Letter | None]]) -> None:
        letter = await write()
        if letter is not None:
            await self._deliver(letter)

    async def _deliver(self, letter: Letter) -> None:
        mail_id = uuid4().hex
        log = _log.bind(mail_id=mail_id, purpose=letter.purpose)
        message = self._compose(mail_id, letter)
        for pause_s in (*self._pauses_s, None):
            try:
                async with self._slots:
                    await self._carrier.deliver(message)
            except UndeliveredError as error:
                if error.lasting or pause_s is None:
                    log.error("mail.failed", reason=error.reason)
                    return
                log.warning("mail.delayed", reason=error.reason, pause_s=pause_s)
                await asyncio.sleep(pause_s)
            else:
                log.info("mail.sent")
                return

    def _compose(self, mail_id: str, letter: Letter) -> EmailMessage:
        text = load("mail", letter.locale, dict[str, dict[str, str]])[letter.purpose]
        link = self._link.format(purpose=letter.purpose, token=letter.token) if self._link else ""
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = letter.to
        message["Subject"] = text["subject"]
        message["Message-ID"] = f"<{mail_id}@{self._sender.rpartition('@')[2].rstrip('>')}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text["body"].format(token=letter.token, link=link).strip() + "\n")
        return message
