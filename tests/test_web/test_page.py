"""The served page: what `/` answers, what its files may do in a browser, and what is sent again."""

import asyncio
import hashlib
import re

import pytest

from gwansang.vision.browser_kernel import browser_kernel
from gwansang.web.page import STATIC
from tests.support.serving import application, send_request

ASSETS = sorted(path.name for path in (STATIC / "assets").iterdir())


def test_the_root_is_the_page_even_without_public_documents() -> None:
    answer = send_request("GET", "/", app={"public_docs": False})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert '<script type="module"' in answer.text


def test_every_file_that_the_page_names_is_served_packed_and_kept_for_ever() -> None:
    named = re.findall(r'(?:src|href)="(/[^"]+)"', send_request("GET", "/").text)
    assert any(path.startswith("/assets/") for path in named)
    for path in named:
        answer = send_request("GET", path, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, path
        if path.startswith("/assets/"):
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["content-encoding"] == "gzip"


def test_the_page_itself_is_asked_for_again_and_sent_only_if_it_changed() -> None:
    first = send_request("GET", "/")
    assert first.headers["cache-control"] == "public, no-cache"
    again = send_request("GET", "/", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_page_runs_nothing_inline_and_nothing_of_others() -> None:
    answer = send_request("GET", "/")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["style-src"] == policy["connect-src"] == policy["worker-src"] == "'self'"
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", answer.text)
    assert not re.search(r'(?:src|href)="(?!/)', answer.text)


def test_the_service_worker_has_the_policy_of_the_page_or_it_could_fetch_nothing() -> None:
    worker, page = send_request("GET", "/service-worker.js"), send_request("GET", "/")
    assert worker.headers["content-security-policy"] == page.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/assets/", "/assets/nothing.js", "/assets/../index.html", "/assets/%2e%2e/page.py"])
def test_nothing_but_the_built_files_is_served(path: str) -> None:
    assert send_request("GET", path).status_code == 404


@pytest.mark.parametrize("name", ASSETS)
def test_a_file_has_a_digest_in_its_name(name: str) -> None:
    assert re.fullmatch(r"[\w.-]+-[\w-]{8}\.\w+", name)


def test_what_faces_are_found_with_is_served_packed_under_digests_and_nothing_else_of_the_folder() -> None:
    async def run() -> None:
        async with application() as client:
            urls = (await client.get("/web/face.json")).json()["files"]
            assert set(urls) == {"runtime", "wasm", "detector", "mesh", "kernel"}
            plain = await client.get(urls["kernel"], headers={"Accept-Encoding": "identity"})
            packed = await client.get(urls["kernel"], headers={"Accept-Encoding": "gzip"})
            assert packed.content == plain.content == browser_kernel()
            assert hashlib.sha256(plain.content).hexdigest()[:16] in urls["kernel"]
            assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert packed.headers["content-encoding"] == "gzip"
            assert (await client.get(urls["wasm"])).headers["content-type"] == "application/wasm"
            for name in ("0123456789abcdef.tflite", "face_landmarker.task", "..%2fface_embedding.tflite"):
                assert (await client.get(f"/web/models/{name}")).status_code == 404

    asyncio.run(run())
