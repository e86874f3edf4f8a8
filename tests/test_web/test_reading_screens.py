"""From the first screen to a reading, as a person does it in a browser."""

import json
import re
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Browser, BrowserContext, expect

from tests.support.browser import DESKTOP, PHONE, Traffic, launched, record_traffic, write_film
from tests.support.page_person import (
    SAMPLE,
    choose_photo,
    open_page,
    read_drawn_face,
    show_reading,
    wait_until,
    without_networks,
)
from tests.support.serving import Server, serving

MAX_MESH_BYTES = 20_000


def posted(traffic: Traffic) -> list[tuple[str, bytes]]:
    return [
        (each.url.rsplit("/api/v1", 1)[-1], each.post_data_buffer or b"")
        for each in traffic.requests
        if each.method == "POST"
    ]


def test_one_tap_reads_the_drawn_face_and_sends_only_numbers(service: Server, context: BrowserContext) -> None:
    traffic = record_traffic(context)
    page = open_page(context, service.url)
    read_drawn_face(page)
    expect(page.locator(".result .banner")).to_be_visible()
    assert len(page.locator(".story").inner_text()) > 60
    ((call, body),) = posted(traffic)
    assert call.startswith("/analysis/face?")
    assert len(json.loads(body)["landmarks"]) == 478
    assert len(body) <= MAX_MESH_BYTES
    assert traffic.foreign(service.url) == []
    assert traffic.errors == []


def test_two_taps_read_a_photo_whose_bytes_stay(service: Server, context: BrowserContext) -> None:
    traffic = record_traffic(context)
    page = open_page(context, service.url)
    expect(page.locator(".promise b")).to_have_text("사진은 이 기기를 떠나지 않아요")
    choose_photo(page)
    page.wait_for_selector(".result h1")
    assert page.locator(".result .banner").count() == 0
    assert [len(body) <= MAX_MESH_BYTES for _, body in posted(traffic)] == [True]


def test_the_notice_is_shown_before_the_first_photo_and_not_again(service: Server, context: BrowserContext) -> None:
    page = open_page(context, service.url)
    page.locator(".doors button").nth(1).click()
    expect(page.locator("dialog")).to_contain_text("재미로 보는 관상")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    choose_photo(page)
    page.wait_for_selector(".result h1")
    page.goto(f"{service.url}/#/")
    with page.expect_file_chooser():
        page.locator(".doors button").nth(1).click()


def test_without_networks_in_the_browser_the_page_says_so_and_asks_before_it_sends(
    service: Server, context: BrowserContext
) -> None:
    context.route("**/web/face.json", lambda route: route.fulfill(json={"files": None}))
    traffic = record_traffic(context)
    page = open_page(context, service.url)
    expect(page.locator(".promise b")).to_have_text("이 기기에서는 사진을 보내서 읽어요")
    choose_photo(page)
    expect(page.locator(".reading-status")).to_contain_text("서버로 보내면")
    assert posted(traffic) == []
    page.locator(".reading .primary").click()
    page.wait_for_selector(".result h1")
    ((call, _),) = posted(traffic)
    assert call.startswith("/analysis/face/upload")
    expect(page.locator(".explorer .face-view")).to_be_visible()


def test_the_camera_releases_itself_at_two_distances(service: Server, browser: Browser, tmp_path: Path) -> None:
    film = write_film(tmp_path / "face.mjpeg", *camera_frames())
    with launched(browser.browser_type, film) as filming:
        context = filming.new_context(service_workers="block", viewport=PHONE, locale="ko-KR", permissions=["camera"])
        page = open_page(context, service.url)
        traffic = record_traffic(context)
        page.locator(".doors .primary").click()
        page.locator("dialog .primary").click()
        page.wait_for_selector(".result h1", timeout=120_000)
        ((_, body),) = posted(traffic)
        assert len(body) <= MAX_MESH_BYTES


def test_the_camera_takes_no_tilted_face_from_afar(service: Server, browser: Browser, tmp_path: Path) -> None:
    film = write_film(tmp_path / "tilted.mjpeg", *[camera_frame(0.5, angle_deg=25)] * 5)
    with launched(browser.browser_type, film) as filming:
        context = filming.new_context(service_workers="block", viewport=PHONE, locale="ko-KR", permissions=["camera"])
        page = open_page(context, service.url)
        page.locator(".doors .primary").click()
        page.locator("dialog .primary").click()
        expect(page.locator(".camera-hint")).to_contain_text("기울여", timeout=60_000)
        expect(page.locator(".oval")).to_have_attribute("data-step", "far")


def camera_frames() -> list[bytes]:
    """Return frames of the drawn face, first small, then twice as large, each for a while."""
    return [camera_frame(0.5)] * 60 + [camera_frame(0.95)] * 60


def camera_frame(scale: float, angle_deg: float = 0.0) -> bytes:
    picture = cv2.imread(str(SAMPLE))
    move = cv2.getRotationMatrix2D((picture.shape[1] / 2, picture.shape[0] * 0.46), angle_deg, scale)
    moved = cv2.warpAffine(picture, move, picture.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    return cv2.imencode(".jpg", cv2.resize(moved, (960, 1200))[190:910])[1].tobytes()


def test_without_a_camera_a_photo_can_be_chosen(service: Server, still_context: BrowserContext) -> None:
    page = open_page(still_context, service.url, "camera")
    expect(page.locator(".camera-hint")).to_contain_text("카메라를 쓸 수 없어요")
    page.locator(".camera .primary").first.click()
    with page.expect_file_chooser() as chosen:
        page.locator("dialog .primary").click()
    chosen.value.set_files(SAMPLE)
    page.wait_for_selector(".reading .primary")


def test_a_file_that_is_no_picture_and_a_picture_without_a_face_are_told_apart(
    service: Server, context: BrowserContext, tmp_path: Path
) -> None:
    page = open_page(context, service.url)
    text = tmp_path / "notes.jpg"
    text.write_text("no picture")
    choose_photo(page, text)
    expect(page.locator("#toast")).to_contain_text("열 수 없어요")
    empty = tmp_path / "empty.png"
    cv2.imwrite(str(empty), np.full((400, 300, 3), 180, np.uint8))
    page.locator("input[type=file]").set_input_files(empty)
    expect(page.locator(".reading-status")).to_contain_text("얼굴을 찾지 못했어요")
    expect(page.locator(".reading .button")).to_have_text("처음으로")


def test_a_part_is_shown_on_the_face_with_its_meaning_and_reasons(
    service: Server, still_context: BrowserContext, drawn_result: str
) -> None:
    page = show_reading(still_context, service.url, drawn_result)
    explorer = page.locator(".explorer")
    explorer.get_by_role("button", name="코 鼻").click()
    expect(explorer.get_by_role("img", name=re.compile("코의 자리"))).to_be_visible()
    assert explorer.locator(".overlay.main").count() >= 2
    assert explorer.locator(".reasons > li").count() >= 2
    explorer.get_by_role("tab", name="십이궁").click()
    assert explorer.locator(".chip").count() == 12
    assert explorer.locator(".place-dot.chosen").count() >= 1


def test_tabs_move_with_the_arrow_keys(service: Server, still_context: BrowserContext, drawn_result: str) -> None:
    page = show_reading(still_context, service.url, drawn_result)
    first = page.locator(".topics [role=tab]").first
    first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".topics [role=tab]").nth(1)).to_be_focused()
    expect(page.locator(".topics [role=tab]").nth(1)).to_have_attribute("aria-selected", "true")


def test_a_year_of_birth_marks_this_year_on_the_face(
    service: Server, still_context: BrowserContext, drawn_result: str
) -> None:
    page = show_reading(still_context, service.url, drawn_result)
    title = page.locator(".hero h1").inner_text()
    page.get_by_role("tab", name="나이").click()
    page.locator("input[name=birth_year]").fill("1990")
    page.get_by_role("button", name="올해 자리 보기").click()
    expect(page.locator("input[name=birth_year]")).to_have_count(0)
    page.get_by_role("tab", name="나이").click()
    expect(page.locator(".chip[aria-pressed=true]")).to_contain_text("올해")
    assert page.locator(".hero h1").inner_text() == title


def test_the_reading_survives_reload_and_the_back_button(
    service: Server, still_context: BrowserContext, drawn_result: str
) -> None:
    page = show_reading(still_context, service.url, drawn_result)
    title = page.locator(".hero h1").inner_text()
    page.reload()
    expect(page.locator(".hero h1")).to_have_text(title)
    page.goto(f"{service.url}/#/privacy")
    expect(page.locator("#page h1")).to_have_text("개인정보와 동의")
    page.go_back()
    expect(page.locator(".hero h1")).to_have_text(title)
    expect(page.locator(".hero .face-view image")).to_be_visible()


def test_the_language_can_be_changed_on_every_screen_and_the_reading_follows(
    service: Server, still_context: BrowserContext, drawn_result: str
) -> None:
    page = show_reading(still_context, service.url, drawn_result)
    page.get_by_label("언어").select_option("en")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".explorer h2")).to_have_text("On your face")
    assert re.search(r"[가-힣]{2}", page.locator(".story").inner_text()) is None
    page.reload()
    expect(page.locator(".explorer h2")).to_have_text("On your face")


def test_the_language_of_the_browser_comes_first(service: Server, browser: Browser) -> None:
    context = browser.new_context(service_workers="block", locale="en-GB")
    without_networks(context)
    page = open_page(context, service.url)
    expect(page.locator("#page h1")).to_have_text("What story does your face tell?")
    context.close()


def test_the_dark_screen_holds(service: Server, still_context: BrowserContext) -> None:
    page = open_page(still_context, service.url)
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="어두운 화면으로 바꾸기").click()
    dark = page.evaluate(paper)
    assert dark != light
    page.reload()
    page.wait_for_selector("#page h1")
    assert page.evaluate(paper) == dark


def test_the_page_opens_without_network_after_the_first_visit(service: Server, browser: Browser) -> None:
    context = browser.new_context(viewport=DESKTOP, locale="ko-KR")
    page = open_page(context, service.url)
    wait_until(page, "navigator.serviceWorker.controller !== null")
    read_drawn_face(page)
    title = page.locator(".hero h1").inner_text()
    context.set_offline(True)
    page.reload()
    expect(page.locator(".hero h1")).to_have_text(title)
    context.close()


def test_where_guests_are_not_read_the_page_asks_to_sign_in(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, ALLOW_GUESTS="false") as closed:
        context = browser.new_context(service_workers="block", viewport=PHONE, locale="ko-KR")
        without_networks(context)
        page = open_page(context, closed.url)
        expect(page.locator(".landing .banner")).to_contain_text("로그인한 뒤에")
        assert page.locator(".doors").count() == 0
        context.close()
