"""Users for tests of the API, registered and signed in through it."""

import asyncio
import email
import email.policy
import itertools
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from gwansang.container import open_accounts
from tests.support.accounts import prove_address
from tests.support.serving import container_behind, settings_for_tests

PASSWORD = "correct horse battery"
ADMIN_PASSWORD = "an administrator's password"
_numbers = itertools.count(1)


@dataclass
class Person:
    """A user; `tokens` are those of the last sign-in."""

    client: httpx.AsyncClient
    id: int
    email: str
    password: str = PASSWORD
    tokens: dict[str, object] = field(default_factory=dict)

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    async def login(self, password: str | None = None) -> httpx.Response:
        form = {"username": self.email, "password": password or self.password}
        answer = await self.client.post("/api/v1/auth/login", data=form)
        if answer.status_code == 200:
            self.tokens = answer.json()
        return answer

    async def call(self, method: str, path: str, **request: object) -> httpx.Response:
        """Send a request with this user's access token."""
        return await self.client.request(method, f"/api/v1{path}", headers=self.bearer, **request)

    async def key(self, *scopes: str) -> dict[str, str]:
        """Create a key with these scopes and return its header."""
        response = await self.call("POST", "/keys", json={"name": "a test", "scopes": list(scopes)})
        return {"X-API-Key": response.json()["key"]}

    async def agree(self, purpose: str) -> None:
        assert (await self.call("PUT", f"/consents/{purpose}")).status_code == 200


async def person(client: httpx.AsyncClient, name: str = "person", *, proven: bool = True) -> Person:
    """Register a user, who has proven the address or not, and sign in."""
    address = f"{name}-{next(_numbers)}@example.com"
    registration = {"email": address, "username": name, "password": PASSWORD}
    answer = await client.post("/api/v1/users/", json=registration)
    assert answer.status_code == 201, answer.text
    someone = Person(client, answer.json()["id"], address)
    if proven:
        await prove_address(container_behind(client), someone.id)
    assert (await someone.login()).status_code == 200
    return someone


async def administrator(client: httpx.AsyncClient, database_url: str) -> Person:
    """Create an administrator and sign in."""
    async with open_accounts(settings_for_tests(database_url=database_url)) as accounts:
        made = await accounts.users.register("chief@example.com", "chief", ADMIN_PASSWORD, is_admin=True)
    someone = Person(client, made.id, made.email, ADMIN_PASSWORD)
    assert (await someone.login()).status_code == 200
    return someone


async def mailed_codes(folder: Path, count: int) -> list[str]:
    """Wait for `count` mails and return their codes, oldest first."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        files = mails_in(folder)
        if len(files) >= count:
            return [code_of(path) for path in files]
        await asyncio.sleep(0.01)
    raise AssertionError(f"{count} mails did not arrive")


def mails_in(folder: Path) -> list[Path]:
    """Return the complete mails, oldest first."""
    files = [path for path in folder.glob("*.eml") if path.stat().st_size]
    return sorted(files, key=lambda path: path.stat().st_mtime_ns)


def subject_of(path: Path) -> str:
    """Return the subject of a mail."""
    return str(email.message_from_bytes(path.read_bytes(), policy=email.policy.default)["subject"])


def code_of(path: Path) -> str:
    """Return the code in a mail."""
    text = email.message_from_bytes(path.read_bytes(), policy=email.policy.default).get_content()
    return next(line for line in text.splitlines() if len(line) >= 40 and " " not in line)
