"""`gwansang evaluate truth` as its users run it, and the groups of `gwansang evaluate stability`."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from gwansang.cli.failure import CommandError
from gwansang.cli.marked_photos import find_marked_photos
from gwansang.cli.people_info import PersonInfo, read_people_info
from gwansang.vision.drawn_face import draw_face
from tests.support.hand_marks import drawn_marks, template
from tests.support.photos import encoded, evaluation_photos
from tests.test_cli.running import gwansang

SUMMARY = {"same_median", "across_median", "across_worst", "directions", "icc_median", "class_truth", "rank_1", "ece"}
STRETCHES = {"narrow": 0.94, "usual": 1.0, "wide": 1.06}  # more would be told as a stretched picture and put right


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three drawn people, narrow to wide, whose marks are as wide as they, and one with marks of another template."""
    folder = tmp_path_factory.mktemp("marked")
    picture = draw_face(480, 640, 240.0)
    for name, stretch in STRETCHES.items():
        image = cv2.resize(picture, (round(480 * stretch), 640), interpolation=cv2.INTER_AREA).astype(np.uint8)
        (folder / f"{name}_1.jpg").write_bytes(encoded(image))
        (folder / f"{name}_1.tem").write_text(template(drawn_marks(stretch=stretch)))
    shutil.copy(folder / "usual_1.jpg", folder / "other_1.jpg")
    (folder / "other_1.tem").write_text(template(np.ones((83, 2))))
    return folder


@pytest.fixture
def londoners(tmp_path: Path) -> Path:
    """Three people of the London set and their info.csv, in its folders."""
    neutral = [photo for photo in evaluation_photos("london") if photo.parent.name == "neutral"]
    people = [photo for photo in neutral if photo.with_suffix(".tem").is_file()][:3]
    root = people[0].parents[1]
    for kind in ("neutral", "smiling"):
        (tmp_path / "london" / kind).mkdir(parents=True)
    for photo in people:
        for path in (photo, photo.with_suffix(".tem")):
            shutil.copy(path, tmp_path / "london" / "neutral")
    for photo in people:
        shutil.copy(root / "smiling" / photo.name.replace("_03", "_08"), tmp_path / "london" / "smiling")
    shutil.copy(root / "info.csv", tmp_path / "london")
    return tmp_path


def test_people_with_one_marked_photo_each_get_what_one_photo_can_say(drawn: Path, tmp_path: Path) -> None:
    done = gwansang("evaluate", "truth", drawn, "--json", tmp_path / "out.json", "--no-warps", COLUMNS="200")
    assert done.returncode == 0, done.stderr
    assert "3 people, 0 with another photo" in done.stdout
    assert f"1 .tem left out: {drawn / 'other_1.tem'}: it has 83 points" in done.stdout
    figures = json.loads((tmp_path / "out.json").read_text())
    assert set(figures["summary"]) >= SUMMARY
    assert [name for name in sorted(SUMMARY) if figures["summary"][name] is not None] == ["ece", "same_median"]
    assert figures["measures"]["FL"]["same"] > 0.9
    assert figures["warps"] == {}
    assert sum(figures["templates_left_out"].values()) == 1
    assert "NaN" not in (tmp_path / "out.json").read_text()


def test_the_london_set_is_read_in_its_own_folders(londoners: Path, tmp_path: Path) -> None:
    out, diagram = tmp_path / "out.json", tmp_path / "out.svg"
    done = gwansang("evaluate", "truth", londoners, "--json", out, "--diagram", diagram, COLUMNS="200")
    assert done.returncode == 0, done.stderr
    assert "3 people, 3 with another photo" in done.stdout
    figures = json.loads(out.read_text())
    assert all(isinstance(figures["summary"][name], float) for name in SUMMARY)
    assert figures["measures"].keys() >= {"FL", "UL", "L-M"}
    assert (len(figures["measures"]), len(figures["icc"]), len(figures["parts"])) == (24, 31, 13)
    assert len(figures["warps"]) == 7
    for name, warp in figures["warps"].items():
        assert warp["photos"] == 3, name
        assert isinstance(warp["median"], float), name
    assert sum(one["count"] for one in figures["reliability"]) == 6 * 13
    low, high = figures["intervals_90"]["same_median"]
    assert low <= figures["summary"]["same_median"] <= high
    assert diagram.read_text().count("<circle") == 10


def test_one_person_is_too_few_and_one_sentence_says_so(drawn: Path, tmp_path: Path) -> None:
    for suffix in ("jpg", "tem"):
        shutil.copy(drawn / f"usual_1.{suffix}", tmp_path)
    done = gwansang("evaluate", "truth", tmp_path, "--no-warps")
    assert done.returncode == 1
    assert f"gwansang: Nothing can be compared in {tmp_path}: it takes 3 people with hand-marked photos" in done.stderr
    assert "there are 1 that could be measured" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_without_usable_templates_is_refused_with_the_reason(drawn: Path, tmp_path: Path) -> None:
    shutil.copy(drawn / "usual_1.jpg", tmp_path)
    with pytest.raises(CommandError, match=r"no photo has a \.tem file of the same name beside it"):
        find_marked_photos(tmp_path)
    (tmp_path / "usual_1.tem").write_text(template(np.ones((83, 2))))
    with pytest.raises(CommandError, match="it has 83 points, and the measures are defined on a template of 189"):
        find_marked_photos(tmp_path)
    with pytest.raises(CommandError, match="is no folder"):
        find_marked_photos(tmp_path / "absent")


def test_the_first_marked_photo_and_the_first_other_one_of_a_person_are_used(drawn: Path, tmp_path: Path) -> None:
    for name in ("a_1", "a_2", "a_3", "b_1"):
        shutil.copy(drawn / "usual_1.jpg", tmp_path / f"{name}.jpg")
    for name in ("a_2", "a_3", "b_1"):
        shutil.copy(drawn / "usual_1.tem", tmp_path / f"{name}.tem")
    found = find_marked_photos(tmp_path)
    assert {person: photo.stem for person, (photo, _) in found.marked.items()} == {"a": "a_2", "b": "b_1"}
    assert {person: photo.stem for person, photo in found.others.items()} == {"a": "a_1"}


def test_a_table_of_people_gives_what_its_columns_report(tmp_path: Path) -> None:
    assert read_people_info(tmp_path) == {}
    table = tmp_path / "info.csv"
    table.write_text("face_id,face_age,face_gender\n003f,19,female\n")
    assert read_people_info(tmp_path) == {"003f": PersonInfo("female", "")}
    table.write_text("name,sex\nusual,female\n")
    with pytest.raises(CommandError, match=r"info\.csv has no column face_id"):
        read_people_info(tmp_path)


def test_stability_is_also_given_within_each_sex_and_origin(tmp_path: Path) -> None:
    picture = draw_face(480, 640, 240.0)
    for name, stretch in STRETCHES.items():
        (tmp_path / name).mkdir()
        for number, height in enumerate((640, 600)):
            size = (round(480 * stretch * height / 640), height)
            image = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
            (tmp_path / name / f"{number}.jpg").write_bytes(encoded(image))
    (tmp_path / "info.csv").write_text(
        "face_id,face_gender,face_eth\nnarrow,female,white\nusual,female,black\nwide,male,black\n"
    )
    done = gwansang("evaluate", "stability", tmp_path, "--json", tmp_path / "out.json", COLUMNS="200")
    assert done.returncode == 0, done.stderr
    assert "Within groups" in done.stdout
    groups = json.loads((tmp_path / "out.json").read_text())["groups"]
    assert {kind: list(names) for kind, names in groups.items()} == {"sex": ["female"], "origin": ["black"]}
    female = groups["sex"]["female"]
    assert female["people"] == 2
    assert 0.5 <= female["mean_largest_share"] <= female["largest_share"] <= 1
    assert -1 <= female["kappa"] <= 1
