"""The page of mails in development: readable on the machine itself, and nowhere else."""

import time
from pathlib import Path

import httpx
import pytest

from tests.support.mailbox import SUBJECTS
from tests.support.serving import send_request, serving

PAGE = "/dev/mails"
SECRET = {"secret_key": "b4d1a7c09e3f5826d7e1904ba6f3c852"}


def page_with(client: httpx.Client, text: str) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        page = client.get(PAGE).text
        if text in page:
            return page
        time.sleep(0.1)
    raise AssertionError(f"{text} did not appear")


def test_a_mailed_code_can_be_read_in_the_browser_and_verifies_the_address(tmp_path: Path) -> None:
    with (
        serving(tmp_path, MAIL_LINK="https://app.example.org/{purpose}#token={token}") as server,
        server.client() as client,
    ):
        assert "None yet" in client.get(PAGE).text
        user = {"email": "minji@example.com", "username": "minji", "password": "correct horse 배터리"}
        assert client.post("/api/v1/users", json=user).status_code == 201
        page = page_with(client, SUBJECTS["verify"])
        assert "minji@example.com" in page
        code = page.partition("https://app.example.org/verify#token=")[2].split()[0]
        verified = client.post("/api/v1/auth/verify-email", json={"token": code})
        assert verified.json()["email_verified"] is True
        assert client.get(PAGE, headers={"Host": "rebound.example"}).status_code == 404
        assert client.get(PAGE, headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 404


@pytest.mark.parametrize(
    "app", [{"environment": "production", **SECRET}, {"smtp_host": "mail.example.org"}], ids=["production", "a server"]
)
def test_no_page_where_mails_are_sent(app: dict[str, object]) -> None:
    assert send_request("GET", PAGE, app=app, headers={"Host": "localhost"}).status_code == 404


def test_a_page_needs_a_local_name() -> None:
    assert send_request("GET", PAGE, headers={"Host": "localhost"}).status_code == 200
    assert send_request("GET", PAGE, headers={"Host": "test"}).status_code == 404
