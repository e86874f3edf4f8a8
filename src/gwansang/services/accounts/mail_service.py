"""Mails sent in the background: requests don't wait for them, and every mail that is not sent is logged."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from email.message import EmailMessage
from uuid import uuid4

import structlog

from gwansang.services.accounts.email_proof_service import EmailProof
from gwansang.services.accounts.mail_transports import MailTransport, UndeliveredError
from gwansang.texts import Locale, load

_log = structlog.get_logger("gwansang.mail")
_MAX_WAITING = 1000
_CONCURRENCY = 4
_RETRY_DELAYS_S = (1.0, 5.0, 30.0)
_CLOSE_TIMEOUT_S = 8.0

IssueProof = Callable[[], Awaitable[EmailProof | None]]


class MailService:
    """Sends tokens by mail through a transport.

    link: the page that accepts the token, with {purpose} and {token} in it; "" for none. Put the token behind a #,
    because browsers don't send that part.
    """

    def __init__(
        self,
        transport: MailTransport,
        *,
        sender: str,
        link: str = "",
        retry_delays_s: Sequence[float] = _RETRY_DELAYS_S,
    ) -> None:
        self._transport = transport
        self._sender = sender
        self._link = link
        self._retry_delays_s = retry_delays_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_CONCURRENCY)

    def post(self, issue: IssueProof, locale: Locale) -> None:
        """Send the token that `issue` returns, if any, in the background. The token is issued in the background too,
        so that the time of a response does not reveal whether there is one."""
        if len(self._tasks) >= _MAX_WAITING:
            _log.error("mail.failed", reason="too many waiting")
            return
        task = asyncio.create_task(self._issue_and_deliver(issue, locale))
        self._tasks.add(task)
        task.add_done_callback(self._on_done)

    async def close(self, timeout_s: float = _CLOSE_TIMEOUT_S) -> None:
        """Wait for unsent mails, then cancel and log those that are left."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=timeout_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            _log.error("mail.failed", reason="the service stopped before it was sent")
        elif (error := task.exception()) is not None:
            _log.error("mail.failed", reason=type(error).__name__)  # its text may contain an address

    async def _issue_and_deliver(self, issue: IssueProof, locale: Locale) -> None:
        proof = await issue()
        if proof is not None:
            await self._deliver(proof, locale)

    async def _deliver(self, proof: EmailProof, locale: Locale) -> None:
        mail_id = uuid4().hex
        log = _log.bind(mail_id=mail_id, purpose=proof.purpose)
        message = self._compose(mail_id, proof, locale)
        for delay_s in (*self._retry_delays_s, None):
            try:
                async with self._slots:
                    await self._transport.deliver(message)
            except UndeliveredError as error:
                if error.permanent or delay_s is None:
                    log.error("mail.failed", reason=error.reason)
                    return
                log.warning("mail.retry", reason=error.reason, delay_s=delay_s)
                await asyncio.sleep(delay_s)
            else:
                log.info("mail.sent")
                return

    def _compose(self, mail_id: str, proof: EmailProof, locale: Locale) -> EmailMessage:
        text = load("mail", locale, dict[str, dict[str, str]])[proof.purpose]
        link = self._link.format(purpose=proof.purpose, token=proof.token) if self._link else ""
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = proof.email
        message["Subject"] = text["subject"]
        message["Message-ID"] = f"<{mail_id}@{self._sender.rpartition('@')[2].rstrip('>')}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text["body"].format(token=proof.token, link=link).strip() + "\n")
        return message
