"""Tasks at the admin pages: which can be tried again, and an import that fails."""

import asyncio
from uuid import uuid4

import pytest

from gwansang.services.jobs.import_job import ImportJob
from gwansang.services.tasks.kinds import JOB_KINDS
from gwansang.services.tasks.worker import JobPolicy, PollIntervals, open_worker
from tests.support.admin_pages import AdminDesk
from tests.support.admin_work import HAND, VisionWithoutHands, Work, archive, at_work
from tests.support.database import scratch_folder, scratch_sqlite
from tests.support.photos import drawn_portrait

pytestmark = pytest.mark.anyio


async def test_only_a_failed_import_can_be_tried_again(work: Work) -> None:
    for kind, status in (("face", "failed"), ("import", "done"), ("import", "queued"), ("later", "failed")):
        task = await work.task(kind, status)
        assert (await work.act(f"/tasks/{task}/retry")).status_code == 409
        assert f"{task}/retry" not in (await work.at.get("/tasks")).text
    assert (await work.act(f"/tasks/{uuid4()}/retry")).status_code == 404
    refused = await work.act(f"/tasks/{await work.task('import', 'failed')}/retry")  # of a user who is no administrator
    assert (refused.status_code, "no longer an administrator" in refused.text) == (409, True)


async def test_an_import_shows_its_unusable_pictures_and_is_tried_again_after_it_failed() -> None:
    url = scratch_sqlite()
    async with at_work(url) as work:
        policy = JobPolicy(url, scratch_folder() / "workers", 1, PollIntervals(poll_s=0.1, sweep_s=0.2))
        jobs = [ImportJob(work.services.celebrities)]
        VisionWithoutHands.broken = True
        try:
            async with open_worker(work.services.job_resources, jobs, policy):
                await import_twice(work)
        finally:
            VisionWithoutHands.broken = False


async def import_twice(work: Work) -> None:
    """Submit an import that fails, mend what was broken, and try it again."""
    pictures = archive(("세종_Sejong/a.jpg", drawn_portrait()), ("손_Hand/hand.jpg", HAND))
    submitted = await work.act("/gallery/import", files=pictures)
    page = submitted.headers["location"].partition("?")[0].removeprefix("/admin")
    assert "failed" in await shown_once(work.at, page, "Reason for the failure")
    VisionWithoutHands.broken = False
    assert (await work.act(f"/tasks/{page.rpartition('/')[2]}/retry")).status_code == 303
    shown = await shown_once(work.at, page, "Pictures that were not added")
    assert "face" in shown.partition("손_Hand/hand.jpg")[2]  # the reason
    (sejong,) = (await work.services.celebrities.page()).items
    assert (sejong.name_ko, sejong.photos) == ("세종", 1)


async def shown_once(at: AdminDesk, path: str, text: str) -> str:
    """Load a page again until it has a text, and return it."""
    for _ in range(600):
        page = (await at.get(path)).text
        if text in page:
            return page
        await asyncio.sleep(0.1)
    raise AssertionError(page)


async def test_inputs_stay_for_unfinished_tasks_and_failed_imports_only(work_on_both: Work) -> None:
    work = work_on_both
    states = [
        ("face", "queued"),
        ("import", "processing"),
        ("import", "failed"),
        ("face", "failed"),
        ("import", "done"),
    ]
    tasks = [await work.task(kind, status) for kind, status in states]
    async with work.services.uow.read() as tx:
        needed = await tx.tasks.list_with_inputs([*tasks, uuid4()], JOB_KINDS.names_keeping_inputs())
    assert needed == set(tasks[:3])
