"""Mail: through a real SMTP server on loopback, or into a folder; in the background, and never lost without a word."""

import asyncio
import email
import email.policy
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from structlog.testing import capture_logs

from gwansang.services.accounts.mail_service import Letter, MailService, Purpose
from gwansang.services.accounts.mail_transports import FolderTransport, MailTransport, SmtpTransport, UndeliveredError

ADDRESS = "minji@example.com"
TOKEN = "tok-3n-0f-a-test"
LETTER = Letter("verify", ADDRESS, TOKEN)


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    """What a running application configured would filter what is captured here."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


class Postbox:
    """What an SMTP server does with a mail: `answers` are its replies, one a mail; then it takes everything."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            parsed = email.message_from_bytes(envelope.original_content or b"", policy=email.policy.default)
            assert isinstance(parsed, EmailMessage)
            self.mails.append(parsed)
        return answer


@contextmanager
def smtp_server(postbox: Postbox) -> Iterator[SmtpTransport]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]  # its controller connects to the port it was given, so it can't be 0
    controller = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield SmtpTransport("127.0.0.1", port, security="none", timeout_s=3)
    finally:
        controller.stop()


async def written(letter: Letter | None) -> Letter | None:
    return letter


def posted(carrier: MailTransport, *letters: Letter | None, link: str = "") -> list[dict[str, Any]]:
    """What the log tells of posting these letters and closing afterwards."""

    async def post() -> None:
        mails = MailService(carrier, sender="GwanSang <no-reply@example.org>", pauses_s=(0.01, 0.01), link=link)
        for letter in letters:
            mails.post(partial(written, letter))
        await mails.close(patience_s=2)

    with capture_logs() as events:
        asyncio.run(post())
    assert ADDRESS not in str(events)
    assert TOKEN not in str(events)
    return [dict(event) for event in events]


@pytest.mark.parametrize(("locale", "word"), [("ko", "코드"), ("en", "code"), ("xx", "코드")])
@pytest.mark.parametrize("purpose", ["verify", "reset"])
def test_a_letter_arrives_at_a_real_server_with_its_code(purpose: Purpose, locale: str, word: str) -> None:
    postbox = Postbox()
    with smtp_server(postbox) as carrier:
        events = posted(carrier, Letter(purpose, ADDRESS, TOKEN, locale))
    (mail,) = postbox.mails
    assert (mail["To"], mail["From"]) == (ADDRESS, "GwanSang <no-reply@example.org>")
    assert TOKEN in mail.get_content().splitlines()
    assert word in mail.get_content()
    assert [event["event"] for event in events] == ["mail.sent"]


def test_a_link_is_in_the_letter_where_one_is_set() -> None:
    postbox = Postbox()
    with smtp_server(postbox) as carrier:
        posted(carrier, LETTER, link="https://faces.example.org/{purpose}#{token}")
    assert f"https://faces.example.org/verify#{TOKEN}" in postbox.mails[0].get_content()


def test_a_mail_that_is_deferred_is_sent_again_and_arrives_once() -> None:
    postbox = Postbox("451 try later", "421 busy")
    with smtp_server(postbox) as carrier:
        events = posted(carrier, LETTER)
    assert len(postbox.mails) == 1
    assert [event["event"] for event in events] == ["mail.delayed", "mail.delayed", "mail.sent"]


def test_a_mail_that_is_refused_for_good_is_logged_and_not_sent_again() -> None:
    postbox = Postbox("550 no")
    with smtp_server(postbox) as carrier:
        events = posted(carrier, LETTER)
    assert postbox.mails == []
    assert [(event["event"], event["reason"]) for event in events] == [("mail.failed", "SMTPDataError 550")]


def test_a_server_that_is_not_there_is_logged_after_all_tries() -> None:
    events = posted(SmtpTransport("127.0.0.1", 1, security="none", timeout_s=1), LETTER)
    assert [event["event"] for event in events] == ["mail.delayed", "mail.delayed", "mail.failed"]


def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for() -> None:
    postbox = Postbox()
    with smtp_server(postbox) as plain:
        events = posted(SmtpTransport(plain.host, plain.port, security="starttls", timeout_s=2), LETTER)
    assert postbox.mails == []
    assert events[-1]["event"] == "mail.failed"


def test_posting_waits_for_nobody_and_stopping_says_what_was_not_sent() -> None:
    class Slow:
        async def deliver(self, _: EmailMessage) -> None:
            await asyncio.sleep(60)

    async def post() -> float:
        mails = MailService(Slow(), sender="no-reply@example.org")
        loop = asyncio.get_running_loop()
        started = loop.time()
        for _ in range(3):
            mails.post(partial(written, LETTER))
        posted_in = loop.time() - started
        await asyncio.sleep(0)
        await mails.close(patience_s=0.05)
        return posted_in

    with capture_logs() as events:
        assert asyncio.run(post()) < 0.05
    assert [event["event"] for event in events] == ["mail.failed"] * 3


def test_more_letters_than_can_wait_are_refused_and_logged() -> None:
    class Gone:
        async def deliver(self, _: EmailMessage) -> None:
            raise UndeliveredError("gone", lasting=True)

    events = posted(Gone(), *[LETTER] * 1002)
    assert sum(event["reason"] == "too many waiting" for event in events) == 2
    assert len(events) == 1002


def test_a_letter_nobody_can_write_is_logged_without_its_address(tmp_path: Path) -> None:
    events = posted(FolderTransport(tmp_path), Letter("verify", f"{ADDRESS}\r\nBcc: x@example.com", TOKEN))
    assert [event["event"] for event in events] == ["mail.failed"]
    assert list(tmp_path.iterdir()) == []


def test_in_development_a_mail_is_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    events = posted(FolderTransport(tmp_path / "mail"), LETTER)
    (path,) = (tmp_path / "mail").iterdir()
    assert TOKEN in email.message_from_bytes(path.read_bytes(), policy=email.policy.default).get_content()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [event["event"] for event in events] == ["mail.written", "mail.sent"]
    assert events[0]["path"] == str(path)


def test_a_letter_can_not_be_printed() -> None:
    assert ADDRESS not in repr(LETTER)
    assert TOKEN not in f"{LETTER}"


def test_where_there_is_nothing_to_write_nothing_is_sent_or_said(tmp_path: Path) -> None:
    assert posted(FolderTransport(tmp_path), None) == []
    assert list(tmp_path.iterdir()) == []
