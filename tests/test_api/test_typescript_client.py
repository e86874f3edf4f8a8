"""The TypeScript package: built, and used against a real server by Node and by a browser."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route

from tests.support.browser import chromium
from tests.support.cameras import drawn_face, frame
from tests.support.clients import check_readme_examples, installed, node, npm
from tests.support.people import administrator
from tests.support.photos import drawn_portrait
from tests.support.serving import Server, serving
from tests.test_api.test_celebrity import fill_gallery


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the package, built, with a photo and a frame of a camera."""
    folder = installed("typescript", tmp_path_factory.mktemp("typescript"))
    built = npm(folder, "run", "--silent", "build")
    assert built.returncode == 0, built.stdout + built.stderr
    (folder / "photo.jpg").write_bytes(drawn_portrait())
    (folder / "frame.jpg").write_bytes(frame(drawn_face()))
    return folder


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service with three people in its gallery."""
    folder = tmp_path_factory.mktemp("typescript_service")
    database = f"sqlite:///{folder / 'service.sqlite3'}"
    with serving(folder, DATABASE_URL=database) as server:
        asyncio.run(prepare(server, database))
        yield server


async def prepare(server: Server, database: str) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=30, trust_env=False) as client:
        await fill_gallery(await administrator(client, database))


def run(package: Path, script: str, server: Server, *files: str) -> None:
    """Run a script of the package's tests with a server."""
    command = [node(), f"tests/{script}", server.url, *files]
    ran = subprocess.run(command, cwd=package, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_whole_account_life(package: Path, service: Server) -> None:
    run(package, "life.ts", service, "photo.jpg", "frame.jpg")


def test_two_tabs_renew_a_sign_in_once(package: Path, service: Server) -> None:
    run(package, "two_tabs.ts", service)


def test_errors_retries_aborted_calls_and_cut_sockets(package: Path, service: Server) -> None:
    run(package, "errors.ts", service, "photo.jpg")


_TAB = """async ([kind, email, password]) => {
    const client = await import("/client/index.js");
    window.store = kind === "WebTokenStore" ? new client.WebTokenStore(localStorage) : new client.IndexedTokenStore();
    window.client = new client.GwansangClient({ tokens: store });
    if (!email) return;
    await window.client.signUp({ email, username: "minji", password });
    await window.client.signIn(email, password);
}"""
_EXPIRE = """async () => {
    const { tokens, deviceToken } = await store.load();
    await store.save({ tokens: { ...tokens, expiresAt: 0 }, deviceToken });
}"""
_CALL = "Promise.all([client.account.read(), client.consents.list()]).then(([account]) => account.email)"
_WORK = """async () => {
    const photo = await (await fetch("/client/photo.jpg")).blob();
    const { task_id } = await client.tasks.submitBatch([photo]);
    return (await client.tasks.finish(task_id)).status;
}"""


@pytest.fixture
def context(package: Path, service: Server) -> Iterator[BrowserContext]:
    """A browser that finds the built package and a photo at the service's own address."""

    def serve(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[-1]
        route.fulfill(path=package / name if name == "photo.jpg" else package / "dist" / name)

    with chromium() as browser, browser.new_context(base_url=service.url) as opened:
        opened.route("**/client/*", serve)
        yield opened


def open_tabs(context: BrowserContext, store: str, *account: str) -> list[Page]:
    """Open two tabs with one store, and sign in on the first one."""
    tabs = [context.new_page(), context.new_page()]
    for tab, who in zip(tabs, (account, ("", "")), strict=True):
        tab.goto("/problems")
        tab.evaluate(_TAB, [store, *who])
    return tabs


@pytest.mark.parametrize(("store", "most"), [("IndexedTokenStore", 1), ("WebTokenStore", 2)])
def test_tabs_of_a_browser_renew_a_sign_in_together(context: BrowserContext, store: str, most: int) -> None:
    account = f"{store.lower()}@example.com"
    tabs = open_tabs(context, store, account, "correct horse battery")
    for _ in range(3):
        refreshes: list[Request] = []
        context.on("request", lambda sent, seen=refreshes: seen.append(sent) if "/auth/refresh" in sent.url else None)
        tabs[0].evaluate(_EXPIRE)
        for tab in tabs:  # both begin before either has an answer
            tab.evaluate(f"window.called = {_CALL}; undefined")
        assert [tab.evaluate("called") for tab in tabs] == [account, account]
        assert 1 <= len(refreshes) <= most


def test_a_browser_watches_a_task_and_erases_its_account(context: BrowserContext) -> None:
    tabs = open_tabs(context, "IndexedTokenStore", "browser@example.com", "correct horse battery")
    sockets: list[str] = []
    tabs[0].on("websocket", lambda socket: sockets.append(socket.url))
    assert tabs[0].evaluate(_WORK) == "done"
    assert len(sockets) == 1
    tabs[0].evaluate("client.account.erase('correct horse battery')")
    assert [tab.evaluate("client.isSignedIn()") for tab in tabs] == [False, False]


_AROUND_EXAMPLES = """
import { GwansangClient } from "../dist/index.js";
declare const client: GwansangClient, photo: Blob, otherPhoto: Blob, reading: { analysis_id: string };
declare const canvas: HTMLCanvasElement, show: (text: string) => void;
"""


def test_the_examples_of_the_readme_compile_and_wrong_uses_do_not(package: Path) -> None:
    check_readme_examples(package, "@gwansang/client", "../dist/index.js", _AROUND_EXAMPLES, least=7)
