"""Acts of administrators at the admin pages: each does its work, and leaves an entry in the audit log."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from gwansang.services.lookalike.celebrities import PersonNames, Provenance
from tests.support.admin_pages import admin_routes
from tests.support.admin_work import SCRIPT, Work, archive, at_work
from tests.support.database import scratch_sqlite
from tests.support.people import mailed_codes, mails_in, subject_of
from tests.support.photos import drawn_portrait
from tests.test_services.test_sealing import query

pytestmark = pytest.mark.anyio

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
