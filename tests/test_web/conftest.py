"""Fixtures of the page's tests: one service in a process of its own, and Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import chromium
from tests.support.serving import Server, serving


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield the service with the real networks."""
    with serving(tmp_path_factory.mktemp("service")) as server:
        yield server


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Yield Chromium; no longer than for a test, as Playwright's loop would run while others start theirs."""
    with chromium() as opened:
        yield opened
