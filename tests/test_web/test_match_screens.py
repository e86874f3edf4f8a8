"""궁합 by link and look-alikes on the page: what is sent, what is told, and what nobody keeps."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.support.browser import PHONE, record_traffic
from tests.support.page_account import make_account, open_signed_in
from tests.support.page_person import SAMPLE, choose_photo, open_page, show_reading, without_networks
from tests.support.serving import Server

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def visitor(browser: Browser) -> Any:  # noqa: ANN401 - a generator's value
    """Yield the phone of somebody else, without an account."""
    opened = browser.new_context(service_workers="block", viewport=PHONE, locale="ko-KR", reduced_motion="reduce")
    yield opened
    opened.close()


def test_an_invitation_is_sent_redeemed_with_points_alone_and_told_without_a_grade(
    service: Server, still_context: BrowserContext, visitor: BrowserContext, mesh: dict[str, Any]
) -> None:
    account = make_account(service, "history")
    page = open_signed_in(still_context, account, f"result/{account.keep(mesh)}")
    page.get_by_role("button", name="궁합에 초대하기").click()
    link = page.locator(".inviting .share-links a")
    url = link.get_attribute("href") or ""
    page.locator(".inviting .qr").evaluate("(image) => image.decode()")  # rejects what is no image
    assert url.startswith(f"{service.url}/#/match/")

    traffic = record_traffic(visitor)
    guest = open_page(visitor, *url.split("/#/"))
    expect(guest.locator("#page")).to_contain_text("점수나 등급은 매기지 않아요")
    expect(guest.locator("#page")).to_contain_text("서버에 저장하지 않고")
    choose_photo(guest)
    expect(guest.locator(".match h1")).to_be_visible()
    assert guest.locator(".match section").count() == 5
    assert all("#" not in request.url and "/match/" not in request.url for request in traffic.requests)
    assert [size < 20_000 for size in traffic.sent()] == [True]
    title = guest.locator(".match h1").inner_text()
    guest.reload()
    expect(guest.locator(".match h1")).to_have_text(title)  # most codes work once, so it stays in the tab

    page.reload()
    expect(page.locator(".inviting")).to_be_visible()
    expect(page.locator(".inviting li")).to_have_count(0)  # used up


def test_the_face_of_the_reading_in_the_tab_is_compared_and_a_withdrawn_invitation_is_told_kindly(
    service: Server, still_context: BrowserContext, drawn_result: str, mesh: dict[str, Any]
) -> None:
    account = make_account(service, "history")
    kept = account.keep(mesh)
    codes = [account.call("POST", f"/analysis/{kept}/invitations")["code"] for _ in range(2)]
    page = show_reading(still_context, service.url, drawn_result.replace('"drawn":true', '"drawn":false'))
    page.goto(f"{service.url}/#/match/{codes[0]}")
    page.get_by_role("button", name="방금 읽은 얼굴로 보기").click()
    expect(page.locator(".match h1")).to_be_visible()
    (left,) = account.call("GET", "/analysis/invitations")["items"]
    account.call("DELETE", f"/analysis/invitations/{left['id']}")
    page.goto(f"{service.url}/#/match/{codes[1]}")
    page.get_by_role("button", name="방금 읽은 얼굴로 보기").click()
    expect(page.locator("#toast")).to_contain_text("초대")


def test_an_invitation_that_was_made_before_is_withdrawn_on_the_page(
    service: Server, still_context: BrowserContext, mesh: dict[str, Any]
) -> None:
    account = make_account(service, "history")
    kept = account.keep(mesh)
    account.call("POST", f"/analysis/{kept}/invitations")
    page = open_signed_in(still_context, account, f"result/{kept}")
    expect(page.locator(".inviting li")).to_contain_text("1번 쓸 수 있는 초대")
    page.get_by_role("button", name="초대 거두기").click()
    expect(page.locator("#toast")).to_contain_text("초대를 거두었어요.")
    expect(page.locator(".inviting li")).to_have_count(0)
    assert account.call("GET", "/analysis/invitations")["items"] == []


@pytest.mark.parametrize("address", [f"match/{HOSTILE}", "match/%E0%A4%A", "constructor", "__proto__/x", "result/%"])
def test_an_address_of_somebody_else_s_making_shows_a_screen_and_runs_nothing(
    service: Server, still_context: BrowserContext, address: str
) -> None:
    dialogs: list[str] = []
    still_context.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    traffic = record_traffic(still_context)
    page = open_page(still_context, service.url, address)
    expect(page.locator("#page h1")).not_to_be_empty()
    assert (dialogs, page.locator("#page img").count()) == ([], 0)
    assert traffic.foreign(service.url) == []


def test_look_alikes_need_their_consent_say_that_the_photo_is_sent_and_show_words(
    service: Server, still_context: BrowserContext
) -> None:
    account = make_account(service)
    page = open_signed_in(still_context, account, "lookalike")
    expect(page.locator(".promise b")).to_have_text("이때는 사진을 서버로 보내요")
    assert page.locator(".doors").count() == 0
    page.get_by_role("button", name="동의하기: 닮은 인물 찾기").click()
    answer = {
        "matches": [
            {"name": HOSTILE, "words": "이만큼 닮은 사람은 다른 100명 가운데 2명쯤이에요.", "percentile": 97.5}
        ],
        "regions": {"eyes": {"name": "홍길동", "similarity": 87}},
        "notice": None,
        "disclaimer": "재미로 보여 드리는 결과예요.",
    }
    still_context.route("**/celebrity/match/upload", lambda route: route.fulfill(json=answer))
    page.locator(".doors .primary").click()
    with page.expect_file_chooser() as chosen:
        page.locator("dialog .primary").click()
    chosen.value.set_files(SAMPLE)
    expect(page.locator(".nearest h3")).to_have_text(HOSTILE)
    expect(page.locator(".nearest p")).to_contain_text("100명 가운데 2명쯤")
    expect(page.locator(".by-part")).to_contain_text("홍길동")
    assert not {"97", "87", "%"} & set(page.locator(".found").inner_text().split())
    assert page.locator(".found img").count() == 0


def test_an_empty_gallery_is_told_kindly(service: Server, still_context: BrowserContext) -> None:
    account = make_account(service, "lookalike")
    page = open_signed_in(still_context, account, "lookalike")
    page.locator(".doors .primary").click()
    with page.expect_file_chooser() as chosen:
        page.locator("dialog .primary").click()
    chosen.value.set_files(SAMPLE)
    expect(page.locator(".found .banner")).to_contain_text("아직 비교할 인물이 없어요")
    expect(page.locator(".found")).to_contain_text("오늘의 운세를 즐겨 주세요")


def test_seven_days_are_told_and_the_landing_shows_a_new_morning(
    service: Server, still_context: BrowserContext, mesh: dict[str, Any]
) -> None:
    account = make_account(service, "history")
    account.keep(mesh)
    page = open_signed_in(still_context, account, "days")
    expect(page.get_by_role("tab")).to_have_count(7)
    texts = set()
    for day in page.get_by_role("tab").all():
        day.click()
        texts.add(page.locator(".fortune").inner_text())
    assert len(texts) == 7
    page.goto(f"{service.url}/#/")
    shown = page.locator(".day .place").first
    expect(shown).to_be_visible()
    today = shown.inner_text()
    page.evaluate("const now = Date.now; Date.now = () => now() + 86_400_000")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(shown).not_to_have_text(today)


def test_without_a_sign_in_look_alikes_ask_for_one_and_come_back(
    service: Server, still_context: BrowserContext
) -> None:
    account = make_account(service)
    page = open_page(still_context, service.url, "lookalike")
    page.locator("input[name=email]").fill(account.email)
    page.locator("input[name=password]").fill("correct horse battery 7")
    page.locator("form .primary").click()
    expect(page.locator("#page h1")).to_have_text("닮은 인물 찾기")


def test_without_networks_an_invitation_is_redeemed_with_the_photo_after_it_was_said(
    service: Server, visitor: BrowserContext, mesh: dict[str, Any]
) -> None:
    account = make_account(service, "history")
    code = account.call("POST", f"/analysis/{account.keep(mesh)}/invitations")["code"]
    without_networks(visitor)
    page = open_page(visitor, service.url, f"match/{code}")
    expect(page.locator(".promise b")).to_have_text("이 기기에서는 사진을 보내서 읽어요")
    choose_photo(page)
    page.get_by_role("button", name="사진을 보내서 읽기").click()
    expect(page.locator(".match h1")).to_be_visible()
