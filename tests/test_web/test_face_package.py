"""The package `@gwansang/face` as a stranger uses it: packed by npm, on a page of another origin than the service."""

import base64
import re
import tarfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo
from tests.support.browser import record_traffic
from tests.support.clients import check_readme_examples, installed, npm
from tests.support.photos import drawn_portrait, model_dir
from tests.support.serving import JSON_CALL, UPLOAD_CALL, Server, serving

_PAGE = """<!doctype html>
<script type="importmap">{"imports": {"@gwansang/face": "/node_modules/@gwansang/face/dist/index.js"}}</script>
<script type="module">
  import { averageLooks, createFaceReader, decodePicture } from "@gwansang/face";
  window.findFace = async (options, photo) => {
    const reader = await createFaceReader(options);
    const look = await reader.read(await decodePicture(photo));
    reader.close();
    return look && averageLooks([look]);
  };
</script>"""
_FIND = """async ([options, picture]) => {
  const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
  return await findFace(options, new Blob([bytes], {type: "image/png"}));
}"""
_SEND = """async (points) => (await fetch("/readings", {method: "POST", body: JSON.stringify(points)})).json()"""
MAX_UP = 20_000


class _Site(SimpleHTTPRequestHandler):
    """Serves the files of a page, and passes the points that it posts on to a service."""

    service: Server  # set by the fixture

    def do_POST(self) -> None:
        with self.service.client() as client:
            points = self.rfile.read(int(self.headers["Content-Length"]))
            answer = client.post(JSON_CALL, content=points, headers={"Content-Type": "application/json"})
        self.send_response(answer.status_code)
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the package with what is needed to build it."""
    return installed("face", tmp_path_factory.mktemp("face"))


@pytest.fixture(scope="module")
def packed(package: Path) -> Path:
    """The package as npm packs it."""
    (package.parents[1] / "LICENSE").write_text("a licence")
    done = npm(package, "pack", "--silent")
    assert done.returncode == 0, done.stdout + done.stderr
    return package / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def face_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service whose API no page of another origin may call."""
    with serving(tmp_path_factory.mktemp("face_service"), CORS_ORIGINS="https://partner.example") as server:
        yield server


@pytest.fixture(scope="module")
def site(packed: Path, face_service: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address and the folder of a page that has the package among its modules."""
    folder = tmp_path_factory.mktemp("site")
    modules = folder / "node_modules" / "@gwansang"
    with tarfile.open(packed) as archive:
        archive.extractall(modules, filter="data")
    (modules / "package").rename(modules / "face")
    (folder / "index.html").write_text(_PAGE)
    _Site.service = face_service
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Site, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    server.server_close()


def find(page: Page, picture: bytes, **options: object) -> dict[str, Any]:
    """Return what is sent of a picture."""
    found: dict[str, Any] = page.evaluate(_FIND, [options, base64.b64encode(picture).decode()])
    return found


def parts(answer: dict[str, Any]) -> dict[str, str]:
    return {name: part["shape_id"] for name, part in answer["parts_analysis"].items()}


def test_a_stranger_s_page_finds_the_points_of_the_upload_and_gets_its_reading(
    browser: Browser, site: tuple[str, Path], face_service: Server
) -> None:
    picture = drawn_portrait(".png")
    context = browser.new_context()
    traffic = record_traffic(context)
    page = context.new_page()
    page.goto(site[0])
    points = find(page, picture, service=face_service.url)
    answer = page.evaluate(_SEND, points)
    face = read_photo(picture, Networks.load(model_dir()))
    off = np.array(points["landmarks"])[:, :2] * (points["image_width"], points["image_height"]) - face.points[:, :2]
    assert np.linalg.norm(off, axis=1).max() < 0.0005 * np.linalg.norm(face.points[33] - face.points[263])
    with face_service.client() as client:
        uploaded = client.post(UPLOAD_CALL, files={"file": ("a.png", picture)}).json()
    assert parts(answer) == parts(uploaded)
    assert answer["quality"]["source"] == "own_kernel"
    files = f"{face_service.url}/web/"
    assert [url for url in traffic.foreign(site[0]) if not url.startswith(files)] == []
    assert [0 < size <= MAX_UP for size in traffic.sent()] == [True]
    assert [line for line in traffic.errors if "favicon" not in line and "404" not in line] == []
    context.close()


def test_copies_of_the_files_on_the_page_s_own_server_do_as_well(
    browser: Browser, site: tuple[str, Path], face_service: Server
) -> None:
    address, folder = site
    with face_service.client() as client:
        urls = client.get("/web/face.json").json()["files"]
        for url in urls.values():
            (folder / Path(url).name).write_bytes(client.get(url).content)
    context = browser.new_context()
    traffic = record_traffic(context)
    page = context.new_page()
    page.goto(address)
    found = find(page, drawn_portrait(".png"), files={role: Path(url).name for role, url in urls.items()})
    assert len(found["landmarks"]) == 478
    assert traffic.foreign(address) == []
    context.close()


def test_every_site_may_load_what_faces_are_found_with_and_nothing_else(face_service: Server) -> None:
    asked = {"Origin": "https://stranger.example"}
    with face_service.client() as client:
        public = ["/web/face.json", *client.get("/web/face.json").json()["files"].values()]
        for url in public:
            headers = client.get(url, headers=asked).headers
            assert headers["access-control-allow-origin"] == "*", url
            assert headers["cross-origin-resource-policy"] == "cross-origin", url
        for url in ("/", "/web/settings.json", "/health/live", "/web/models/0123456789abcdef.bin"):
            assert not allowed(client.get(url, headers=asked)), url


def allowed(answer: httpx.Response) -> set[str]:
    """Return the headers of an answer that let other sites read it."""
    return {"access-control-allow-origin", "cross-origin-resource-policy"} & set(answer.headers)


def test_the_package_holds_the_built_modules_their_types_and_the_licence_alone(packed: Path) -> None:
    with tarfile.open(packed) as archive:
        names = {member.name.removeprefix("package/") for member in archive}
    built = {name for name in names if re.fullmatch(r"dist/\w+(\.d)?\.(js|ts)", name)}
    assert names - built == {"package.json", "README.md", "CHANGELOG.md", "LICENSE"}
    assert {"dist/index.js", "dist/index.d.ts", "dist/worker.js"} <= built


_AROUND_EXAMPLES = """
import { averageLooks, decodePicture, type FaceReader } from "../src/index.ts";
declare const reader: FaceReader, video: HTMLVideoElement, show: (text: string) => void;
"""


def test_the_examples_of_the_readme_compile(package: Path) -> None:
    check_readme_examples(package, "@gwansang/face", "../src/index.ts", _AROUND_EXAMPLES, least=3)
