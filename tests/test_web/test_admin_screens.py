"""The admin pages in a real browser, on a real server: usable by everyone, and gone after the sign-out."""

import re
from collections.abc import Iterator
from typing import Any, Literal
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from gwansang.container import Accounts, open_accounts
from gwansang.core.clock import utc_now
from gwansang.models import Celebrity, CelebrityPhoto, Task
from gwansang.services.ml.embedding_service import MODEL
from gwansang.services.tasks.run import result_aad
from gwansang.web.admin.forms import COOKIE
from gwansang.web.page import STATIC
from tests.support.admin_pages import SIGN_IN, admin_routes, filled, form_token_in
from tests.support.browser import DESKTOP, PHONE
from tests.support.database import run_in_thread
from tests.support.page_person import AXE, violations
from tests.support.people import ADMIN_PASSWORD
from tests.support.serving import Server, settings_for_tests

NARROW: ViewportSize = {"width": 320, "height": 640}
LOOKS: dict[Literal["light", "dark"], tuple[ViewportSize, ...]] = {"light": (DESKTOP,), "dark": (PHONE, NARROW)}
LONG = "https://example.com/" + "a_long_address_without_a_space_" * 6
USER = "somebody@example.com"
IMPORTED = UUID("00000000-0000-4000-8000-000000000001")


@pytest.fixture(scope="module")
def chief(service: Server) -> str:
    """Return the address of an administrator of the service, who has something of everything to look at."""
    address = f"{uuid4().hex[:12]}@example.com"
    run_in_thread(lambda: _fill(service, address))
    return address


def _accounts(service: Server) -> Any:  # noqa: ANN401 - an asynchronous context manager of Accounts
    url = f"sqlite:///{service.log.parent}/.data/gwansang.sqlite3"
    return open_accounts(settings_for_tests(database_url=url, encryption_keys=None), clock=utc_now)


async def _fill(service: Server, address: str) -> None:
    async with _accounts(service) as accounts:
        chief = await accounts.users.register(address, "김관리", ADMIN_PASSWORD, is_admin=True)
        await _add_import(accounts, chief.id)
        user = await accounts.users.register(USER, "<b>이름</b>", ADMIN_PASSWORD)
        await accounts.proofs.vouch(user.id, user.id)
        await accounts.keys.create(user.id, "my app", ["analyze"])
        await accounts.auth.login(USER, ADMIN_PASSWORD, "Safari, iPhone")
        await _fill_gallery_and_tasks(accounts, user.id)


async def _add_import(accounts: Accounts, chief_id: int) -> None:
    """Store an import that is done, with a picture that could not be used."""
    failure = {"code": "FACE_NOT_FOUND", "message": "No face was found.", "details": {}}
    picture = {"file": LONG, "name_ko": "세종", "name_en": "Sejong", "fate": "unusable", "failure": failure}
    now, sealer = utc_now(), accounts.job_resources.sealer
    async with accounts.uow.write() as tx:
        key = await sealer.load_or_create_key(tx, chief_id)
        row = Task(
            id=IMPORTED, user_id=chief_id, kind="import", status="done", progress=1.0, inputs=1, tries=0, version=1,
            request_sha256="0" * 64, params={}, created_at=now, finished_at=now,
            result=sealer.seal(key, {"pictures": [picture]}, result_aad(IMPORTED)),
        )  # fmt: skip
        await tx.tasks.add(row)


async def _fill_gallery_and_tasks(accounts: Accounts, user_id: int) -> None:
    now = utc_now()
    task: dict[str, Any] = {"user_id": user_id, "progress": 0.5, "inputs": 1, "tries": 3, "version": 1}
    task |= {"request_sha256": "0" * 64, "params": {}, "created_at": now, "finished_at": now}
    failure = {"error_code": "JOB_FAILED", "error_message": "It failed."}
    person = {"name_ko": "세종", "name_en": "Sejong", "found_by": "세종 sejong", "category": "history", "note": LONG}
    photo: dict[str, Any] = {"sha256": uuid4().hex * 2, "source": LONG, "licence": "CC BY 4.0", "attribution": "museum"}
    photo |= {"model": MODEL, "embedding": bytes(512), "measures": {}, "quality": 0.9}
    async with accounts.uow.write() as tx:
        for kind, more in (("batch", failure), ("import", failure)):
            await tx.tasks.add(Task(id=uuid4(), kind=kind, status="failed", **task, **more))
        row = await tx.celebrities.add(Celebrity(**person, created_at=now, updated_at=now))
        await tx.celebrity_photos.add(CelebrityPhoto(id=uuid4(), celebrity_id=row.id, created_at=now, **photo))


def sign_in(page: Page, service: Server, chief: str) -> None:
    page.goto(f"{service.url}/admin")
    page.get_by_label("이메일").fill(chief)
    page.get_by_label("비밀번호").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="로그인").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("관리")


def screens(page: Page, service: Server) -> Iterator[str]:
    """Load every screen that is found by following links from the overview, and that of an import, which its form leads
    to; yield its path."""
    waiting, seen = [f"/admin/gallery/imports/{IMPORTED}", "/admin"], set()
    while waiting:
        path = waiting.pop()
        kind = "/".join("1" if part.isdigit() else part for part in path.partition("?")[0].split("/"))
        if kind in seen:
            continue
        seen.add(kind)
        page.goto(service.url + path)
        yield kind
        waiting += page.evaluate("[...document.querySelectorAll('main a, nav a')].map((a) => a.getAttribute('href'))")


def test_every_screen_is_for_everyone_and_fits_small_and_large_windows(
    service: Server, chief: str, browser: Browser
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `make lint`")
    page = browser.new_page(locale="ko-KR", reduced_motion="reduce")
    page.goto(f"{service.url}{SIGN_IN}")
    check_screen(page, SIGN_IN)
    sign_in(page, service, chief)
    shown = []
    for screen in screens(page, service):
        shown.append(screen)
        check_screen(page, screen)
    page.close()
    assert len(shown) == len({path for method, path in admin_routes() if method == "GET"})


def check_screen(page: Page, screen: str) -> None:
    """Check a loaded screen in both colour schemes and in each size of a window."""
    for scheme, sizes in LOOKS.items():
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(sizes[0])
        assert (screen, scheme, violations(page)) == (screen, scheme, [])
        for size in sizes:
            page.set_viewport_size(size)
            assert (screen, page.evaluate("document.documentElement.scrollWidth")) == (screen, size["width"])
            assert (screen, small_targets(page)) == (screen, [])


def small_targets(page: Page) -> list[str]:
    """Return what can be pressed and is lower than 44 pixels; links within a sentence would be exempt."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('a:not(.skip), button, input:not([type=hidden]), select')]"
        ".filter((each) => each.getBoundingClientRect().height < 44).map((each) => each.outerHTML.slice(0, 80))"
    )
    return found


def test_a_user_is_found_deactivated_and_deleted_with_the_typed_address(
    service: Server, chief: str, browser: Browser
) -> None:
    address = f"{uuid4().hex[:12]}@example.com"
    httpx.post(
        f"{service.url}/api/v1/users",
        json={"email": address, "username": "<img src=x onerror=alert(1)>", "password": ADMIN_PASSWORD},
        trust_env=False,
    ).raise_for_status()
    page = browser.new_page(locale="ko-KR")
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    sign_in(page, service, chief)
    page.get_by_role("navigation", name="관리 메뉴").get_by_role("link", name="사용자").click()
    page.get_by_label("이메일의 앞부분").fill(address)
    page.get_by_role("button", name="찾기").click()
    assert page.url == f"{service.url}/admin/users"  # without the address
    page.get_by_role("link", name=address).click()
    expect(page.locator("main")).to_contain_text("<img src=x onerror=alert(1)>")
    page.get_by_role("button", name="계정 멈추기").click()
    expect(page.get_by_role("status")).to_contain_text("계정을 멈췄어요.")
    page.get_by_label("확인을 위해").fill("somebody.else@example.com")
    page.get_by_role("button", name="모두 지우기").click()
    expect(page.get_by_role("alert")).to_contain_text("지우지 않았어요.")
    page.go_back()
    page.get_by_label("확인을 위해").fill(address)
    page.get_by_role("button", name="모두 지우기").click()
    expect(page.get_by_role("status")).to_contain_text("모두 지웠어요.")
    page.get_by_label("이메일의 앞부분").fill(address)
    page.get_by_role("button", name="찾기").click()
    expect(page.locator("main")).to_contain_text("찾는 사용자가 없어요.")


def test_the_worker_that_keeps_the_page_for_use_without_network_leaves_admin_pages_alone() -> None:
    """It keeps every other answer; a kept page would be shown after the sign-out."""
    never = re.search(r"/(\^\\/\(api\|[^/]*\\/\|\$\))/", (STATIC / "service-worker.js").read_text())
    assert never is not None
    assert all(re.match(never[1], path) for path in ("/admin", "/admin/users", "/api/v1/users/me"))
    assert not re.match(never[1], "/administer")


def test_after_the_sign_out_neither_the_back_button_nor_the_stolen_cookie_shows_anything(
    service: Server, chief: str, browser: Browser
) -> None:
    context = browser.new_context(locale="ko-KR")
    page = context.new_page()
    sign_in(page, service, chief)
    page.goto(f"{service.url}/admin/users")
    expect(page.locator("main")).to_contain_text(chief)
    stolen = {each["name"]: each["value"] for each in context.cookies(f"{service.url}/admin")}
    page.get_by_role("button", name="로그아웃").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("관리자 로그인")
    page.go_back()
    expect(page.locator("body")).not_to_contain_text(chief)
    with service.client() as client:
        for method, template in admin_routes():
            answer = client.request(method, filled(template), headers={"Cookie": f"{COOKIE}={stolen[COOKIE]}"})
            assert (method, template, answer.status_code) == (method, template, 401)
    context.close()


def test_a_form_on_another_site_changes_nothing(service: Server, chief: str, browser: Browser) -> None:
    context = browser.new_context(locale="ko-KR")
    page = context.new_page()
    sign_in(page, service, chief)
    token = form_token_in(page.content())
    other = service.url.replace("127.0.0.1", "localhost")  # another site for a browser
    page.route(f"{other}/evil", lambda route: route.fulfill(content_type="text/html", body=_forged(service, token)))
    page.goto(f"{other}/evil")
    with page.expect_navigation():
        page.locator("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("관리자 로그인")  # the cookie did not come along
    page.goto(f"{service.url}/admin")
    expect(page.get_by_role("heading", level=1)).to_have_text("관리")  # still signed in
    context.close()


def _forged(service: Server, token: str) -> str:
    field = f'<input name="form_token" value="{token}">'
    return f'<form method="post" action="{service.url}/admin/sign-out">{field}<button>win</button></form>'
