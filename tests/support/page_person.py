"""What a person does on the page, in Chromium, and what axe finds wrong with a screen."""

import time
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.support.photos import REPOSITORY

SAMPLE = REPOSITORY / "web" / "src" / "assets" / "sample.jpg"
AXE = REPOSITORY / "web" / "node_modules" / "axe-core" / "axe.min.js"
_PATIENCE_MS = 60_000
expect.set_options(timeout=30_000)  # a busy machine computes the points of a face for seconds
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Only the violations: all that passed would take most of the time on its way here.
_RUN_AXE = """
    (rules) => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})
        .then((found) => found.violations)
"""


def open_page(context: BrowserContext, url: str, screen: str = "") -> Page:
    """Return a page at a screen, once the screen is there."""
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(f"{url}/#/{screen}")
    page.wait_for_selector("#page h1")
    return page


def read_drawn_face(page: Page) -> None:
    """Tap once and wait for the reading of the drawn face."""
    page.locator(".doors .plain").click()
    page.wait_for_selector(".result h1")


def show_reading(context: BrowserContext, url: str, result: str) -> Page:
    """Return a page that shows a reading which `read_drawn_face` had before, as after a reload of its tab."""
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(f"{url}/icon.svg")  # of the origin, without a script
    page.evaluate("(result) => sessionStorage.setItem('gwansang.result', result)", result)
    page.goto(f"{url}/#/result")
    page.wait_for_selector(".result h1")
    return page


def wait_until(page: Page, expression: str) -> None:
    """Wait until a JavaScript expression is true, in a way that the policy of the page allows."""
    deadline = time.monotonic() + _PATIENCE_MS / 1000
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(50)


def without_networks(context: BrowserContext) -> None:
    """Let the pages of a context load no networks: for screens on which no face is found."""
    context.route("**/web/face.json", lambda route: route.fulfill(json={"files": None}))


def choose_photo(page: Page, photo: Path = SAMPLE) -> None:
    """Choose a photo, with the two taps that the first one takes."""
    page.locator(".doors button").nth(1).click()
    with page.expect_file_chooser() as chosen:
        page.locator("dialog .primary").click()
    chosen.value.set_files(photo)


def violations(page: Page) -> list[dict[str, Any]]:
    """Return what axe finds wrong with the screen, by rule and element, once nothing moves."""
    page.evaluate("Promise.allSettled(document.getAnimations().map((each) => each.finished)).then(() => null)")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(_RUN_AXE, _RULES)
    return [
        {
            "rule": each["id"],
            "at": [node["html"][:160] for node in each["nodes"]],
            "why": each["nodes"][0]["failureSummary"],
        }
        for each in found
    ]
