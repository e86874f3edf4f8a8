"""Accounts that are made through the API, and pages that have their sign-in: for screens that are not about it."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from playwright.sync_api import BrowserContext, Page

from tests.support.page_person import open_page
from tests.support.people import code_of, mails_in
from tests.support.serving import Server

PASSWORD = "correct horse battery 7"


@dataclass(frozen=True)
class PageAccount:
    """An account with the tokens of one sign-in."""

    service: Server
    email: str
    tokens: dict[str, Any]

    def call(self, method: str, path: str, **request: Any) -> Any:  # noqa: ANN401 - JSON
        """Send a request with the access token and return the JSON of its answer."""
        with self.service.client() as client:
            bearer = {"Authorization": f"Bearer {self.tokens['access_token']}"}
            answer = client.request(method, f"/api/v1{path}", headers=bearer, **request)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def agree(self, *purposes: str) -> None:
        for purpose in purposes:
            self.call("PUT", f"/consents/{purpose}")

    def keep(self, mesh: dict[str, Any]) -> str:
        """Keep a reading of a mesh and return its id."""
        reading = self.call("POST", "/analysis/face", json=mesh)
        assert reading["kept"] is True
        return str(reading["analysis_id"])


def make_account(service: Server, *purposes: str, name: str = "김민지") -> PageAccount:
    """Register somebody who has proven the address and agrees to some purposes, and sign in."""
    email = f"{uuid4().hex[:12]}@example.com"
    with service.client() as client:
        registration = {"email": email, "username": name, "password": PASSWORD}
        registered = client.post("/api/v1/users", json=registration)
        assert registered.status_code == 201, registered.text
        account = PageAccount(service, email, signed_in(client, email, PASSWORD))
        verified = client.post("/api/v1/auth/verify-email", json={"token": mailed_code(service, email)})
        assert verified.is_success, verified.text
    account.agree(*purposes)
    return account


def mailed_code(service: Server, address: str) -> str:
    """Return the code of the newest mail to an address, once there is one."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for path in reversed(mails_in(service.log.parent / ".data" / "mail")):
            if address.encode() in path.read_bytes():
                return code_of(path)
        time.sleep(0.1)
    raise AssertionError("no mail arrived")


def signed_in(client: httpx.Client, email: str, password: str) -> dict[str, Any]:
    """Return the tokens of a new sign-in."""
    answer = client.post("/api/v1/auth/login", data={"username": email, "password": password})
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def open_signed_in(context: BrowserContext, account: PageAccount, screen: str = "") -> Page:
    """Return a page at a screen, with the sign-in of an account."""
    page = context.new_page()
    page.goto(f"{account.service.url}/icon.svg")  # of the origin, without a script
    ends_at = (time.time() + float(account.tokens["expires_in"])) * 1000
    access, refresh = account.tokens["access_token"], account.tokens["refresh_token"]
    kept = {"accessToken": access, "refreshToken": refresh, "expiresAt": ends_at}
    page.evaluate("(kept) => localStorage.setItem('gwansang.sign-in', JSON.stringify(kept))", kept)
    page.close()
    return open_page(context, account.service.url, screen)
