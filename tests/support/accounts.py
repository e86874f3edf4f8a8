"""The services of accounts, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gwansang.container import Accounts, open_accounts
from gwansang.services.accounts.user_service import UserInfo
from gwansang.services.tasks.kinds import JOB_KINDS, JobKinds
from tests.support.fakes import MovingClock
from tests.support.serving import settings_for_tests

PASSWORD = "correct horse 배터리"
OTHER_PASSWORD = "staple 맞는 말 42"


@asynccontextmanager
async def accounts_on(
    url: str, clock: MovingClock | None = None, kinds: JobKinds = JOB_KINDS, **changes: object
) -> AsyncIterator[Accounts]:
    """Open the services on a database, with a clock that only the test moves."""
    settings = settings_for_tests(database_url=url, **changes)
    async with open_accounts(settings, clock=clock or MovingClock(), kinds=kinds) as accounts:
        yield accounts


async def stream(*inputs: bytes) -> AsyncIterator[bytes]:
    """Yield inputs of a task one by one."""
    for content in inputs:
        yield content


async def signed_up(accounts: Accounts, email: str = "minji@example.com", *, proven: bool = True) -> UserInfo:
    """Register a user with PASSWORD, who has proven the address or not."""
    user = await accounts.users.register(email, "김민지", PASSWORD)
    return await prove_address(accounts, user.id) if proven else user


async def prove_address(accounts: Accounts, user_id: int) -> UserInfo:
    """Verify the user's address with a code."""
    proof = await accounts.proofs.start_verification(user_id)
    assert proof is not None
    return (await accounts.proofs.verify(proof.token)).user
