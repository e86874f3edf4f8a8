"""Mail through a real SMTP server on loopback or into a folder; sent in the background, and failures are logged."""

import asyncio
import email
import email.policy
import socket
import stat
from collections import Counter
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

from gwansang.container.backends import open_mails
from gwansang.core.exceptions import RateLimited
from gwansang.core.rate_limit import Bucket, Limit, RateLimiter
from gwansang.services.accounts.email_proof_service import EmailProof, MailPurpose
from gwansang.services.accounts.mail_service import MailService
from gwansang.services.accounts.mail_transports import FolderTransport, MailTransport, SmtpTransport, UndeliveredError
from gwansang.texts import LOCALES, Locale, load
from tests.support.serving import settings_for_tests

ADDRESS = "minji@example.com"
TOKEN = "tok-3n-0f-a-test"
PROOF = EmailProof("verify", ADDRESS, TOKEN)


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    """Reset structlog: the configuration of a running application would filter the captured events."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


class Postbox:
    """Handler of an SMTP server: answers the first mails with `answers`, and accepts and stores all others."""

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


def limiter(mails: int = 1_000_000) -> RateLimiter:
    limit = Limit(mails, 3600)
    return RateLimiter({Bucket.MAIL_ADDRESS: limit, Bucket.MAIL_PURPOSE: limit}, None)


async def issued(proof: EmailProof | None) -> EmailProof | None:
    return proof


def post_all(
    transport: MailTransport, *proofs: EmailProof | None, link: str = "", locale: str = "ko"
) -> list[dict[str, Any]]:
    """Post these proofs, close the service, and return the log events."""

    async def post() -> None:
        sender = "GwanSang <no-reply@example.org>"
        mails = MailService(transport, limiter(), sender=sender, retry_delays_s=(0.01, 0.01), link=link)
        for proof in proofs:
            to = proof.email if proof else ADDRESS
            mails.post(proof.purpose if proof else "verify", partial(issued, proof), locale, to)
        await mails.close(timeout_s=30)

    with capture_logs() as events:
        asyncio.run(post())
    assert ADDRESS not in str(events)
    assert TOKEN not in str(events)
    return [dict(event) for event in events]


@pytest.mark.parametrize(("locale", "word"), [("ko", "코드"), ("en", "code"), ("ja", "コード"), ("xx", "코드")])
@pytest.mark.parametrize("purpose", ["verify", "reset"])
def test_a_mail_with_the_code_arrives_at_a_real_server(purpose: MailPurpose, locale: str, word: str) -> None:
    postbox = Postbox()
    with smtp_server(postbox) as transport:
        events = post_all(transport, EmailProof(purpose, ADDRESS, TOKEN), locale=locale)
    (mail,) = postbox.mails
    assert (mail["To"], mail["From"]) == (ADDRESS, "GwanSang <no-reply@example.org>")
    assert TOKEN in mail.get_content().splitlines()
    assert word in mail.get_content()
    assert [event["event"] for event in events] == ["mail.sent"]


@pytest.mark.parametrize(
    ("purpose", "page"),
    [("verify", "verify"), ("change", "verify"), ("undo", "undo"), ("reset", "reset"), ("restored", "reset")],
)
def test_the_mail_has_the_configured_link(purpose: MailPurpose, page: str) -> None:
    postbox = Postbox()
    with smtp_server(postbox) as transport:
        proof = EmailProof(purpose, ADDRESS, TOKEN)
        post_all(transport, proof, link="https://faces.example.org/{purpose}#{token}")
    assert f"https://faces.example.org/{page}#{TOKEN}" in postbox.mails[0].get_content()


@pytest.mark.parametrize("locale", LOCALES)
def test_every_subject_arrives_as_it_was_written(locale: Locale) -> None:
    texts = load("mail", locale, dict[MailPurpose, dict[str, str]])
    postbox = Postbox()
    with smtp_server(postbox) as transport:
        post_all(transport, *(EmailProof(purpose, ADDRESS, TOKEN) for purpose in texts), locale=locale)
    assert {str(mail["Subject"]) for mail in postbox.mails} == {text["subject"] for text in texts.values()}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("purpose", ["password_changed", "address_changed", "address_changed_by_admin"])
def test_a_notice_has_no_code_and_no_link(purpose: MailPurpose, locale: str) -> None:
    postbox = Postbox()
    with smtp_server(postbox) as transport:
        post_all(transport, EmailProof(purpose, ADDRESS), link="https://faces.example.org/{token}", locale=locale)
    assert "GwanSang-AI" in postbox.mails[0].get_content()
    assert "https:" not in postbox.mails[0].get_content()


def test_mails_beyond_the_limit_of_an_address_are_not_sent_and_logged(tmp_path: Path) -> None:
    async def post() -> None:
        mails = MailService(FolderTransport(tmp_path), limiter(2), sender="no-reply@example.org")
        for spelling in (ADDRESS, ADDRESS.upper(), "minji@EXAMPLE.com"):
            mails.post("verify", partial(issued, EmailProof("verify", spelling, TOKEN)), "ko", spelling)
        mails.post("verify", partial(issued, None), "ko", "other@example.com")
        for _ in range(3):
            mails.send(EmailProof("password_changed", ADDRESS), "ko")
        await mails.close(timeout_s=30)

    with capture_logs() as events:
        asyncio.run(post())
    assert len(list(tmp_path.iterdir())) == 4
    assert [event["purpose"] for event in events if event["event"] == "mail.limited"] == ["verify", "password_changed"]
    assert ADDRESS not in str(events).lower()


def test_mails_that_a_stranger_causes_do_not_suppress_those_of_the_owner(tmp_path: Path) -> None:
    purposes: tuple[MailPurpose, ...] = ("change", "verify", "reset", "undo", "restored", "password_changed")

    async def post() -> None:
        mails = MailService(FolderTransport(tmp_path), limiter(3), sender="no-reply@example.org")
        for purpose in purposes:
            for _ in range(5):
                mails.send(EmailProof(purpose, ADDRESS, TOKEN), "en")
        await mails.close(timeout_s=30)

    with capture_logs() as events:
        asyncio.run(post())
    sent = Counter(event["purpose"] for event in events if event["event"] == "mail.sent")
    assert sent == dict.fromkeys(purposes, 3)


def test_codes_that_change_an_address_give_way_to_other_codes(tmp_path: Path) -> None:
    """Anybody can have them sent to any address: 3 an hour together with the codes that have reached it."""

    async def post() -> None:
        mails = MailService(FolderTransport(tmp_path), limiter(3), sender="no-reply@example.org")
        for purpose in ("verify", "reset", *["change"] * 3):
            mails.send(EmailProof(purpose, ADDRESS, TOKEN), "en")
        await mails.close(timeout_s=30)
        await mails.ensure_quota("verify", ADDRESS)
        with pytest.raises(RateLimited):
            await mails.ensure_quota("change", ADDRESS)

    with capture_logs() as events:
        asyncio.run(post())
    sent = Counter(event["purpose"] for event in events if event["event"] == "mail.sent")
    assert sent == {"verify": 1, "reset": 1, "change": 1}


def test_a_temporarily_rejected_mail_is_retried_and_arrives_once() -> None:
    postbox = Postbox("451 try later", "421 busy")
    with smtp_server(postbox) as transport:
        events = post_all(transport, PROOF)
    assert len(postbox.mails) == 1
    assert [event["event"] for event in events] == ["mail.retry", "mail.retry", "mail.sent"]


def test_a_permanently_rejected_mail_is_logged_and_not_retried() -> None:
    postbox = Postbox("550 no")
    with smtp_server(postbox) as transport:
        events = post_all(transport, PROOF)
    assert postbox.mails == []
    assert [(event["event"], event["reason"]) for event in events] == [("mail.failed", "SMTPDataError 550")]


def test_an_unreachable_server_is_logged_after_all_retries() -> None:
    events = post_all(SmtpTransport("127.0.0.1", 1, security="none", timeout_s=1), PROOF)
    assert [event["event"] for event in events] == ["mail.retry", "mail.retry", "mail.failed"]


def test_a_server_without_tls_gets_no_mail_if_tls_is_required() -> None:
    postbox = Postbox()
    with smtp_server(postbox) as plain:
        events = post_all(SmtpTransport(plain.host, plain.port, security="starttls", timeout_s=2), PROOF)
    assert postbox.mails == []
    assert events[-1]["event"] == "mail.failed"


def test_posting_does_not_wait_and_unsent_mails_are_logged_on_close() -> None:
    class HangingTransport:
        started = 0

        async def deliver(self, _: EmailMessage) -> None:
            self.started += 1
            await asyncio.sleep(60)

    transport = HangingTransport()

    async def post() -> None:
        mails = MailService(transport, limiter(), sender="no-reply@example.org")
        for _ in range(3):
            mails.post("verify", partial(issued, PROOF), "ko", ADDRESS)
        assert transport.started == 0
        for _ in range(20):
            await asyncio.sleep(0)
        assert transport.started == 3
        await mails.close(timeout_s=0.05)

    with capture_logs() as events:
        asyncio.run(post())
    assert [event["event"] for event in events] == ["mail.failed"] * 3


def test_mails_beyond_the_queue_limit_are_rejected_and_logged() -> None:
    class RejectingTransport:
        async def deliver(self, _: EmailMessage) -> None:
            raise UndeliveredError("gone", permanent=True)

    events = post_all(RejectingTransport(), *[PROOF] * 1002)
    assert sum(event["reason"] == "too many waiting" for event in events) == 2
    assert len(events) == 1002


def test_a_mail_that_cannot_be_composed_is_logged_without_its_address(tmp_path: Path) -> None:
    events = post_all(FolderTransport(tmp_path), EmailProof("verify", f"{ADDRESS}\r\nBcc: x@example.com", TOKEN))
    assert [event["event"] for event in events] == ["mail.failed"]
    assert list(tmp_path.iterdir()) == []


def test_the_folder_transport_writes_a_file_that_only_its_owner_can_read(tmp_path: Path) -> None:
    events = post_all(FolderTransport(tmp_path / "mail"), PROOF)
    (path,) = (tmp_path / "mail").iterdir()
    assert TOKEN in email.message_from_bytes(path.read_bytes(), policy=email.policy.default).get_content()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [event["event"] for event in events] == ["mail.written", "mail.sent"]
    assert events[0]["path"] == str(path)


def test_the_repr_of_a_proof_hides_address_and_token() -> None:
    assert ADDRESS not in repr(PROOF)
    assert TOKEN not in f"{PROOF}"


@pytest.mark.parametrize(("changes", "events"), [({}, ["mail.no_server"]), ({"smtp_host": "127.0.0.1"}, [])])
def test_a_start_without_a_mail_server_says_where_the_codes_are(
    tmp_path: Path, changes: dict[str, str], events: list[str]
) -> None:
    async def start() -> None:
        async with open_mails(settings_for_tests(mail_folder=tmp_path, **changes), limiter()):
            pass

    with capture_logs() as logged:
        asyncio.run(start())
    assert [event["event"] for event in logged] == events
    assert [event["folder"] for event in logged] == [str(tmp_path)] * len(events)


def test_nothing_is_sent_or_logged_if_no_proof_is_issued(tmp_path: Path) -> None:
    assert post_all(FolderTransport(tmp_path), None) == []
    assert list(tmp_path.iterdir()) == []
