"""Every screen for people who see little, use a keyboard or a small phone: axe, widths, and the texts."""

import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from gwansang.texts import LOCALES, Locale, load
from gwansang.web.page_texts import page_texts
from tests.support.browser import DESKTOP, PHONE
from tests.support.page_account import make_account, open_signed_in
from tests.support.page_person import AXE, open_page, show_reading, violations, without_networks
from tests.support.photos import REPOSITORY
from tests.support.serving import Server
from tests.support.texts import leaves

SCREENS = ["", "camera", "signin", "signup", "reset", "privacy", "match", "match/a-code"]
NARROW = {"width": 320, "height": 640}
SOURCES = sorted((REPOSITORY / "web" / "src").rglob("*.ts"))


@pytest.fixture(params=["light", "dark"])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    scheme: Literal["light", "dark"] = request.param
    opened = browser.new_context(
        service_workers="block", viewport=PHONE, locale="ko-KR", color_scheme=scheme, reduced_motion="reduce"
    )
    without_networks(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module", autouse=True)
def axe() -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `make lint`")


def test_axe_finds_nothing_on_the_screens(service: Server, context: BrowserContext) -> None:
    page = open_page(context, service.url)
    found: dict[str, list[dict[str, Any]]] = {}
    for screen in SCREENS:
        page.goto(f"{service.url}/#/{screen}")
        page.wait_for_selector(f'#page[data-screen="{screen.split("/")[0]}"] h1')
        found[screen] = violations(page)
    page.goto(f"{service.url}/#/")
    page.locator(".doors button").nth(1).click()
    page.wait_for_selector("dialog[open]")
    found["notice"] = violations(page)
    assert {screen: faults for screen, faults in found.items() if faults} == {}


def test_axe_finds_nothing_in_a_reading(service: Server, context: BrowserContext, drawn_result: str) -> None:
    page = show_reading(context, service.url, drawn_result)
    assert violations(page) == []
    for tab in ("십이궁", "나이"):
        page.get_by_role("tab", name=tab).click()
        assert violations(page) == []


def test_axe_finds_nothing_on_the_screens_of_an_account_and_they_fit_a_small_phone(
    service: Server, context: BrowserContext, mesh: dict[str, Any]
) -> None:
    account = make_account(service, "history")
    account.keep(mesh)
    page = open_signed_in(context, account)
    page.set_viewport_size(NARROW)
    found: dict[str, object] = {}
    for screen in ("account", "settings", "days", "lookalike"):
        page.goto(f"{service.url}/#/{screen}")
        page.wait_for_selector(f'#page[data-screen="{screen}"] h1')
        found[screen] = (violations(page), page.evaluate("document.documentElement.scrollWidth"))
    assert found == dict.fromkeys(found, ([], NARROW["width"]))


def test_nothing_is_wider_than_a_small_phone(service: Server, browser: Browser, drawn_result: str) -> None:
    for locale in ("ko-KR", "en-GB"):
        context = browser.new_context(service_workers="block", viewport=NARROW, locale=locale, reduced_motion="reduce")
        without_networks(context)
        page = open_page(context, service.url)
        widths = {}
        for screen in SCREENS:
            page.goto(f"{service.url}/#/{screen}")
            page.wait_for_selector(f'#page[data-screen="{screen.split("/")[0]}"] h1')
            widths[screen] = page.evaluate("document.documentElement.scrollWidth")
        page = show_reading(context, service.url, drawn_result)
        widths["result"] = page.evaluate("document.documentElement.scrollWidth")
        context.close()
        assert {screen: width for screen, width in widths.items() if width > NARROW["width"]} == {}


def test_what_can_be_tapped_is_at_least_44_px_high_and_text_at_least_16(
    service: Server, browser: Browser, drawn_result: str
) -> None:
    context = browser.new_context(service_workers="block", viewport=DESKTOP, locale="ko-KR", reduced_motion="reduce")
    without_networks(context)
    page = show_reading(context, service.url, drawn_result)
    low = page.evaluate(
        "[...document.querySelectorAll('button, select, input, .button, #header a, #footer a')]"
        ".filter((each) => each.offsetParent && each.getBoundingClientRect().height < 44).map((each) => each.outerHTML)"
    )
    small = page.evaluate(
        "[...document.querySelectorAll('#header, #page, #footer')].flatMap((part) => [...part.querySelectorAll('*')])"
        ".filter((each) => !each.closest('svg') && each.innerText && parseFloat(getComputedStyle(each).fontSize) < 16)"
        ".map((each) => each.outerHTML.slice(0, 120))"
    )
    context.close()
    assert (low, small) == ([], [])


def test_the_keyboard_jumps_over_the_header(service: Server, browser: Browser) -> None:
    context = browser.new_context(service_workers="block", locale="ko-KR")
    without_networks(context)
    page = open_page(context, service.url)
    page.keyboard.press("Tab")
    expect(page.locator("#skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#page")).to_be_focused()
    context.close()


def used_texts() -> set[str]:
    """Return the paths of texts in the sources; a part that is filled in at run time is a star."""
    found = set()
    for source in SOURCES:
        for text in re.findall(r'\bt\(\s*[`"]([^`"]+)[`"]', source.read_text(encoding="utf-8")):
            found.add(re.sub(r"\$\{[^}]*\}", "*", text))
        for first, second in re.findall(
            r'\bt\([^"`()]*\? "([\w.]+)" : "([\w.]+)"\)', source.read_text(encoding="utf-8")
        ):
            found |= {first, second}
    return found


def as_pattern(path: str) -> str:
    return "[^.]+".join(map(re.escape, path.split("*")))


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_that_the_page_uses_exists_and_every_text_of_the_page_is_used(locale: Locale) -> None:
    there = {path.strip("/").replace("/", ".") for path, _ in leaves(page_texts(locale))}
    used = [as_pattern(path) for path in used_texts()]
    assert [path for path in used if not any(re.fullmatch(path, text) for text in there)] == []
    own = {path.strip("/").replace("/", ".") for path, _ in leaves(load("page", locale, dict[str, Any]))}
    own.remove("language")  # the service names the languages of the list by it
    assert [text for text in sorted(own) if not any(re.fullmatch(path, text) for path in used)] == []


def test_no_source_of_the_page_holds_a_sentence_or_parses_markup() -> None:
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        assert re.findall(r"[가-힣]{2,}", text) == [], source
        assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text) == [], source
