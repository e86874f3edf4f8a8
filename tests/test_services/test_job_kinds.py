"""A kind of long work declares its consent, limits and result once, and everything else derives from that."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import JsonValue

from gwansang.api.v1.presenters.tasks import present_task
from gwansang.container import Accounts
from gwansang.core.meters import Meters
from gwansang.reading.texts import fortune_text
from gwansang.schemas.tasks import BatchOut
from gwansang.services.accounts.consent_service import ConsentRequiredError
from gwansang.services.operations.metrics_service import MetricsService
from gwansang.services.operations.storage_probe import StorageProbe
from gwansang.services.tasks.executor import JobExecutor
from gwansang.services.tasks.job import JobResult, TaskContext
from gwansang.services.tasks.kinds import BATCH, FACE, JOB_KINDS, JobKinds, ResultType
from gwansang.services.tasks.task_service import TaskNotFoundError
from tests.support.accounts import accounts_on, signed_up, stream
from tests.support.fakes import MovingClock
from tests.support.serving import settings_for_tests

pytestmark = pytest.mark.anyio
PLANTED = replace(BATCH, name="planted")
KINDS = JobKinds(*JOB_KINDS.by_name.values(), PLANTED)


class PlantedJob:
    """A job whose result is an empty batch."""

    kind = PLANTED

    async def plan(self, _: TaskContext) -> int:
        return 1

    async def step(self, _: TaskContext, __: int) -> JsonValue:
        return None

    def accepts(self, _: JsonValue) -> bool:
        return True

    async def finish(self, _: TaskContext) -> JobResult:
        return JobResult({"photos": [], "names": []})


@pytest.fixture
async def accounts(database_url: str, clock: MovingClock, tmp_path: Path) -> AsyncIterator[Accounts]:
    async with accounts_on(database_url, clock, KINDS, storage_folder=tmp_path) as opened:
        yield opened


async def test_withdrawing_its_consent_deletes_the_tasks_of_a_planted_kind(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    task = await accounts.tasks.submit(user.id, PLANTED, stream(b"a photo"))
    await accounts.consents.withdraw(user.id, "reading")
    with pytest.raises(TaskNotFoundError):
        await accounts.tasks.get(user.id, task.id)
    assert [stored async for stored in accounts.store.list("jobs/")] == []


async def test_a_planted_kind_is_submitted_and_executed_only_with_its_consent(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    task = await accounts.tasks.submit(user.id, PLANTED, stream(b"a photo"))
    async with accounts.uow.write() as tx:  # without what the service deletes along with the consent
        await tx.consents.withdraw(user.id, "reading", accounts.job_resources.clock())
    with pytest.raises(ConsentRequiredError):
        await accounts.tasks.submit(user.id, PLANTED, stream(b"a photo"))
    await JobExecutor([PlantedJob()], accounts.job_resources).execute(task.id)
    failed = await accounts.tasks.get(user.id, task.id)
    assert failed.error is not None
    assert (failed.status, failed.error.code) == ("failed", "CONSENT_REQUIRED")


async def test_the_result_of_a_planted_kind_is_presented_by_its_type(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    task = await accounts.tasks.submit(user.id, PLANTED, stream(b"a photo"))
    await JobExecutor([PlantedJob()], accounts.job_resources).execute(task.id)
    done = await accounts.tasks.get(user.id, task.id)
    notice = fortune_text("en")["disclaimer"]
    assert present_task(done, "en").result == BatchOut(read=0, failed=0, photos=[], disclaimer=notice)
    assert "result_type" not in (await accounts.exports.export(user.id))["tasks"][0]


async def test_every_kind_is_counted_before_it_has_a_task(accounts: Accounts) -> None:
    metrics = MetricsService(
        Meters(),
        accounts.uow,
        StorageProbe(accounts.store, new_id=uuid4),
        job_kinds=KINDS.by_name,
        clock=accounts.job_resources.clock,
    )
    user = await signed_up(accounts)
    await accounts.tasks.submit(user.id, FACE, stream(b"a photo"))
    text = (await metrics.render()).decode()
    assert 'gwansang_jobs{kind="face",state="queued"} 1.0' in text
    for state in ("queued", "processing", "done", "failed", "cancelled"):
        assert f'gwansang_jobs{{kind="planted",state="{state}"}} 0.0' in text


async def test_a_kind_that_is_not_registered_cannot_be_submitted(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    for kind in (replace(FACE, name="forgotten"), replace(FACE, purpose=None)):
        with pytest.raises(ValueError, match=f"{kind.name} is not registered"):
            await accounts.tasks.submit(user.id, kind, stream(b"a photo"))


def test_a_kind_without_a_job_and_a_job_without_a_kind_are_refused() -> None:
    for kinds in ((FACE,), (*JOB_KINDS.by_name.values(), PLANTED)):
        with pytest.raises(ValueError, match="jobs and registered kinds differ"):
            JOB_KINDS.check_complete(kinds)


def test_limits_of_every_kind_are_settings() -> None:
    settings = settings_for_tests()
    for kind in JOB_KINDS.by_name.values():
        assert 0 < getattr(settings, kind.file_limit) <= getattr(settings, kind.body_limit)
    assert {kind.result for kind in JOB_KINDS.by_name.values()} == set(ResultType)
