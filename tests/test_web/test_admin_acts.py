"""Acts of administrators at the admin pages: each does its work, and leaves an entry in the audit log."""

import asyncio
import io
import re
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from gwansang.container import Container
from gwansang.core.paging import PageRequest
from gwansang.models import Task
from gwansang.services.jobs.import_job import ImportJob
from gwansang.services.lookalike.celebrities import PersonNames, Provenance
from gwansang.services.protection.audit import AuditLine
from gwansang.services.tasks.kinds import JOB_KINDS
from gwansang.services.tasks.worker import JobPolicy, PollIntervals, open_worker
from gwansang.texts import LOCALES
from gwansang.vision.embedding import Embedding
from gwansang.vision.errors import NoFaceError
from gwansang.vision.face import Face
from tests.support.admin_pages import AdminDesk, admin_routes
from tests.support.database import scratch_folder, scratch_sqlite
from tests.support.fakes import NOON, FakeVision
from tests.support.people import ADMIN_PASSWORD, mailed_codes, mails_in, person, subject_of
from tests.support.photos import drawn_portrait
from tests.support.serving import application, container_behind
from tests.test_services.test_sealing import query

pytestmark = pytest.mark.anyio
CHIEF = "chief@example.com"
SCRIPT = "<script>alert(1)</script>"
HAND = b"a hand"


class VisionWithoutHands(FakeVision):
    """FakeVision that finds no face in a picture of a hand, and fails while `broken`."""

    broken = False

    def embed_photo(self, photo: bytes) -> tuple[Face, Embedding]:
        if photo == HAND:
            raise NoFaceError("No face was found.")
        if VisionWithoutHands.broken:
            raise RuntimeError("a defect")
        return super().embed_photo(photo)


@dataclass
class Work:
    """An administrator at the pages, the services behind them, and a user to act on."""

    at: AdminDesk
    services: Container
    mails: Path
    user_id: int = 0
    email: str = ""
    done: set[str] = field(default_factory=set)

    async def act(self, route: str, fields: dict[str, str] | None = None, **request: object) -> httpx.Response:
        """Act at a route, whose braces are filled with the user's number."""
        return await self.at.act(route.replace("{user}", str(self.user_id)), fields, **request)

    async def newest(self, count: int = 1) -> list[AuditLine]:
        """Return the newest audit entries, oldest first."""
        page = await self.services.audit.page(PageRequest(size=count))
        return list(reversed(page.items))

    async def pseudonym(self, user_id: int) -> str:
        found = await self.services.audit.pseudonym_of(user_id)
        assert found is not None
        return found

    async def task(self, kind: str, status: str, owner_id: int | None = None, **values: object) -> UUID:
        """Store a task of the user, or of another owner."""
        row = Task(
            id=uuid4(), user_id=owner_id or self.user_id, kind=kind, status=status, progress=0.0, inputs=1, tries=0,
            version=0, request_sha256="0" * 64, params={}, created_at=NOON - timedelta(minutes=7), **values,
        )  # fmt: skip
        async with self.services.uow.write() as tx:
            await tx.tasks.add(row)
        return row.id


@asynccontextmanager
async def at_work(database_url: str) -> AsyncIterator[Work]:
    """Open the application without a worker, and sign its administrator in."""
    mails = scratch_folder() / f"mail-{uuid4().hex}"
    async with application(
        VisionWithoutHands, database_url=database_url, jobs_concurrency=0, mail_folder=mails
    ) as client:
        services = container_behind(client)
        await services.users.register(CHIEF, "chief", ADMIN_PASSWORD, is_admin=True)
        at = AdminDesk(client)
        await at.sign_in(CHIEF, ADMIN_PASSWORD)
        someone = await person(client, proven=False)
        yield Work(at, services, mails, someone.id, someone.email)


@pytest.fixture
async def work() -> AsyncIterator[Work]:
    async with at_work(scratch_sqlite()) as opened:
        yield opened


@pytest.fixture
async def work_on_both(database_url: str) -> AsyncIterator[Work]:
    """An administrator's work on SQLite and on PostgreSQL."""
    async with at_work(database_url) as opened:
        yield opened


def archive(*pictures: tuple[str, bytes]) -> dict[str, tuple[str, bytes, str]]:
    """Return the file field of an import."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as written:
        for name, picture in pictures:
            written.writestr(name, picture)
    return {"file": ("people.zip", content.getvalue(), "application/zip")}


Act = Callable[[Work], Awaitable[tuple[httpx.Response, str | None]]]  # the answer, and the pseudonym of the target


async def verify(work: Work) -> tuple[httpx.Response, str | None]:
    answer = await work.act("/users/{user}/address/verify")
    assert (await work.services.users.get(work.user_id)).email_verified
    return answer, await work.pseudonym(work.user_id)


async def reset(work: Work) -> tuple[httpx.Response, str | None]:
    answer = await work.act("/users/{user}/password/reset")
    code = (await mailed_codes(work.mails, 2))[-1]  # the first mail came with the registration
    assert "비밀번호를 새로" in subject_of(mails_in(work.mails)[-1])  # the administrator's pages are in English
    await work.services.proofs.reset(code, "a new password 42")
    assert [line.event for line in await work.newest(2)] == ["reset_mailed", "password_changed"]
    work.done.add("its entry is the one before the newest")
    return answer, await work.pseudonym(work.user_id)


async def change_state(work: Work) -> tuple[httpx.Response, str | None]:
    await work.act("/users/{user}/deactivate")
    assert not (await work.services.users.get(work.user_id)).is_active
    answer = await work.act("/users/{user}/activate")
    assert (await work.services.users.get(work.user_id)).is_active
    return answer, await work.pseudonym(work.user_id)


async def revoke(work: Work) -> tuple[httpx.Response, str | None]:
    await work.services.proofs.vouch(work.user_id, 1)
    key = (await work.services.keys.create(work.user_id, "a key", ["analyze"])).info
    answer = await work.act(f"/users/{{user}}/keys/{key.id}/revoke")
    assert (await work.services.keys.page(work.user_id)).items == ()
    return answer, await work.pseudonym(work.user_id)


async def end(work: Work) -> tuple[httpx.Response, str | None]:
    await work.services.auth.login(work.email, "a new password 42")
    (session,) = (await work.services.sessions.page(work.user_id, None)).items
    answer = await work.act(f"/users/{{user}}/sessions/{session.id}/end")
    assert session.id not in {each.id for each in (await work.services.sessions.page(work.user_id, None)).items}
    return answer, await work.pseudonym(work.user_id)


async def delete(work: Work) -> tuple[httpx.Response, str | None]:
    target = await work.pseudonym(work.user_id)
    mistyped = await work.act("/users/{user}/account/delete", {"address": f"x{work.email}"})
    assert (mistyped.status_code, (await work.services.users.get(work.user_id)).email) == (422, work.email)
    return await work.act("/users/{user}/account/delete", {"address": work.email.upper()}), target


async def add_person(work: Work) -> tuple[httpx.Response, str | None]:
    fields = {"name_ko": "세종", "name_en": "Sejong", "category": "history", "note": ""}
    return await work.act("/gallery", fields), None


async def change_person(work: Work) -> tuple[httpx.Response, str | None]:
    added = await work.services.celebrities.add(PersonNames("이순신", "Yi"), "history")
    fields = {"name_ko": "이순신", "name_en": "Yi Sun-sin", "category": "history", "note": "장군"}
    answer = await work.act(f"/gallery/{added.id}", fields)
    assert (await work.services.celebrities.get(added.id))[0].name_en == "Yi Sun-sin"
    return answer, None


async def delete_picture(work: Work) -> tuple[httpx.Response, str | None]:
    added = await work.services.celebrities.add(PersonNames("신사임당", "Shin"), "history")
    origin = Provenance(f"https://example.com/{SCRIPT}", "CC BY 4.0", "a museum")
    photo = await work.services.celebrities.add_photo(added.id, drawn_portrait(), origin)
    shown = (await work.at.get(f"/gallery/{added.id}")).text
    assert "CC BY 4.0" in shown
    assert SCRIPT not in shown
    answer = await work.act(f"/gallery/{added.id}/pictures/{photo.id}/delete")
    assert (await work.services.celebrities.get(added.id))[1] == ()
    return answer, None


async def delete_person(work: Work) -> tuple[httpx.Response, str | None]:
    added = await work.services.celebrities.add(PersonNames("정약용", "Jeong"), "history")
    return await work.act(f"/gallery/{added.id}/delete"), None


async def import_archive(work: Work) -> tuple[httpx.Response, str | None]:
    answer = await work.act("/gallery/import", files=archive(("세종_Sejong/a.jpg", drawn_portrait())))
    shown = await work.at.get(answer.headers["location"].partition("?")[0].removeprefix("/admin") + "?watch=1")
    assert ("waiting" in shown.text, shown.headers["refresh"]) == (True, "3")
    return answer, None


async def cancel(work: Work) -> tuple[httpx.Response, str | None]:
    task = await work.task("face", "queued")
    shown = (await work.at.get("/tasks?status=queued")).text
    assert f"/admin/tasks/{task}/cancel" in shown
    assert "420 s" in shown  # how long the first of the queue waits
    answer = await work.act(f"/tasks/{task}/cancel")
    assert (await work.services.tasks.get(work.user_id, task)).status == "cancelled"
    return answer, await work.pseudonym(work.user_id)


async def retry(work: Work) -> tuple[httpx.Response, str | None]:
    task = await work.task("import", "failed", 1, error_code="JOB_FAILED", error_message="It failed.")
    answer = await work.act(f"/tasks/{task}/retry")
    again = await work.services.tasks.get(1, task)
    assert (again.status, again.error) == ("queued", None)
    return answer, await work.pseudonym(1)


async def search(work: Work) -> tuple[httpx.Response, str | None]:
    answer = await work.act("/users", {"email": work.email[:8]})
    assert work.email in answer.text
    return answer, None


async def verify_audit(work: Work) -> tuple[httpx.Response, str | None]:
    answer = await work.act("/audit/verify")
    assert "are whole" in answer.text
    return answer, None


async def rotate(work: Work) -> tuple[httpx.Response, str | None]:
    return await work.act("/keys/rotate"), None


EVENTS: dict[str, tuple[str, Act]] = {
    "/admin/users": ("admin_listed", search),
    "/admin/users/{user_id:int}/address/verify": ("address_vouched", verify),
    "/admin/users/{user_id:int}/password/reset": ("reset_mailed", reset),
    "/admin/users/{user_id:int}/{state}": ("admin_changed", change_state),
    "/admin/users/{user_id:int}/keys/{key_id:uuid}/revoke": ("key_revoked", revoke),
    "/admin/users/{user_id:int}/sessions/{session_id:uuid}/end": ("session_ended", end),
    "/admin/gallery": ("gallery_changed", add_person),
    "/admin/gallery/{celebrity_id:int}": ("gallery_changed", change_person),
    "/admin/gallery/{celebrity_id:int}/pictures/{photo_id:uuid}/delete": ("gallery_changed", delete_picture),
    "/admin/gallery/{celebrity_id:int}/delete": ("gallery_changed", delete_person),
    "/admin/gallery/import": ("import_submitted", import_archive),
    "/admin/tasks/{task_id:uuid}/cancel": ("task_cancelled", cancel),
    "/admin/tasks/{task_id:uuid}/retry": ("task_retried", retry),
    "/admin/audit/verify": ("audit_verified", verify_audit),
    "/admin/keys/rotate": ("keys_rotated", rotate),
    "/admin/users/{user_id:int}/account/delete": ("erased", delete),  # last: the user is gone then
}


SHOWN_AT_ONCE = {"/admin/users", "/admin/audit/verify"}


def test_every_act_of_the_pages_is_tried_here() -> None:
    assert {path for method, path in admin_routes() if method == "POST"} - {"/admin/sign-out"} == set(EVENTS)


async def test_every_act_leaves_an_entry_with_the_administrator_and_the_target(work_on_both: Work) -> None:
    work = work_on_both
    chief = await work.pseudonym(1)
    for path, (event, act) in EVENTS.items():
        work.done.clear()
        answer, target = await act(work)
        assert (path, answer.status_code) == (path, 200 if path in SHOWN_AT_ONCE else 303), answer.text
        entry = (await work.newest(2))[0 if work.done else 1]
        assert (path, entry.event, entry.actor, entry.subject) == (path, event, chief, target)
        assert work.email not in str(entry)
    assert (await work.services.audit.verify()).broken_at is None


async def test_looking_at_users_is_recorded_too(work: Work) -> None:
    await work.at.get("/users")
    await work.at.get(f"/users/{work.user_id}")
    listed, viewed = await work.newest(2)
    assert (listed.event, viewed.event, viewed.subject) == (
        *("admin_listed", "admin_viewed"),
        await work.pseudonym(work.user_id),
    )
    log = await work.at.get(f"/audit?subject={viewed.subject}")
    assert "Viewed by an administrator" in log.text
    assert "Listed by an administrator" not in log.text


async def test_a_changed_entry_of_the_log_is_found_and_shown() -> None:
    url = scratch_sqlite()
    async with at_work(url) as work:
        await query(url, "DROP TRIGGER audit_log_stays")
        await query(url, "UPDATE audit_log SET event = 'exported' WHERE seq = 2")
        answer = await work.act("/audit/verify")
        assert "broken from entry 2" in answer.text


async def test_names_and_texts_that_want_to_be_scripts_stay_text(work: Work) -> None:
    users = work.services.users
    someone = await users.register("hostile@example.com", SCRIPT, ADMIN_PASSWORD)
    await work.services.proofs.vouch(someone.id, 1)
    await work.services.keys.create(someone.id, SCRIPT, ["analyze"])
    await work.services.auth.login("hostile@example.com", ADMIN_PASSWORD, SCRIPT)
    person_of_gallery = await work.services.celebrities.add(PersonNames(SCRIPT, f'"{SCRIPT}'), "x", SCRIPT)
    await work.task("import", "failed", error_code="UNKNOWN_CODE", error_message=SCRIPT)
    for path in ("/users", f"/users/{someone.id}", "/gallery", f"/gallery/{person_of_gallery.id}", "/tasks"):
        shown = (await work.at.get(path)).text
        assert (path, SCRIPT in shown, "&lt;script&gt;alert(1)" in shown) == (path, False, True)
    for path in ("/gallery?text=", "/gallery?category=", "/users?state=", "/audit?subject=", "/tasks?status="):
        assert SCRIPT not in (await work.at.get(path + SCRIPT)).text
    assert SCRIPT not in (await work.act("/users", {"email": SCRIPT, "state": SCRIPT})).text
    await users.update(1, username=SCRIPT)
    assert SCRIPT not in (await work.at.get("")).text


async def test_users_are_found_by_the_beginning_of_their_address_and_paged(work_on_both: Work) -> None:
    work = work_on_both
    for number in range(31):
        await work.services.users.register(f"many{number:02}@example.com", "somebody", ADMIN_PASSWORD)
    first = await work.act("/users", {"email": "many"})
    assert (first.status_code, "31 in all" in first.text) == (200, True)
    assert "many30@" not in first.text
    assert "email=" not in first.text.replace('name="email"', "")  # no link has the address
    after = re.findall(r'name="after" value="([^"]+)"', first.text)
    second = (await work.act("/users", {"email": "many", "after": after[0]})).text
    assert ("many30@" in second, "many00@" in second) == (True, False)
    assert re.findall(r'name="after" value="([^"]*)"', second) == [""]  # back to the first page
    everybody = (await work.at.get("/users?email=many")).text
    assert work.email in everybody  # a URL finds nobody by an address
    await work.act("/users/{user}/deactivate")
    inactive = (await work.at.get("/users?state=inactive")).text
    assert (work.email in inactive, CHIEF in inactive) == (True, False)


async def test_consents_and_what_the_next_run_deletes_are_counted(work_on_both: Work) -> None:
    work = work_on_both
    await work.services.consents.withdraw(work.user_id, "reading")
    await work.task("face", "done", expires_at=NOON - timedelta(days=1))
    counts = await work.services.consents.counts()
    assert [(each.purpose, each.version, each.granted, each.withdrawn) for each in counts] == [("reading", 2, 1, 1)]
    shown = " ".join((await work.at.get("/privacy")).text.split())
    assert shown.partition("expired tasks</span>")[2].partition('class="value">')[2].startswith("1<")
    async with work.services.uow.read() as tx:
        assert sum((await tx.tasks.count_by_kind_and_status()).values()) == 1  # looking deletes nothing


async def test_only_a_failed_import_can_be_tried_again(work: Work) -> None:
    for kind, status in (("face", "failed"), ("import", "done"), ("import", "queued"), ("later", "failed")):
        task = await work.task(kind, status)
        assert (await work.act(f"/tasks/{task}/retry")).status_code == 409
        assert f"{task}/retry" not in (await work.at.get("/tasks")).text
    assert (await work.act(f"/tasks/{uuid4()}/retry")).status_code == 404
    refused = await work.act(f"/tasks/{await work.task('import', 'failed')}/retry")  # of a user who is no administrator
    assert (refused.status_code, "no longer an administrator" in refused.text) == (409, True)


async def test_the_language_is_chosen_and_kept_in_links(work: Work) -> None:
    for locale in LOCALES:
        page = await work.at.get(f"/users/{work.user_id}?locale={locale}")
        assert page.headers["content-language"] == locale
        assert f'<html lang="{locale}">' in page.text
        assert f'href="/admin/tasks?locale={locale}"' in page.text
        assert f'action="/admin/sign-out?locale={locale}"' in page.text


async def test_a_form_that_is_none_and_an_import_without_a_file_are_refused_in_words(work: Work) -> None:
    no_file = await work.act("/gallery/import", files={"other": ("", b"")})
    assert (no_file.status_code, "Choose a file" in no_file.text) == (422, True)
    no_zip = await work.act("/gallery/import", files={"file": ("a.zip", b"no archive")})
    assert (no_zip.status_code, no_zip.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert (await work.act("/gallery", {"name_ko": "", "name_en": "x", "category": "y"})).status_code == 422
    assert (await work.at.get("/users?after=nonsense")).status_code == 422
    assert (await work.at.get("/users/99999")).status_code == 404


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
