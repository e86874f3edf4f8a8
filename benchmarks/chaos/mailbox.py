"""A mail server of our own that can refuse mails or leave them unanswered."""

import asyncio
import email
import email.policy
from typing import Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from benchmarks.chaos.programs import free_port

Mood = Literal["takes", "refuses", "hangs"]
_HANG_S = 20.0  # longer than the service waits for an answer
_MIN_CODE = 40  # characters


class Mailbox:
    """Keeps the codes of mails by address."""

    def __init__(self) -> None:
        self.mood: Mood = "takes"
        self.taken = self.refused = 0
        self._codes: dict[str, list[str]] = {}
        self._controller: Controller | None = None

    def open(self) -> int:
        """Listen on a free loopback port and return it."""
        port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=port, ready_timeout=30)
        self._controller.start()
        return port

    def close(self) -> None:
        if self._controller is not None:
            self._controller.stop(no_assert=True)

    def codes(self, address: str) -> list[str]:
        """Return the codes that were mailed to an address, oldest first."""
        return self._codes.get(address, [])

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Answer a mail by the mood."""
        if self.mood == "hangs":
            await asyncio.sleep(_HANG_S)
            return "451 4.3.0 Too late"
        if self.mood == "refuses":
            self.refused += 1
            return "451 4.3.0 Try again later"
        self.taken += 1
        message = email.message_from_bytes(bytes(envelope.original_content or b""), policy=email.policy.default)
        lines = str(message.get_content()).splitlines()
        for address in envelope.rcpt_tos:
            codes = [line for line in lines if len(line) >= _MIN_CODE and " " not in line]
            self._codes.setdefault(address, []).extend(codes[:1])
        return "250 OK"
