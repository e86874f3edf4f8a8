"""An administrator's cancellation and retry do for the owner of a task what the owner's own acts do."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from gwansang.container import Accounts
from gwansang.core.paging import PageRequest
from gwansang.models import Task
from gwansang.services.accounts.user_service import UserInfo
from gwansang.services.tasks.kinds import BATCH, IMPORT, JobKinds
from gwansang.services.tasks.task_operations import TaskOwnerLeftError
from gwansang.services.tasks.task_service import TaskNotFoundError
from gwansang.services.webhooks.events import EVENTS
from tests.support.accounts import PASSWORD, accounts_on, signed_up, stream
from tests.support.fakes import MovingClock

pytestmark = pytest.mark.anyio
RECEIVER = "http://127.0.0.1:9/events"  # nothing is sent: there is no worker


@pytest.fixture
async def accounts(database_url: str, clock: MovingClock, tmp_path: Path) -> AsyncIterator[Accounts]:
    async with accounts_on(database_url, clock, storage_folder=tmp_path, webhook_local_targets=True) as opened:
        yield opened


async def administrator(accounts: Accounts, address: str) -> UserInfo:
    return await accounts.users.register(address, "관리자", PASSWORD, is_admin=True)


async def failed_import(accounts: Accounts, owner_id: int, clock: MovingClock) -> UUID:
    """Store an import that has failed a minute ago."""
    row = Task(
        id=uuid4(), user_id=owner_id, kind=IMPORT.name, status="failed", progress=0.5, inputs=1, tries=3, version=4,
        request_sha256="0" * 64, params={}, created_at=clock(), finished_at=clock(),
        expires_at=clock() + timedelta(hours=1), error_code="JOB_FAILED", error_message="It failed.",
    )  # fmt: skip
    async with accounts.uow.write() as tx:
        await tx.tasks.add(row)
    return row.id


async def test_a_cancellation_by_an_administrator_gives_readings_back_and_is_told_to_webhooks(
    accounts: Accounts,
) -> None:
    chief, user = await administrator(accounts, "chief@example.com"), await signed_up(accounts)
    webhook = await accounts.webhooks.create(user.id, RECEIVER, EVENTS, "en")
    task = await accounts.tasks.submit(user.id, BATCH, stream(b"one", b"two", b"the request"))
    assert (await accounts.usage.info(user.id)).used == 2
    for _ in range(2):  # the second time it has ended already
        await accounts.task_operations.cancel(task.id, chief.id)
    assert (await accounts.tasks.get(user.id, task.id)).status == "cancelled"
    assert (await accounts.usage.info(user.id)).used == 0
    (delivery,) = (await accounts.webhook_deliveries.page(user.id, webhook.info.id)).items
    assert delivery.event == "task.cancelled"
    (entry,) = (await accounts.audit.page(PageRequest(size=1))).items
    assert (entry.event, entry.actor, entry.subject) == (
        *("task_cancelled", await accounts.audit.pseudonym_of(chief.id)),
        await accounts.audit.pseudonym_of(user.id),
    )


@pytest.mark.parametrize("change", [{"is_admin": False}, {"is_active": False}])
async def test_an_import_is_not_tried_again_in_the_name_of_somebody_who_is_no_administrator_any_more(
    accounts: Accounts, clock: MovingClock, change: dict[str, bool]
) -> None:
    chief, other = await administrator(accounts, "chief@example.com"), await administrator(accounts, "b@example.com")
    task_id = await failed_import(accounts, other.id, clock)
    await accounts.users.update(other.id, **change)
    with pytest.raises(TaskOwnerLeftError):
        await accounts.task_operations.retry(task_id, chief.id)
    assert (await accounts.tasks.get(other.id, task_id)).status == "failed"
    await accounts.users.update(other.id, is_admin=True, is_active=True)
    await accounts.task_operations.retry(task_id, chief.id)
    assert (await accounts.tasks.get(other.id, task_id)).status == "queued"


async def test_an_import_that_has_expired_is_not_tried_again(accounts: Accounts, clock: MovingClock) -> None:
    chief = await administrator(accounts, "chief@example.com")
    task_id = await failed_import(accounts, chief.id, clock)
    clock.advance(minutes=61)
    with pytest.raises(TaskNotFoundError):
        await accounts.task_operations.retry(task_id, chief.id)


def test_no_kind_both_counts_readings_and_can_be_tried_again() -> None:
    """Readings are given back with the failure, and another try would count none."""
    with pytest.raises(ValueError, match="planted"):
        JobKinds(replace(BATCH, name="planted", keeps_inputs=True))
