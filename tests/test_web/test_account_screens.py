"""Accounts on the page: signing up, history, consents and the end of it, and texts that want to be scripts."""

import hashlib
import json
from typing import Any
from uuid import uuid4

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.browser import PHONE, record_traffic
from tests.support.page_account import PASSWORD, mailed_code, make_account, open_signed_in, signed_in
from tests.support.page_person import choose_photo, open_page, show_reading, without_networks
from tests.support.serving import Server

HOSTILE = "<img src=x onerror=alert(1)>"


def sign_up(page: Page, service: Server) -> str:
    """Sign up on the page, verify the address with the mailed code, and return the address."""
    address = f"{uuid4().hex[:12]}@example.com"
    page.goto(f"{service.url}/#/signup")
    page.locator("input[name=email]").fill(address)
    page.locator("input[name=username]").fill("김민지")
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="가입하기").click()
    page.locator("input[name=code]").fill(mailed_code(service, address))
    page.get_by_role("button", name="이메일 확인하기").click()
    expect(page.locator("#toast")).to_have_text("이메일을 확인했어요.")
    return address


def test_readings_are_kept_compared_and_deleted_and_each_day_has_its_fortune(
    service: Server, context: BrowserContext, mesh: dict[str, Any]
) -> None:
    page = open_page(context, service.url)
    sign_up(page, service)
    page.goto(f"{service.url}/#/privacy")
    page.get_by_role("button", name="동의하기: 풀이 간직하기").click()
    expect(page.get_by_role("button", name="동의 거두기: 풀이 간직하기")).to_be_visible()
    bearer = page.evaluate("'Bearer ' + JSON.parse(localStorage.getItem('gwansang.sign-in')).accessToken")
    with service.client() as client:
        answer = client.post("/api/v1/analysis/face", json=mesh, headers={"Authorization": bearer})
    assert answer.json()["kept"] is True
    page.goto(f"{service.url}/#/")
    choose_photo(page)
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
    page = open_signed_in(context, make_account(service, "history"))
    choose_photo(page)
    page.wait_for_selector(".result .keeping")
    page.get_by_label("언어").select_option("en")
    expect(page.locator(".explorer h2")).to_have_text("On your face")
    assert page.locator(".explorer .overlay.main").count() >= 2
    page.goto(f"{service.url}/#/history")
    expect(page.locator(".kept > li")).to_have_count(1)


def test_signing_out_in_one_tab_empties_the_other_and_shows_nothing_of_it_any_more(
    service: Server, still_context: BrowserContext, drawn_result: str
) -> None:
    read = json.dumps({**json.loads(drawn_result), "drawn": False, "ofAccount": True})
    other = open_signed_in(still_context, make_account(service), "account")
    page = show_reading(still_context, service.url, read)
    other.get_by_role("button", name="로그아웃").click()
    other.wait_for_selector(".doors")
    page.wait_for_selector(".doors")
    expect(page.get_by_role("link", name="로그인")).to_be_visible()
    kept = "[localStorage.getItem('gwansang.sign-in'), sessionStorage.getItem('gwansang.result')]"
    assert page.evaluate(kept) == [None, None]
    page.go_back()
    expect(page.locator(".result")).to_have_count(0)


def test_tabs_renew_a_sign_in_together_and_one_that_has_ended_asks_for_the_next(
    service: Server, still_context: BrowserContext
) -> None:
    tabs = [open_signed_in(still_context, make_account(service)), open_page(still_context, service.url)]
    traffic = record_traffic(still_context)
    spoil = """(changes) => localStorage.setItem('gwansang.sign-in', JSON.stringify(
        {...JSON.parse(localStorage.getItem('gwansang.sign-in')), ...changes}))"""
    tabs[0].evaluate(spoil, {"expiresAt": 0})
    for tab in tabs:
        tab.evaluate("location.hash = '#/account'")
    for tab in tabs:
        expect(tab.locator("#page h1")).to_have_text("김민지님, 안녕하세요")
    renewals = [request for request in traffic.requests if request.url.endswith("/auth/refresh")]
    assert 1 <= len(renewals) <= 2  # a tab may see in localStorage late what the other one has written
    tabs[0].evaluate(spoil, {"expiresAt": 0, "refreshToken": "one that is none"})
    tabs[0].reload()
    expect(tabs[0].locator("#toast")).to_have_text("로그아웃되었어요. 다시 로그인해 주세요.")
    for tab in tabs:
        expect(tab.get_by_role("link", name="로그인")).to_be_visible()


def test_a_tab_that_slept_through_the_sign_out_shows_nothing_when_it_wakes(
    service: Server, still_context: BrowserContext, drawn_result: str
) -> None:
    read = json.dumps({**json.loads(drawn_result), "drawn": False, "ofAccount": True})
    page = still_context.new_page()
    page.goto(f"{service.url}/icon.svg")
    page.evaluate("(read) => sessionStorage.setItem('gwansang.result', read)", read)
    page.goto(f"{service.url}/#/result")
    page.wait_for_selector(".doors")
    assert page.evaluate("sessionStorage.getItem('gwansang.result')") is None


def test_name_and_address_are_changed_the_address_once_its_code_is_entered(
    service: Server, still_context: BrowserContext
) -> None:
    account = make_account(service)
    page = open_signed_in(still_context, account, "settings")
    page.locator("input[name=username]").fill("박서준입니다")
    page.get_by_role("button", name="이름 바꾸기").click()
    expect(page.locator("#toast")).to_have_text("이름을 바꿨어요.")
    address = page.locator("form", has_text="이메일 바꾸기")
    chosen = f"new-{account.email}"
    address.locator("input[name=email]").fill(chosen)
    address.locator("input[name=current_password]").fill("not the password")
    traffic = record_traffic(still_context)
    address.get_by_role("button").click()
    expect(page.locator("#toast")).to_contain_text("비밀번호")
    assert [request.method for request in traffic.requests] == ["PATCH"]  # a try is a try, and no token is renewed
    address.locator("input[name=current_password]").fill(PASSWORD)
    address.get_by_role("button").click()
    expect(page.locator("#page h1")).to_have_text("박서준입니다님, 안녕하세요")
    page.locator("input[name=code]").fill(mailed_code(service, chosen))
    page.get_by_role("button", name="이메일 확인하기").click()
    expect(page.locator("#page .place").first).to_have_text(f"이메일 {chosen}")


def test_a_new_password_ends_every_other_sign_in_but_not_the_one_here(
    service: Server, still_context: BrowserContext
) -> None:
    account = make_account(service)
    page = open_signed_in(still_context, account, "settings")
    password = page.locator("form", has_text="비밀번호 바꾸기")
    password.locator("input[name=current_password]").fill(PASSWORD)
    password.locator("input[name=password]").fill("another horse battery 8")
    password.get_by_role("button").click()
    expect(page.locator("#page h1")).to_have_text("김민지님, 안녕하세요")  # and still signed in here
    with service.client() as client:
        bearer = {"Authorization": f"Bearer {account.tokens['access_token']}"}
        assert client.get("/api/v1/users/me", headers=bearer).status_code == 401
        signed_in(client, account.email, "another horse battery 8")


def test_the_link_of_somebody_else_to_a_kept_reading_and_an_ended_one_show_no_reading(
    service: Server, still_context: BrowserContext, mesh: dict[str, Any]
) -> None:
    theirs = make_account(service, "history").keep(mesh)
    own = make_account(service, "history")
    ended = own.keep(mesh)
    own.call("DELETE", f"/analysis/{ended}")
    page = open_signed_in(still_context, own)
    for reading in (theirs, ended):
        page.goto(f"{service.url}/#/result/{reading}")
        expect(page.locator("#toast")).not_to_be_empty()
        page.wait_for_selector(".doors")
        expect(page.locator(".result")).to_have_count(0)


def test_a_sign_up_shows_what_it_agrees_to_and_records_the_language_that_was_shown(
    service: Server, browser: Browser
) -> None:
    context = browser.new_context(service_workers="block", viewport=PHONE, locale="en-GB", reduced_motion="reduce")
    without_networks(context)
    page = open_page(context, service.url, "signup")
    page.get_by_text("Show what I agree to").click()
    shown = page.locator("details p").inner_text()
    address = f"{uuid4().hex[:12]}@example.com"
    page.locator("input[name=email]").fill(address)
    page.locator("input[name=username]").fill("Minji")
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.wait_for_selector("input[name=code]")
    context.close()
    with service.client() as client:
        tokens = signed_in(client, address, PASSWORD)
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        (consent,) = client.get("/api/v1/users/me/export", headers=bearer).json()["consents"]
    assert consent["locale"] == "en"
    assert consent["text_sha256"] == hashlib.sha256(shown.encode()).hexdigest()


def test_without_network_the_screens_of_an_account_say_so_and_open_again_with_it(
    service: Server, still_context: BrowserContext
) -> None:
    page = open_signed_in(still_context, make_account(service))
    still_context.set_offline(True)
    for screen in ("account", "settings", "days", "history", "lookalike", "privacy", "keys"):
        page.goto(f"{service.url}/#/{screen}")
        expect(page.locator(f"#page[data-screen={screen}] [role=alert]")).to_contain_text("인터넷에 연결되어 있지")
    still_context.set_offline(False)
    page.get_by_role("button", name="다시 열어 보기").click()
    expect(page.locator("#page h1")).to_have_text("API 키")


def test_a_key_is_made_with_the_password_listed_at_once_and_deleted_at_the_second_tap(
    service: Server, still_context: BrowserContext
) -> None:
    page = open_signed_in(still_context, make_account(service), "keys")
    expect(page.locator("#page")).to_contain_text("아직 키가 없어요.")
    page.locator("input[name=name]").fill("집")
    page.locator("input[name=current_password]").fill("not the password")
    page.get_by_role("button", name="키 만들기").click()
    expect(page.locator("#toast")).to_contain_text("비밀번호")
    page.locator("input[name=current_password]").fill(PASSWORD)
    page.get_by_role("button", name="키 만들기").click()
    expect(page.locator(".list b")).to_have_text("집")
    expect(page.locator("#page")).not_to_contain_text("아직 키가 없어요.")
    page.get_by_role("button", name="집 지우기").click()
    expect(page.locator(".list b")).to_have_text("집")
    page.get_by_role("button", name="정말 지우기").click()
    expect(page.locator("#page")).to_contain_text("아직 키가 없어요.")


def test_erasing_the_account_ends_it(service: Server, still_context: BrowserContext) -> None:
    account = make_account(service)
    page = open_signed_in(still_context, account, "privacy")
    page.get_by_text("계정과 모든 정보 지우기").click()
    page.locator(".danger input").fill(PASSWORD)
    page.get_by_role("button", name="모두 지우기").click()
    page.wait_for_selector(".doors")
    page.goto(f"{service.url}/#/signin")
    page.locator("input[name=email]").fill(account.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form .primary").click()
    expect(page.locator("#toast")).not_to_be_empty()
    assert page.evaluate("localStorage.getItem('gwansang.sign-in')") is None


def test_a_name_that_is_a_script_is_only_a_name(service: Server, still_context: BrowserContext) -> None:
    dialogs: list[str] = []
    page = open_signed_in(still_context, make_account(service, name=HOSTILE), "account")
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
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
