"""`gwansang analyze` in a process of its own: stdout, stderr and exit code."""

import json
import os
import pty
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from markupsafe import escape

from tests.support.clips import drawn_clip
from tests.test_cli.running import PROGRAM, environment, gwansang
from tests.test_vision.image_files import drawn, jpeg_with_exif, saved, tiff

PARTS = {
    "face_shape",
    "forehead",
    "eyebrows",
    "glabella",
    "eyes",
    "nose",
    "philtrum",
    "mouth",
    "lips",
    "cheekbones",
    "jaw",
}


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "portrait.jpg"
    path.write_bytes(saved(drawn(), "JPEG"))
    return path


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    path = tmp_path / "notes.txt"
    path.write_text("no photo")
    return path


def test_json_on_stdout_is_one_reading_and_nothing_else(photo: Path) -> None:
    done = gwansang("analyze", photo, "--json")
    assert done.returncode == 0
    reading = json.loads(done.stdout)
    assert reading["locale"] == "ko"
    assert reading["parts_analysis"].keys() >= PARTS
    assert done.stdout.count("\n") == 1


def test_json_equals_the_answer_of_the_api(photo: Path, client: httpx.Client) -> None:
    from_cli = json.loads(gwansang("analyze", photo, "--json", "--locale", "en", "--birth-year", "1990").stdout)
    form = {"birth_year": "1990", "locale": "en"}
    answer = client.post("/api/v1/analysis/face/upload", files={"file": photo.read_bytes()}, data=form).json()
    for reading in (from_cli, answer):
        assert reading.pop("analysis_id")
        assert datetime.fromisoformat(reading.pop("created_at")).tzinfo == UTC
    assert from_cli == answer


def test_an_unreadable_photo_does_not_stop_the_others(photo: Path, text_file: Path, tmp_path: Path) -> None:
    done = gwansang("analyze", photo, text_file, tmp_path / "nowhere.jpg", photo, "--json")
    first, bad, absent, last = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 1
    assert first["overall_score"] == last["overall_score"]
    assert bad["error"]["code"] == "UNSUPPORTED_IMAGE_TYPE"
    assert absent["error"]["code"] == "FILE_UNUSABLE"
    assert f"{text_file}: JPEG, PNG, WebP 사진만" in done.stderr
    assert f"{tmp_path / 'nowhere.jpg'}: there is no such file" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reading_is_told_with_title_story_and_topics(photo: Path) -> None:
    reading = json.loads(gwansang("analyze", photo, "--json").stdout)
    told = " ".join(gwansang("analyze", photo, COLUMNS="2000").stdout.split())
    assert " ".join(reading["title"].split()) in told
    assert reading["story"] in told
    for topic in reading["topics"]:
        assert all(topic[key] in told for key in ("name", "text", "strength", "caution", "today"))
    assert reading["disclaimer"] in told
    assert reading["palaces"][0]["meaning"] not in told


@pytest.mark.parametrize(
    ("variables", "locale"),
    [
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "C.UTF-8"}, "ko"),
        ({"LC_ALL": "en_GB", "LANG": "ko_KR.UTF-8"}, "en"),
    ],
)
def test_the_language_is_that_of_the_terminal(photo: Path, variables: dict[str, str], locale: str) -> None:
    done = gwansang("analyze", photo, "--json", **{"LC_ALL": "", "LC_MESSAGES": "", **variables})
    assert json.loads(done.stdout)["locale"] == locale


def test_a_folder_is_read_photo_by_photo(photo: Path, tmp_path: Path) -> None:
    for name in ("b.jpg", "a.JPG", "notes.txt"):
        (tmp_path / name).write_bytes(photo.read_bytes())
    done = gwansang("analyze", tmp_path, "--json")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2)
    (tmp_path / "empty").mkdir()
    refused = gwansang("analyze", tmp_path / "empty")
    assert refused.returncode == 1
    assert "holds no JPEG, PNG or WebP files" in refused.stderr


def test_the_full_reading_shows_scores_shapes_and_reasons(photo: Path) -> None:
    reading = json.loads(gwansang("analyze", photo, "--json", "--locale", "en", "--birth-year", "1990").stdout)
    done = gwansang("analyze", photo, "--full", "--locale", "en", "--birth-year", "1990", COLUMNS="2000")
    for palace in reading["palaces"]:
        assert palace["meaning"] in done.stdout
    for position in reading["ages"]["positions"]:
        assert position["meaning"] in done.stdout
    assert done.returncode == 0
    assert f"{reading['overall_score']} / 100" in done.stdout
    assert reading["fortune"]["day_pillar"] in done.stdout
    for part in reading["parts_analysis"].values():
        assert part["shape"] in done.stdout
        assert part["meaning"] in done.stdout
        assert f"percentile {part['reasons'][0]['percentile']}" in done.stdout
    for advice in reading["quality"]["advice"]:
        assert advice["text"][:40] in done.stdout


def test_a_reading_is_korean_by_default(photo: Path) -> None:
    table = gwansang("analyze", photo, "--full").stdout
    assert all(word in table for word in ("종합 점수", "재물", "애정", "오행", "오늘의 운세", "사진 품질", "백분위"))


def test_the_overlay_is_drawn_on_the_measured_points(photo: Path, tmp_path: Path) -> None:
    drawing = tmp_path / "lines.png"
    done = gwansang("analyze", photo, "--json", "--overlay", drawing)
    reading, before, after = json.loads(done.stdout), cv2.imread(str(photo)), cv2.imread(str(drawing))
    assert before is not None
    assert after is not None
    height, width = before.shape[:2]
    left = next(x for x in range(after.shape[1] - width + 1) if _alike(after[:20, x : x + width], before[:20]))
    changed = np.abs(after[:height, left : left + width].astype(int) - before).max(axis=2) > 40
    for part in reading["parts_analysis"].values():
        for x, y in part["reasons"][0]["overlay"]["points"]:
            column, row = round(x * width), round(y * height)
            assert changed[row - 2 : row + 3, column - 2 : column + 3].any()
    assert 0.005 < changed.mean() < 0.3


def _alike(
    a: np.ndarray[tuple[int, ...], np.dtype[np.integer]], b: np.ndarray[tuple[int, ...], np.dtype[np.integer]]
) -> bool:
    return bool(a.shape == b.shape and (np.abs(a.astype(int) - b) <= 2).mean() > 0.99)


def test_the_overlay_of_a_rotated_photo_is_upright(tmp_path: Path) -> None:
    rotated = tmp_path / "rotated.jpg"
    rotated.write_bytes(jpeg_with_exif(saved(drawn().rotate(90, expand=True), "JPEG"), tiff(orientation=6)))
    done = gwansang("analyze", rotated, "--overlay", tmp_path / "lines.jpg")
    assert done.returncode == 0
    drawing = cv2.imread(str(tmp_path / "lines.jpg"))
    assert drawing is not None
    assert 640 < drawing.shape[0] < 680  # the notice is under the photo


def test_an_overlay_of_two_photos_or_in_an_unknown_format_is_refused(photo: Path, tmp_path: Path) -> None:
    several = gwansang("analyze", photo, photo, "--overlay", tmp_path / "lines.png")
    assert several.returncode == 2
    assert "draws on one photo" in several.stderr
    other = gwansang("analyze", photo, "--overlay", tmp_path / "lines.gif")
    assert other.returncode == 1
    assert "--overlay writes .png, .jpg, .jpeg, .webp, .svg; .gif is none." in other.stderr


def test_an_overlay_that_cannot_be_written_is_reported_in_one_sentence(photo: Path, tmp_path: Path) -> None:
    done = gwansang("analyze", photo, "--overlay", tmp_path / "nowhere" / "lines.png")
    assert done.returncode == 1
    assert "no such" in done.stderr
    assert "Traceback" not in done.stderr


def test_progress_is_shown_on_a_terminal(photo: Path, tmp_path: Path) -> None:
    reader, terminal = pty.openpty()
    command = [PROGRAM, "analyze", *[str(photo)] * 3, "--json"]
    with (tmp_path / "readings.jsonl").open("wb") as stdout:
        running = subprocess.Popen(command, stdout=stdout, stderr=terminal, env=environment(TERM="xterm"))
    os.close(terminal)
    output = b"".join(_read_all(reader))
    os.close(reader)
    assert running.wait(timeout=60) == 0
    assert b"3/3" in output
    assert len([json.loads(line) for line in (tmp_path / "readings.jsonl").read_text().splitlines()]) == 3


def _read_all(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:  # end of a terminal whose other end was closed
            return
        if not chunk:
            return
        yield chunk


def test_missing_models_are_reported_with_the_command_that_fetches_them(photo: Path, tmp_path: Path) -> None:
    done = gwansang("analyze", photo, MODEL_PATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "run `gwansang models fetch`" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_report_is_one_page_with_the_drawn_photo_and_everything_that_is_told(photo: Path, tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    done = gwansang("analyze", photo, "--json", "--report", page, "--locale", "en", "--birth-year", "1990")
    reading, html = json.loads(done.stdout), page.read_text()
    told = [
        *(reading[name] for name in ("title", "story", "disclaimer", "today_fortune")),
        *(topic[name] for topic in reading["topics"] for name in ("text", "strength", "caution", "today")),
        *(part[name] for part in reading["parts_analysis"].values() for name in ("shape", "meaning", "note")),
        *(reason["label"] for part in reading["parts_analysis"].values() for reason in part["reasons"]),
        *(palace["meaning"] for palace in reading["palaces"]),
        *(position["meaning"] for position in reading["ages"]["positions"]),
        reading["element"]["meaning"],
    ]
    assert [text for text in told if str(escape(text)) not in html] == []
    assert html.count("<image ") == 1
    assert not re.search(r"<script|<link|<iframe|javascript:|\son\w+=|@import", html)
    addresses = re.findall(r"""\b(?:src|href|url\()\s*=?\s*["']?([^"'\s>]{1,40})""", html.partition("<title>")[2])
    assert [address for address in addresses if not address.startswith("data:image/jpeg;base64,")] == []


def test_a_clip_is_read_like_a_photo_and_its_report_has_no_picture(tmp_path: Path) -> None:
    clip, page = tmp_path / "me.mp4", tmp_path / "out.html"
    clip.write_bytes(drawn_clip())
    done = gwansang("analyze", clip, "--json", "--report", page)
    assert done.returncode == 0, done.stderr
    reading = json.loads(done.stdout)
    assert reading["parts_analysis"].keys() >= PARTS
    assert reading["title"] in page.read_text()
    assert "<image" not in page.read_text()
    refused = gwansang("analyze", clip, "--overlay", tmp_path / "lines.png")
    assert refused.returncode == 2
    assert "is a clip" in refused.stderr


def test_a_clip_that_can_not_be_read_has_the_error_of_the_api(tmp_path: Path) -> None:
    clip = tmp_path / "me.webm"
    clip.write_bytes(b"no clip")
    done = gwansang("analyze", clip, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "UNSUPPORTED_VIDEO_TYPE"


def test_a_report_of_two_files_is_refused(photo: Path, tmp_path: Path) -> None:
    refused = gwansang("analyze", photo, photo, "--report", tmp_path / "out.html")
    assert refused.returncode == 2
    assert "shows one reading" in refused.stderr
