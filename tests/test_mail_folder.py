"""Mails in a folder, for development: their deletion with an account."""

import asyncio
from pathlib import Path

from structlog.testing import capture_logs

from gwansang.services.accounts.mail_transports import FolderTransport
from tests.test_mail import ADDRESS, PROOF, post_all


def test_a_mail_that_cannot_be_deleted_is_logged_and_the_others_are_deleted(tmp_path: Path) -> None:
    post_all(FolderTransport(tmp_path), PROOF, PROOF)
    for name in ("0.eml", "z.eml"):
        (tmp_path / name).mkdir()  # as unreadable as a file of somebody else, for a superuser too
    with capture_logs() as events:
        asyncio.run(FolderTransport(tmp_path).delete_mails(ADDRESS))
    assert {path.name for path in tmp_path.iterdir()} == {"0.eml", "z.eml"}
    assert [event["event"] for event in events] == ["mail.not_deleted"] * 2
    assert ADDRESS not in str(events)
