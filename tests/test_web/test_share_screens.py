"""Sharing on the page: a link with its QR code that somebody without an account opens, its end, and the card as PNG."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.page_account import make_account, open_signed_in
from tests.support.page_person import AXE, show_reading, violations
from tests.support.serving import Server

NARROW = {"width": 320, "height": 640}
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def kept_reading(service: Server, still_context: BrowserContext, mesh: dict[str, Any]) -> Page:
    """Return the page of a reading that somebody has kept."""
    still_context.grant_permissions(["clipboard-read", "clipboard-write"])
    account = make_account(service, "history")
    page = open_signed_in(still_context, account, f"result/{account.keep(mesh)}")
    expect(page.locator(".sharing")).to_be_visible()
    return page


def make_link(page: Page) -> str:
    page.get_by_role("button", name="링크 만들기").click()
    url = page.locator(".sharing .share-links a").get_attribute("href")
    assert url is not None
    return url


def wait_for_qr_code(page: Page) -> None:
    page.locator(".sharing .share-links .qr").evaluate("(image) => image.decode()")  # rejects what is no image


def test_a_link_opens_for_somebody_without_an_account_until_it_is_ended(
    kept_reading: Page, service: Server, browser: Browser
) -> None:
    page = kept_reading
    url = make_link(page)
    assert url.startswith(f"{service.url}/s/")
    page.get_by_role("button", name="링크 복사하기").click()
    expect(page.locator("#toast")).to_have_text("링크를 복사했어요.")
    assert page.evaluate("navigator.clipboard.readText()") == url
    wait_for_qr_code(page)

    visitor = browser.new_context(service_workers="block", locale="ko-KR").new_page()
    assert (visitor.goto(url) or pytest.fail("no answer")).status == 200
    expect(visitor.locator("h1")).to_have_text(page.locator(".hero h1").inner_text())
    expect(visitor.locator("body")).to_contain_text(page.locator(".result .notice p").first.inner_text())

    page.get_by_role("button", name="링크 닫기").click()
    expect(page.locator("#toast")).to_contain_text("링크를 닫았어요.")
    expect(page.locator(".sharing .share-links li")).to_have_count(0)
    assert (visitor.goto(url) or pytest.fail("no answer")).status == 404


def test_a_link_that_was_made_before_can_be_ended_after_a_reload(kept_reading: Page, browser: Browser) -> None:
    page = kept_reading
    url = make_link(page)
    page.reload()
    expect(page.locator(".sharing .share-links li")).to_have_count(1)
    page.get_by_role("button", name="링크 닫기").click()
    expect(page.locator(".sharing .share-links li")).to_have_count(0)
    assert (browser.new_page().goto(url) or pytest.fail("no answer")).status == 404


@pytest.mark.parametrize(("name", "size"), [("긴 카드 나누기", (1080, 1920)), ("네모 카드 나누기", (1080, 1080))])
def test_the_card_is_saved_as_png_where_the_browser_shares_no_files(
    kept_reading: Page, name: str, size: tuple[int, int]
) -> None:
    with kept_reading.expect_download() as saved:
        kept_reading.get_by_role("button", name=name).click()
    content = Path(saved.value.path()).read_bytes()
    assert content.startswith(PNG)
    assert struct.unpack(">II", content[16:24]) == size


def test_the_card_is_handed_to_an_app_where_the_browser_can_and_giving_up_saves_nothing(kept_reading: Page) -> None:
    page = kept_reading
    handed_over: list[Any] = []
    saved: list[str] = []

    def hand_over(file: object) -> None:
        handed_over.append(file)

    page.on("download", lambda download: saved.append(download.suggested_filename))
    page.expose_function("handOver", hand_over)
    page.evaluate(
        "() => {"
        "  navigator.canShare = () => true;"
        "  navigator.share = async ({files: [file]}) => {"
        "    await window.handOver([file.name, file.type, file.size]);"
        "    throw new DOMException('', 'AbortError');"
        "  };"
        "}"
    )
    button, said = page.get_by_role("button", name="네모 카드 나누기"), page.locator("#toast").inner_text()
    button.click()
    expect(button).to_be_enabled()
    [[name, kind, size]] = handed_over
    assert (name, kind) == ("gwansang-square.png", "image/png")
    assert size > 10_000
    assert page.locator("#toast").inner_text() in ("", said)  # what the consent said may still be there
    assert saved == []


def test_a_guest_is_told_what_sharing_needs_and_has_no_button_for_it(
    service: Server, still_context: BrowserContext, drawn_result: str
) -> None:
    own = json.dumps({**json.loads(drawn_result), "drawn": False})
    page = show_reading(still_context, service.url, own)
    expect(page.locator(".keeping")).to_contain_text("카드와 링크는 로그인하고 간직한 풀이로 만들 수 있어요.")
    expect(page.locator('.keeping a[href="#/signin"]')).to_be_visible()
    expect(page.locator(".sharing")).to_have_count(0)


def test_a_made_link_is_for_everyone_and_fits_a_small_phone(kept_reading: Page) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `make lint`")
    page = kept_reading
    make_link(page)
    page.set_viewport_size(NARROW)
    wait_for_qr_code(page)
    expect(page.locator("#toast")).to_have_text("")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
