"""Fixtures: a service with users, and the folder of its mails."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gwansang.container import open_accounts
from tests.support.fakes import MovingClock
from tests.support.mailbox import Mailbox
from tests.support.people import ADMIN_PASSWORD, Person, person
from tests.support.serving import application, settings_for_tests


@pytest.fixture
def mail_folder(tmp_path: Path) -> Path:
    return tmp_path / "mail"


@pytest.fixture
def mailbox(mail_folder: Path) -> Mailbox:
    return Mailbox(mail_folder)


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
async def client(mail_folder: Path, database_url: str, clock: MovingClock) -> AsyncIterator[httpx.AsyncClient]:
    async with application(mail_folder=mail_folder, database_url=database_url, clock=clock) as connected:
        yield connected


@pytest.fixture
async def minji(client: httpx.AsyncClient) -> Person:
    return await person(client, "minji")


@pytest.fixture
async def admin(client: httpx.AsyncClient, database_url: str) -> Person:
    settings = settings_for_tests(database_url=database_url)
    async with open_accounts(settings) as accounts:
        made = await accounts.users.register("admin@example.com", "admin", ADMIN_PASSWORD, is_admin=True)
    someone = Person(client, made.id, made.email, ADMIN_PASSWORD)
    assert (await someone.login()).status_code == 200
    return someone
