"""Fetching of what browsers run the networks with: digests, interruptions, and npm's own failures."""

import hashlib
import io
import os
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gwansang.vision.models.browser_runtime import (
    LITERT_JS,
    BrowserRuntime,
    RuntimeFile,
    fetch_browser_runtime,
    has_browser_runtime,
    pack_with_npm,
)
from gwansang.vision.models.fetch import FetchError
from tests.support.photos import model_dir

SCRIPT, BINARY = b"ModuleFactory = 1", b"\0asm"


def archive_of(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def runtime_of(archive: bytes) -> BrowserRuntime:
    def file(name: str, content: bytes) -> RuntimeFile:
        return RuntimeFile(f"browser.{name}", f"package/{name}", hashlib.sha256(content).hexdigest())

    digest = hashlib.sha256(archive).hexdigest()
    return BrowserRuntime("runtime", "1.0", digest, len(archive), file("js", SCRIPT), file("wasm", BINARY))


def delivering(archive: bytes, calls: list[str] | None = None) -> Callable[[BrowserRuntime, Path], Path]:
    def pack(runtime: BrowserRuntime, into: Path) -> Path:
        if calls is not None:
            calls.append(runtime.requirement)
        path = into / "runtime-1.0.tgz"
        path.write_bytes(archive)
        return path

    return pack


GOOD = archive_of(js=SCRIPT, wasm=BINARY)


def test_both_files_are_taken_from_the_pinned_archive_and_not_asked_for_again(tmp_path: Path) -> None:
    calls: list[str] = []
    runtime = runtime_of(GOOD)
    assert fetch_browser_runtime(tmp_path, delivering(GOOD, calls), str, runtime)
    assert (tmp_path / "browser.wasm").read_bytes() == BINARY
    assert has_browser_runtime(tmp_path, runtime)
    assert not fetch_browser_runtime(tmp_path, delivering(GOOD, calls), str, runtime)
    assert calls == ["runtime@1.0"]
    assert {path.name for path in tmp_path.iterdir()} == {"browser.js", "browser.wasm", ".lock"}


@pytest.mark.parametrize(
    ("delivered", "reason"),
    [
        (archive_of(js=SCRIPT, wasm=b"\0asm of another"), "another digest"),
        (b"<html>a proxy's page</html>", "another digest"),
    ],
)
def test_any_other_archive_is_refused_and_leaves_nothing(tmp_path: Path, delivered: bytes, reason: str) -> None:
    with pytest.raises(FetchError, match=reason):
        fetch_browser_runtime(tmp_path, delivering(delivered), str, runtime_of(GOOD))
    assert not has_browser_runtime(tmp_path, runtime_of(GOOD))
    assert not list(tmp_path.glob("*.js"))


def test_a_pinned_archive_without_the_pinned_file_is_refused(tmp_path: Path) -> None:
    other = archive_of(js=SCRIPT, wasm=b"\0asm of another")
    runtime = replace(runtime_of(GOOD), sha256=hashlib.sha256(other).hexdigest())
    with pytest.raises(FetchError, match="package/wasm"):
        fetch_browser_runtime(tmp_path, delivering(other), str, runtime)


def test_a_damaged_file_is_fetched_anew(tmp_path: Path) -> None:
    runtime = runtime_of(GOOD)
    fetch_browser_runtime(tmp_path, delivering(GOOD), str, runtime)
    (tmp_path / "browser.js").write_bytes(b"cut off")
    assert not has_browser_runtime(tmp_path, runtime)
    assert fetch_browser_runtime(tmp_path, delivering(GOOD), str, runtime)
    assert (tmp_path / "browser.js").read_bytes() == SCRIPT


def test_an_unreachable_registry_is_one_sentence_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    with pytest.raises(FetchError, match=r"^npm could not download @litertjs/core@2\.5\.3; check the network"):
        pack_with_npm(LITERT_JS, tmp_path)


def test_the_set_up_has_fetched_the_runtime() -> None:
    if "MODEL_PATH" in os.environ and "CI" not in os.environ:
        pytest.skip("an operator's own models may lack it")
    assert has_browser_runtime(model_dir()), "run `make models`"
