"""Fixtures of the page's tests: a service in its own process, a provider, Chromium, and a reading that was had once."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from gwansang.core.clock import utc_now
from tests.support.admin_work import Work, at_work
from tests.support.browser import PHONE, chromium
from tests.support.database import scratch_sqlite
from tests.support.oidc_server import ProviderServer, provider_server
from tests.support.page_person import open_page, read_drawn_face, without_networks
from tests.support.serving import Server, serving


@pytest.fixture(scope="package")
def elsewhere() -> Iterator[ProviderServer]:
    """Yield the provider that people can sign in with, Kakao."""
    with provider_server(utc_now) as served:
        yield served


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory, elsewhere: ProviderServer) -> Iterator[Server]:
    """Yield the service with the real networks."""
    settings = {name.upper(): value for name, value in elsewhere.settings("kakao").items() if isinstance(value, str)}
    with serving(tmp_path_factory.mktemp("service"), **settings) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield Chromium; no longer than for a module, as Playwright's loop would run while others start theirs."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Yield a phone with nothing kept on it."""
    opened = browser.new_context(service_workers="block", viewport=PHONE, locale="ko-KR", reduced_motion="reduce")
    yield opened
    opened.close()


@pytest.fixture
def still_context(context: BrowserContext) -> BrowserContext:
    """Return a phone on which no face has to be found, so that no networks are loaded."""
    without_networks(context)
    return context


@pytest.fixture(scope="package")
def results() -> list[str]:
    """Return the place of the reading below, which lives longer than a browser."""
    return []


@pytest.fixture
def drawn_result(results: list[str], service: Server, browser: Browser) -> str:
    """Return what the page keeps in its tab of a reading of the drawn face; it is read once."""
    if not results:
        context = browser.new_context(service_workers="block", viewport=PHONE, locale="ko-KR", reduced_motion="reduce")
        page = open_page(context, service.url)
        read_drawn_face(page)
        results.append(page.evaluate("sessionStorage.getItem('gwansang.result')"))
        context.close()
    return results[0]


@pytest.fixture
def mesh(drawn_result: str) -> dict[str, Any]:
    """Return the points of the drawn face as the page sends them."""
    found: dict[str, Any] = json.loads(drawn_result)["mesh"]
    return found


@pytest.fixture
async def work() -> AsyncIterator[Work]:
    async with at_work(scratch_sqlite()) as opened:
        yield opened


@pytest.fixture
async def work_on_both(database_url: str) -> AsyncIterator[Work]:
    """An administrator's work on SQLite and on PostgreSQL."""
    async with at_work(database_url) as opened:
        yield opened
