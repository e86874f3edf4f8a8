"""`gwansang compatibility` in a process of its own."""

import json
from pathlib import Path

import httpx
import pytest

from gwansang.texts import load
from tests.test_cli.running import gwansang
from tests.test_vision.image_files import drawn, saved


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("pair")
    for name, kind in (("a.jpg", "JPEG"), ("b.png", "PNG")):
        (folder / name).write_bytes(saved(drawn(), kind))
    return folder / "a.jpg", folder / "b.png"


def test_json_equals_the_answer_of_the_api(photos: tuple[Path, Path], client: httpx.Client) -> None:
    done = gwansang("compatibility", *photos, "--json", "--locale", "en")
    assert done.returncode == 0, done.stderr
    files = [("file", (photo.name, photo.read_bytes())) for photo in photos]
    form = {"other_agrees": "true", "locale": "en"}
    answer = client.post("/api/v1/analysis/compatibility/upload", files=files, data=form)
    assert json.loads(done.stdout) == answer.json()


def test_the_panel_has_every_paragraph_and_the_notice(photos: tuple[Path, Path]) -> None:
    told = gwansang("compatibility", *photos, COLUMNS="1000", LANG="ko_KR.UTF-8").stdout
    match = json.loads(gwansang("compatibility", *photos, "--json", "--locale", "ko").stdout)
    texts = [match["title"], *(one["text"] for one in match["paragraphs"]), match["enjoy"], match["mind"]]
    assert [text for text in (*texts, match["note"], match["disclaimer"]) if text not in told] == []
    assert match["disclaimer"] == load("fortune", "ko", dict[str, str])["disclaimer"]


def test_a_photo_that_can_not_be_read_is_named(photos: tuple[Path, Path], tmp_path: Path) -> None:
    done = gwansang("compatibility", photos[0], tmp_path / "absent.jpg", "--json")
    assert done.returncode == 1
    assert "absent.jpg: there is no such file" in done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "FILE_UNUSABLE"
