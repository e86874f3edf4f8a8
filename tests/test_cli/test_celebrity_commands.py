"""`gwansang celebrity` in a process of its own, with the real networks."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from gwansang.vision.drawn_face import draw_face
from tests.support.factories import frontal_face
from tests.support.photos import encoded, model_dir
from tests.test_cli.running import PROGRAM, gwansang

_PEOPLE, _PICTURES_EACH = 6, 4


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    for person in range(_PEOPLE):
        (folder / f"사람{person}_Person {person}").mkdir()
        drawn = draw_face(vertices=frontal_face(person, 2.0))
        for number in range(_PICTURES_EACH):
            side = 480 + 24 * number
            image = cv2.resize(drawn, (side, side * 4 // 3)).astype(np.uint8)
            (folder / f"사람{person}_Person {person}" / f"{number}.jpg").write_bytes(encoded(image))
    (folder / "사람0_Person 0" / "hand.png").write_bytes(encoded(np.full((300, 300, 3), 200, np.uint8), ".png"))
    return folder


def database(folder: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite:///{folder / 'gallery.sqlite3'}", "COLUMNS": "200"}


def test_a_killed_import_resumes_without_importing_a_picture_twice(people: Path, tmp_path: Path) -> None:
    environment = {**os.environ, **database(tmp_path), "MODEL_PATH": str(model_dir()), "STORAGE_FOLDER": str(tmp_path)}
    command = [PROGRAM, "celebrity", "import", people]
    killed = subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL)
    while count_pictures(tmp_path) < 3 and killed.poll() is None:
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.wait(60)
    imported = count_pictures(tmp_path)
    assert 3 <= imported < _PEOPLE * _PICTURES_EACH
    done = gwansang("celebrity", "import", people, "--json", tmp_path / "out.json", **database(tmp_path))
    assert done.returncode == 0, done.stderr
    fates = [picture["fate"] for picture in json.loads((tmp_path / "out.json").read_text())]
    assert (fates.count("duplicate"), fates.count("added")) == (imported, _PEOPLE * _PICTURES_EACH - imported)
    assert "사람0_Person 0/hand.png: unusable (NO_FACE" in done.stdout
    exported = gwansang("celebrity", "export", tmp_path / "all.json", **database(tmp_path))
    assert exported.returncode == 0, exported.stderr
    people_in_file = json.loads((tmp_path / "all.json").read_text())
    photos = {person["name_ko"]: person["photos"] for person in people_in_file}
    assert photos == {f"사람{number}": _PICTURES_EACH for number in range(_PEOPLE)}
    assert "embedding" not in (tmp_path / "all.json").read_text()
    assert datetime.fromisoformat(people_in_file[0]["created_at"]).tzinfo is not None
    assert "T" in people_in_file[0]["created_at"], "the format of the API"


def count_pictures(folder: Path) -> int:
    try:
        with sqlite3.connect(f"file:{folder / 'gallery.sqlite3'}?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT count(*) FROM celebrity_photos").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_people_are_added_listed_and_removed(people: Path, tmp_path: Path) -> None:
    picture = people / "사람0_Person 0" / "0.jpg"
    added = gwansang(
        "celebrity",
        "add",
        "--ko",
        "홍길동",
        "--en",
        "Hong Gildong",
        "--category",
        "actor",
        picture,
        **database(tmp_path),
    )
    assert "1 added, 0 renewed, 0 duplicate, 0 unusable" in added.stdout, added.stderr
    listed = gwansang("celebrity", "list", "길동", **database(tmp_path))
    assert "Hong Gildong" in listed.stdout
    assert "1 in all" in listed.stdout
    assert gwansang("celebrity", "remove", "1", **database(tmp_path)).returncode == 0
    gone = gwansang("celebrity", "remove", "1", **database(tmp_path))
    assert gone.returncode == 1
    assert "gwansang: " in gone.stderr


def test_an_empty_gallery_is_explained_and_an_unusable_picture_is_a_failure(people: Path, tmp_path: Path) -> None:
    listed = gwansang("celebrity", "list", **database(tmp_path))
    assert "gwansang celebrity import" in listed.stdout, listed.stderr
    hand = people / "사람0_Person 0" / "hand.png"
    added = gwansang("celebrity", "add", "--ko", "손", "--en", "Hand", hand, **database(tmp_path))
    assert (added.returncode, "1 unusable" in added.stdout) == (1, True)


def test_the_demo_matches_a_drawn_person_and_leaves_no_files(tmp_path: Path) -> None:
    demo = gwansang("celebrity", "demo", **database(tmp_path))
    assert demo.returncode == 0, demo.stderr
    assert "16 added, 0 already there" in demo.stdout
    assert " 1  다솜" in demo.stdout
    assert not (tmp_path / "gallery.sqlite3").exists()


def test_a_file_that_is_no_archive_is_reported_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "people.zip").write_bytes(b"no zip")
    for path in (tmp_path / "people.zip", tmp_path / "absent.zip"):
        done = gwansang("celebrity", "import", path, **database(tmp_path))
        assert done.returncode == 1
        assert done.stderr.strip().splitlines()[-1].startswith("gwansang: ")
        assert "Traceback" not in done.stderr
