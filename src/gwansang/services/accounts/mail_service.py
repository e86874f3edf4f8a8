"""Mails sent in the background: requests don't wait for them, and every mail that is not sent is logged."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from email.message import EmailMessage
from functools import partial
from uuid import uuid4

import structlog

from gwansang.core.email_address import address_key
from gwansang.core.rate_limit import Bucket, Quota, RateLimiter
from gwansang.services.accounts.email_proof_service import EmailProof, MailPurpose
from gwansang.services.accounts.mail_transports import MailTransport, UndeliveredError
from gwansang.texts import Locale, load

_log = structlog.get_logger("gwansang.mail")
_MAX_WAITING = 1000
_CONCURRENCY = 4
_RETRY_DELAYS_S = (1.0, 5.0, 30.0)
_CLOSE_TIMEOUT_S = 8.0

IssueProof = Callable[[], Awaitable[EmailProof | None]]
_PAGES: Mapping[MailPurpose, str] = {"change": "verify", "restored": "reset"}  # that accept the same codes
Spent = list[tuple[Bucket, str, Quota]]
_OF_ANYBODY: frozenset[MailPurpose] = frozenset(("verify", "change", "reset"))  # others need the account of the address


class MailService:
    """Sends codes and notices by mail through a transport, a few an hour to one address, whatever causes them.

    limits: mails are counted by address and purpose, so that a stranger who causes some can't suppress others. Codes
    that change an address, which anybody can have sent anywhere, also give way to other codes that anybody can cause.
    link: the page that accepts the code, with {purpose} and {token} in it; "" for none. Put the token behind a #,
    because browsers don't send that part.
    """

    def __init__(
        self,
        transport: MailTransport,
        limits: RateLimiter,
        *,
        sender: str,
        link: str = "",
        retry_delays_s: Sequence[float] = _RETRY_DELAYS_S,
    ) -> None:
        self._transport = transport
        self._limits = limits
        self._sender = sender
        self._link = link
        self._retry_delays_s = retry_delays_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_CONCURRENCY)

    async def ensure_quota(self, purpose: MailPurpose, to: str) -> None:
        """Raise RateLimited if no mail of this purpose can be sent to this address now; nothing is counted."""
        (await self._limits.peek(Bucket.MAIL_PURPOSE, f"{purpose} {address_key(to)}")).check()
        if purpose == "change":
            (await self._limits.peek(Bucket.MAIL_ADDRESS, address_key(to))).check()

    def send(self, mail: EmailProof, locale: Locale) -> None:
        """Send a mail in the background."""
        self.post(mail.purpose, partial(_ready, mail), locale, mail.email)

    def post(self, purpose: MailPurpose, issue: IssueProof, locale: Locale, to: str) -> None:
        """Send the code that `issue` returns, if any, in the background. The code is issued in the background too, so
        that the time of a response does not reveal whether there is one."""
        if len(self._tasks) >= _MAX_WAITING:
            _log.error("mail.failed", reason="too many waiting")
            return
        task = asyncio.create_task(self._issue_and_deliver(purpose, issue, locale, to))
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

    async def _issue_and_deliver(self, purpose: MailPurpose, issue: IssueProof, locale: Locale, to: str) -> None:
        spent = await self._count(purpose, address_key(to))
        if spent is None:
            _log.warning("mail.limited", purpose=purpose)
            return
        proof = await issue()
        if proof is None or proof.email != to:  # nothing to send
            await self._give_back(spent)
            return
        await self._deliver(proof, locale)

    async def _count(self, purpose: MailPurpose, address: str) -> Spent | None:
        """Count a mail; return None, and count nothing, if there were too many."""
        counters = [(Bucket.MAIL_PURPOSE, f"{purpose} {address}")]
        if purpose in _OF_ANYBODY:
            counters.append((Bucket.MAIL_ADDRESS, address))
        spent = [(*counter, await self._limits.spend(*counter)) for counter in counters]
        binding = spent if purpose == "change" else spent[:1]
        if any(quota.refused for _, _, quota in binding):
            await self._give_back(spent)
            return None
        return spent

    async def _give_back(self, spent: Spent) -> None:
        for bucket, spender, quota in spent:
            if not quota.refused:
                await self._limits.give_back(bucket, spender, quota)

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
        page = _PAGES.get(proof.purpose, proof.purpose)
        link = self._link.format(purpose=page, token=proof.token) if self._link and proof.token else ""
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = proof.email
        message["Subject"] = text["subject"]
        message["Message-ID"] = f"<{mail_id}@{self._sender.rpartition('@')[2].rstrip('>')}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text["body"].format(token=proof.token, link=link).strip() + "\n")
        return message


async def _ready(mail: EmailProof) -> EmailProof:
    return mail
