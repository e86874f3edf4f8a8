"""Accounts on the page: signing up, history, consents and the end of it, and texts that want to be scripts."""

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.browser import PHONE
from tests.support.page_person import SAMPLE, choose_photo, open_page
from tests.support.people import code_of, mails_in
from tests.support.serving import Server

PASSWORD = "correct horse battery 7"
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport=PHONE, locale="ko-KR", reduced_motion="reduce")
    yield opened
    opened.close()


def sign_up(page: Page, service: Server, name: str = "김민지") -> str:
    """Sign up on the page, verify the address with the mailed code, and return the address."""
    address = f"{uuid4().hex[:12]}@example.com"
    page.goto(f"{service.url}/#/signup")
    page.locator("input[name=email]").fill(address)
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="가입하기").click()
    page.locator("input[name=code]").fill(mailed_code(service, address))
    page.get_by_role("button", name="이메일 확인하기").click()
    expect(page.locator("#toast")).to_have_text("이메일을 확인했어요.")
    return address


def mailed_code(service: Server, address: str) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for path in reversed(mails_in(service.log.parent / ".data" / "mail")):
            if address.encode() in path.read_bytes():
                return code_of(path)
        time.sleep(0.1)
    raise AssertionError("no mail arrived")


def agree_to_history(page: Page, service: Server) -> None:
    page.goto(f"{service.url}/#/privacy")
    page.get_by_role("button", name="동의하기: 풀이 간직하기").click()
    expect(page.get_by_role("button", name="동의 거두기: 풀이 간직하기")).to_be_visible()


def read_own_photo(page: Page, service: Server) -> None:
    page.goto(f"{service.url}/#/")
    if page.evaluate("JSON.parse(localStorage.getItem('gwansang.preferences')).noticeVersion") == 0:
        choose_photo(page)
    else:
        with page.expect_file_chooser() as chosen:
            page.locator(".doors button").nth(1).click()
        chosen.value.set_files(SAMPLE)
    page.wait_for_selector(".result .keeping")


def test_readings_are_kept_compared_and_deleted_and_each_day_has_its_fortune(
    service: Server, context: BrowserContext
) -> None:
    page = open_page(context, service.url)
    sign_up(page, service)
    agree_to_history(page, service)
    read_own_photo(page, service)
    read_own_photo(page, service)
    expect(page.locator(".keeping")).to_contain_text("지난번과 100% 같아요")
    page.goto(f"{service.url}/#/history")
    expect(page.locator(".kept > li")).to_have_count(2)
    page.get_by_role("button", name="가장 최근 풀이와 견주기").click()
    expect(page.locator(".compared p")).to_contain_text("두 풀이는")
    page.goto(f"{service.url}/#/")
    expect(page.locator(".day h2")).to_have_text("오늘의 운세")
    page.goto(f"{service.url}/#/history")
    page.get_by_role("button", name="지우기").first.click()
    page.get_by_role("button", name="정말 지우기").click()
    expect(page.locator(".kept > li")).to_have_count(1)
    page.locator(".kept .open").click()
    expect(page.locator(".explorer .hint")).to_contain_text("사진이 없어서")


def test_switching_the_language_of_a_kept_reading_keeps_no_second_one(service: Server, context: BrowserContext) -> None:
    page = open_page(context, service.url)
    sign_up(page, service)
    agree_to_history(page, service)
    read_own_photo(page, service)
    page.get_by_label("언어").select_option("en")
    expect(page.locator(".explorer h2")).to_have_text("On your face")
    assert page.locator(".explorer .overlay.main").count() >= 2
    page.goto(f"{service.url}/#/history")
    expect(page.locator(".kept > li")).to_have_count(1)


def test_signing_out_in_one_tab_empties_the_other(service: Server, context: BrowserContext) -> None:
    page = open_page(context, service.url)
    sign_up(page, service)
    read_own_photo(page, service)
    other = open_page(context, service.url, "account")
    other.get_by_role("button", name="로그아웃").click()
    other.wait_for_selector(".doors")
    expect(page.get_by_role("link", name="로그인")).to_be_visible()
    assert page.evaluate("[localStorage.getItem('gwansang.account'), sessionStorage.getItem('gwansang.result')]") == [
        None,
        None,
    ]


def test_erasing_the_account_ends_it(service: Server, context: BrowserContext) -> None:
    page = open_page(context, service.url)
    address = sign_up(page, service)
    page.goto(f"{service.url}/#/privacy")
    page.get_by_text("계정과 모든 정보 지우기").click()
    page.locator(".danger input").fill(PASSWORD)
    page.get_by_role("button", name="모두 지우기").click()
    page.wait_for_selector(".doors")
    page.goto(f"{service.url}/#/signin")
    page.locator("input[name=email]").fill(address)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form .primary").click()
    expect(page.locator("#toast")).not_to_be_empty()
    assert page.evaluate("localStorage.getItem('gwansang.account')") is None


def test_a_name_that_is_a_script_is_only_a_name(service: Server, context: BrowserContext) -> None:
    dialogs: list[str] = []
    page = open_page(context, service.url)
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    sign_up(page, service, HOSTILE)
    page.goto(f"{service.url}/#/account")
    expect(page.locator("#page h1")).to_contain_text(HOSTILE)
    page.goto(f"{service.url}/#/keys")
    page.locator("input[name=name]").fill(HOSTILE)
    page.get_by_role("button", name="키 만들기").click()
    expect(page.locator("code").first).to_contain_text("gsk_")
    page.reload()
    expect(page.locator(".list b")).to_have_text(HOSTILE)
    page.goto(f"{service.url}/#/result/{HOSTILE}")
    page.wait_for_selector(".doors")
    assert dialogs == []
    assert page.locator("#page img").count() == 0
