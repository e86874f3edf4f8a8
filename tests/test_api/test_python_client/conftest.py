"""A service that the Python client is tried against."""

from collections.abc import Iterator

import pytest

from gwansang.container import open_accounts
from gwansang_client import NamedContent
from tests.support.client_accounts import ADMIN, client_of
from tests.support.database import run_in_thread, scratch_sqlite
from tests.support.photos import drawn_portrait
from tests.support.serving import ENCRYPTION_KEYS, Server, serving, settings_for_tests


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service with one person in its gallery, whom an administrator adds with the client."""
    url, folder = scratch_sqlite(), tmp_path_factory.mktemp("service")
    run_in_thread(lambda: make_administrator(url))
    limits = {"CONNECTIONS_PER_ADDRESS": "1000", "SOCKETS_PER_ADDRESS": "100", "ALLOW_GUESTS": "true"}
    with serving(folder, DATABASE_URL=url, ENCRYPTION_KEYS=ENCRYPTION_KEYS, MAIL_FOLDER="mail", **limits) as running:
        with client_of(running) as admin:
            admin.sign_in(*ADMIN)
            someone = admin.add_celebrity(name_ko="그린이", name_en="Drawn One", category="actor")
            picture = NamedContent("one.jpg", drawn_portrait())
            origin = {"source": "drawn", "licence": "CC0", "attribution": "nobody"}
            assert admin.add_celebrity_photo(picture, celebrity_id=someone.id, **origin).current
        yield running


async def make_administrator(url: str) -> None:
    async with open_accounts(settings_for_tests(database_url=url)) as accounts:
        await accounts.users.register(ADMIN[0], "chief", ADMIN[1], is_admin=True)
