"""The committed page is what `web/` is built into, and its sources keep to their size."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gwansang.web.page import STATIC
from tests.support.photos import REPOSITORY

WEB = REPOSITORY / "web"
VISION = REPOSITORY / "clients" / "face" / "src"
MAX_SCREEN_LINES = 3_128  # screens, charts, styles, calls
MAX_VISION_LINES = 2_090  # @gwansang/face, the copy of what vision does


@pytest.fixture(scope="module")
def vite() -> list[str]:
    """Return the command of Vite; skips where `make lint` did not install it yet, except in CI."""
    command = WEB / "node_modules" / "vite" / "bin" / "vite.js"
    node = Path(sys.executable).with_name("node")
    if not command.exists() or not node.exists():
        assert "CI" not in os.environ, "run `make lint`, which installs what builds the page"
        pytest.skip("what builds the page is not installed: run `make lint`")
    return [str(node), str(command)]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_committed_page_is_the_one_that_its_sources_build(vite: list[str], tmp_path: Path) -> None:
    command = [*vite, "build", "--outDir", str(tmp_path), "--emptyOutDir", "--logLevel", "warn"]
    subprocess.run(command, cwd=WEB, check=True, timeout=120)
    built, committed = contents(tmp_path), contents(STATIC)
    assert built.keys() == committed.keys(), "run `make page` and commit what it builds"
    assert [name for name in built if built[name] != committed[name]] == [], "run `make page`"


def test_the_caches_of_the_service_worker_are_named_after_the_build(vite: list[str], tmp_path: Path) -> None:
    sources, built = tmp_path / "web", tmp_path / "src" / "gwansang" / "web" / "static"
    shutil.copytree(WEB, sources, ignore=shutil.ignore_patterns("node_modules"))
    (sources / "node_modules").symlink_to(WEB / "node_modules")
    script = sources / "src" / "screens" / "days.ts"
    script.write_text(script.read_text(encoding="utf-8").replace("DAYS = 7", "DAYS = 8"), encoding="utf-8")
    subprocess.run([*vite, "build", "--logLevel", "error"], cwd=sources, check=True, timeout=120)
    names = {
        re.findall(r"gwansang-[0-9a-f]{12}", (folder / "service-worker.js").read_text(encoding="utf-8"))[0]
        for folder in (built, STATIC)
    }
    assert len(names) == 2


def test_the_screens_and_the_vision_of_the_page_keep_to_their_lines() -> None:
    sources = [path for path in (WEB / "src").rglob("*") if path.suffix in {".ts", ".css"}]
    lines = {path: path.read_text(encoding="utf-8").count("\n") for path in [*sources, WEB / "index.html"]}
    vision = [path.read_text(encoding="utf-8").count("\n") for path in VISION.rglob("*.ts")]
    assert len(vision) >= 3
    assert sum(vision) <= MAX_VISION_LINES
    assert sum(lines.values()) <= MAX_SCREEN_LINES
