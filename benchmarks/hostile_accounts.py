"""Accounts of the benchmark of hostile clients, made in its database before the server starts."""

import asyncio
import dataclasses
import io
import zipfile
from dataclasses import dataclass
from uuid import uuid4

from tests.support.accounts import PASSWORD, prove_address
from tests.support.serving import settings_for_tests
from tests.test_services.test_history import make_analysis

from gwansang.container import open_accounts

_READINGS_AT_ONCE = 200


@dataclass(frozen=True)
class Tokens:
    """Access tokens, valid for half an hour: of honest users, of a hostile one, of an administrator with readings."""

    honest: tuple[str, ...]
    hostile: str
    admin: str


def make_accounts(database: str, honest: int, readings: int = 0) -> Tokens:
    """Register users who have proven their addresses, and keep readings for the administrator."""
    return asyncio.run(_make(database, honest, readings))


async def _make(database: str, honest: int, readings: int) -> Tokens:
    async with open_accounts(settings_for_tests(database_url=database)) as accounts:

        async def sign_up(name: str, *, is_admin: bool = False) -> tuple[int, str]:
            address = f"{name}@example.com"
            user = await accounts.users.register(address, name, PASSWORD, is_admin=is_admin)
            if not is_admin:
                await prove_address(accounts, user.id)
            return user.id, (await accounts.auth.login(address, PASSWORD, None)).access_token

        admin_id, admin = await sign_up("admin", is_admin=True)
        if readings:
            await accounts.consents.grant(admin_id, "history")
        one = make_analysis()
        for begin in range(0, readings, _READINGS_AT_ONCE):
            count = min(_READINGS_AT_ONCE, readings - begin)
            copies = [dataclasses.replace(one, analysis_id=uuid4()) for _ in range(count)]
            async with accounts.uow.write() as tx:
                await tx.users.get_for_update(admin_id)
                await accounts.history.save_all(tx, admin_id, copies)
        users = [(await sign_up(f"user{number}"))[1] for number in range(honest)]
        return Tokens(tuple(users), (await sign_up("hostile"))[1], admin)


def archive_of_four_million_lines() -> bytes:
    """Return an archive of pictures whose CSV has 8 MB in lines of one letter."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("people.csv", b"file,name\n" + b"a\n" * 4_000_000)
    return content.getvalue()
