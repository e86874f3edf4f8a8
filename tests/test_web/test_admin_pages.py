"""What the admin pages show: lists, counts, languages, refused forms, and names that want to be scripts."""

import re
from datetime import timedelta

import pytest

from gwansang.services.lookalike.celebrities import PersonNames
from gwansang.texts import LOCALES
from tests.support.admin_work import CHIEF, SCRIPT, Work
from tests.support.fakes import NOON
from tests.support.people import ADMIN_PASSWORD

pytestmark = pytest.mark.anyio


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
