"""Signing in with an account elsewhere, on the page: buttons, the way back, linking, and what is refused."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import PHONE
from tests.support.oidc_server import ProviderServer, Someone
from tests.support.page_person import open_page
from tests.support.serving import Server
from tests.test_web.test_account_screens import sign_up

CONTINUE = "카카오로 계속하기"


@pytest.fixture
def page(browser: Browser, service: Server) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, locale="ko-KR", reduced_motion="reduce")
    yield open_page(context, service.url)
    context.close()


def sign_out(page: Page, service: Server) -> None:
    page.goto(f"{service.url}/#/account")
    page.get_by_role("button", name="로그아웃").click()
    page.wait_for_url(f"{service.url}/#/")
    page.goto(f"{service.url}/#/signin")


def test_a_new_person_signs_in_with_an_account_elsewhere(
    page: Page, service: Server, elsewhere: ProviderServer
) -> None:
    elsewhere.someone = Someone(subject=uuid4().hex, email=f"{uuid4().hex[:12]}@example.com", name="하늘이")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{service.url}/#/signin")
    page.get_by_text("동의하는 내용 보기").click()
    expect(page.get_by_text("사진을 서버의 메모리에서 처리하여")).to_be_visible()
    page.get_by_label("태어난 해").fill("2020")
    page.get_by_role("button", name=CONTINUE).click()
    expect(page.locator("#toast")).to_contain_text("14세")
    page.get_by_label("태어난 해").fill("1995")
    page.get_by_role("button", name=CONTINUE).click()
    page.wait_for_url(f"{service.url}/#/")
    page.goto(f"{service.url}/#/account")
    expect(page.locator("h1")).to_have_text("하늘이님, 안녕하세요")
    tokens = page.evaluate("Object.values(JSON.parse(localStorage.getItem('gwansang.sign-in')))")
    assert not [url for url in asked for token in tokens if str(token) in url]
    page.get_by_role("button", name="카카오 연결 끊기").click()
    expect(page.locator("#toast")).to_contain_text("그때 연결은 저절로 끊겨요")


def test_an_account_is_linked_on_the_page_and_not_before(
    page: Page, service: Server, elsewhere: ProviderServer
) -> None:
    address = sign_up(page, service)
    elsewhere.someone = Someone(subject=uuid4().hex, email=address)
    sign_out(page, service)
    page.get_by_role("button", name=CONTINUE).click()
    expect(page.get_by_role("alert")).to_contain_text("같은 이메일 주소로 만든 계정이 있어요")
    page.get_by_role("link", name="로그인 화면으로").click()
    page.locator("input[name=email]").fill(address)
    page.locator("input[name=password]").fill("correct horse battery 7")
    page.locator("form button").click()
    page.wait_for_url(f"{service.url}/#/")
    page.goto(f"{service.url}/#/account")
    page.get_by_role("button", name="카카오 연결하기").click()
    expect(page.get_by_role("button", name="카카오 연결 끊기")).to_be_visible()
    assert page.url == f"{service.url}/#/account"
    sign_out(page, service)
    page.get_by_role("button", name=CONTINUE).click()
    page.wait_for_url(f"{service.url}/#/")
    page.goto(f"{service.url}/#/account")
    expect(page.locator("h1")).to_have_text("김민지님, 안녕하세요")


def test_a_sign_in_returns_to_the_screen_that_asked_for_it(
    page: Page, service: Server, elsewhere: ProviderServer
) -> None:
    elsewhere.someone = Someone(subject=uuid4().hex, email=f"{uuid4().hex[:12]}@example.com")
    page.goto(f"{service.url}/#/lookalike")
    page.get_by_role("button", name=CONTINUE).click()
    page.wait_for_url(f"{service.url}/#/lookalike")


def test_linked_accounts_that_can_not_be_read_are_not_offered_for_linking(page: Page, service: Server) -> None:
    sign_up(page, service)
    page.goto(f"{service.url}/#/account")
    button = page.get_by_role("button", name="카카오 연결하기")
    expect(button).to_be_visible()
    page.route("**/users/me/identities", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("button", name="로그아웃")).to_be_visible()
    expect(button).to_have_count(0)


def test_an_account_without_a_password_is_changed_and_erased_after_a_sign_in_alone(
    page: Page, service: Server, elsewhere: ProviderServer
) -> None:
    elsewhere.someone = Someone(subject=uuid4().hex, email=f"{uuid4().hex[:12]}@example.com", name="하늘이")
    page.goto(f"{service.url}/#/settings")
    page.get_by_role("button", name=CONTINUE).click()
    page.wait_for_url(f"{service.url}/#/")
    page.goto(f"{service.url}/#/account")
    expect(page.locator(".again")).to_contain_text("비밀번호가 없어요")
    page.goto(f"{service.url}/#/settings")
    expect(page.get_by_role("link", name="비밀번호 정하러 가기")).to_be_visible()
    expect(page.locator("input[type=password]")).to_have_count(0)
    page.get_by_label("새 이메일").fill(f"{uuid4().hex[:12]}@example.com")
    page.get_by_role("button", name="이메일 바꾸기").click()
    expect(page.locator("#toast")).to_contain_text("새 주소로 코드를 보냈어요")
    page.goto(f"{service.url}/#/settings")
    page.get_by_role("button", name="다시 로그인하기").click()
    page.get_by_role("button", name=CONTINUE).click()
    page.wait_for_url(f"{service.url}/#/settings")
    page.goto(f"{service.url}/#/privacy")
    page.get_by_text("계정과 모든 정보 지우기").click()
    page.get_by_role("button", name="모두 지우기").click()
    expect(page.locator("#toast")).to_contain_text("모두 지웠어요")


def test_a_return_that_fails_for_now_is_shown_on_the_page(page: Page, service: Server) -> None:
    page.goto(f"{service.url}/#/signedin/later")
    expect(page.get_by_role("alert")).to_contain_text("잠시 뒤에 다시 로그인해 주세요")
