"""A real Chromium, the system's, driven by Playwright: with a camera that shows pictures of a test."""

import base64
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, Request, Response, sync_playwright

_FLAGS = (
    *("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--mute-audio"),
    *("--disable-dev-shm-usage", "--disable-background-networking"),
)
_CAMERA = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}


def chromium_path() -> str:
    """Return the system's Chromium; skips the test without one, except in CI, where it has to be there."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        assert "CI" not in os.environ, "Chromium is missing; .ci/run installs it"
        pytest.skip("Chromium is missing: install the system's package, or set CHROMIUM to its path")
    return path


@contextmanager
def chromium(camera: Path | None = None) -> Iterator[Browser]:
    """Yield a headless Chromium; camera: as of `launched`."""
    with sync_playwright() as playwright, launched(playwright.chromium, camera) as browser:
        yield browser


@contextmanager
def launched(browser_type: BrowserType, camera: Path | None = None) -> Iterator[Browser]:
    """Yield one more browser; camera: a film of JPEGs, as `write_film` makes it, that its camera shows in a loop."""
    flags = [*_FLAGS]
    if camera is not None:
        flags += [*_CAMERA, f"--use-file-for-fake-video-capture={camera}"]
    browser = browser_type.launch(executable_path=chromium_path(), args=flags)
    try:
        yield browser
    finally:
        browser.close()


def write_film(path: Path, *jpegs: bytes) -> Path:
    """Write frames as Motion JPEG, which is their files one after another, and return the path."""
    path.write_bytes(b"".join(jpegs))
    return path


@dataclass
class Traffic:
    """What a page sent and received: requests, bytes of their bodies, and what its console complained of."""

    requests: list[Request] = field(default_factory=list)
    received: dict[str, int] = field(default_factory=dict)  # bytes on the way, by URL
    errors: list[str] = field(default_factory=list)

    def foreign(self, origin: str) -> list[str]:
        """Return the URLs that lead elsewhere than to an origin; blob: and data: never leave the browser."""
        own = (f"{origin}/", "blob:", "data:")
        return [request.url for request in self.requests if not request.url.startswith(own)]

    def sent(self, method: str = "POST") -> list[int]:
        """Return the size of each body that was sent."""
        bodies = (request.post_data_buffer or b"" for request in self.requests if request.method == method)
        return [len(body) for body in bodies]


def record_traffic(context: BrowserContext) -> Traffic:
    """Return what every page of a context, its workers included, sends and receives from now on."""
    traffic = Traffic()

    def sent(request: Request) -> None:
        traffic.requests.append(request)

    def received(response: Response) -> None:
        traffic.received[response.url] = int(response.headers.get("content-length", 0))

    context.on("request", sent)
    context.on("response", received)
    context.on("weberror", lambda error: traffic.errors.append(str(error.error)))
    context.on("console", lambda line: traffic.errors.append(line.text) if line.type == "error" else None)
    return traffic


_READ = """async ({url, picture, type}) => {
  const {createFaceReader, averageLooks, decodePicture} = await import(url);
  window.reader ??= await createFaceReader();
  const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
  const look = await window.reader.read(await decodePicture(new Blob([bytes], {type})));
  return look && {
    mesh: averageLooks([look]), quality: look.quality, hints: look.hints, faceCount: look.faceCount,
    points: Array.from(look.points), details: Array.from(look.details), covered: look.covered,
  };
}"""


def read_in_page(page: Page, picture: bytes, media_type: str = "image/jpeg") -> dict[str, object] | None:
    """Return what the page's own reader finds in the file of a picture, and the body that stands for it."""
    question = {"url": reader_url(), "picture": base64.b64encode(picture).decode(), "type": media_type}
    found: dict[str, object] | None = page.evaluate(_READ, question)
    return found


def reader_url() -> str:
    """Return the URL of the built module that finds faces."""
    from gwansang.web.page import STATIC  # noqa: PLC0415 - the support module is imported without a build

    (built,) = (STATIC / "assets").glob("face-*.js")
    return f"/assets/{built.name}"
