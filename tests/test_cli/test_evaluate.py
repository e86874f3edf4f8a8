"""`gwansang evaluate` and `gwansang calibrate` in processes of their own."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from gwansang.texts import LOCALES
from tests.support.photos import evaluation_photos
from tests.test_cli.running import gwansang
from tests.test_vision.image_files import drawn, saved


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of three drawn people, narrow to wide, with two photos each, and a file that shows no face."""
    folder = tmp_path_factory.mktemp("people")
    picture = np.asarray(drawn())
    for name, stretch in (("narrow", 0.85), ("usual", 1.0), ("wide", 1.15)):
        (folder / name).mkdir()
        for number, size in enumerate((1.0, 0.8)):
            shape = (round(picture.shape[1] * stretch * size), round(picture.shape[0] * size))
            image = cv2.resize(picture, shape, interpolation=cv2.INTER_AREA)
            (folder / name / f"{number}.jpg").write_bytes(saved(Image.fromarray(image.astype(np.uint8)), "JPEG"))
    (folder / "usual" / "hand.png").write_bytes(saved(Image.fromarray(np.full((300, 300, 3), 200, np.uint8)), "PNG"))
    return folder


def test_stability_is_measured_on_folders_of_people_and_written_as_json(people: Path, tmp_path: Path) -> None:
    done = gwansang("evaluate", "stability", people, "--json", tmp_path / "out.json", COLUMNS="200")
    assert done.returncode == 0, done.stderr
    assert "3 people, 6 photos" in done.stdout
    assert "1 refused, NO_FACE" in done.stdout
    figures = json.loads((tmp_path / "out.json").read_text())
    assert (figures["people"], figures["photos"], figures["refused"]) == (3, 6, {"NO_FACE": 1})
    assert len(figures["icc"]) == 31
    assert len(figures["parts"]) == 15
    assert set(figures["scores"]) == {"wealth", "love", "health", "social", "overall"}
    assert figures["icc"]["FL"] > 0.9
    assert "Traceback" not in done.stderr


def test_variety_is_measured_on_simulated_faces_and_on_two_photos_of_people(people: Path, tmp_path: Path) -> None:
    done = gwansang("evaluate", "variety", "--json", tmp_path / "simulated.json", COLUMNS="200")
    assert done.returncode == 0, done.stderr
    simulated = json.loads((tmp_path / "simulated.json").read_text())
    assert list(simulated) == list(LOCALES)
    for figures in simulated.values():
        assert figures["readings"] == 100
        assert figures["sentence_share"] <= 0.5
        assert figures["shared"] <= 0.1
        assert figures["soonest"] >= 15
        assert figures["colours_in_a_week"] == 5
        assert figures["repeated"] is None
    assert gwansang("evaluate", "variety", people, "--json", tmp_path / "drawn.json").returncode == 0
    assert 0.8 <= json.loads((tmp_path / "drawn.json").read_text())["ko"]["repeated"] <= 1.0


def test_portraits_with_the_same_name_are_of_one_person(people: Path, tmp_path: Path) -> None:
    for kind, number in (("neutral", "0"), ("smiling", "1")):
        (tmp_path / "london" / kind).mkdir(parents=True)
        for person in ("narrow", "wide"):
            shutil.copy(people / person / f"{number}.jpg", tmp_path / "london" / kind / f"{person}_{number}.jpg")
    for folder in (tmp_path, tmp_path / "london"):
        assert "2 people, 4 photos" in gwansang("evaluate", "stability", folder, COLUMNS="200").stdout


def test_a_folder_without_two_photos_of_two_people_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    for folder in (tmp_path, tmp_path / "absent"):
        done = gwansang("evaluate", "stability", folder)
        assert done.returncode == 1
        assert done.stderr.strip().splitlines()[-1].startswith("gwansang: ")
        assert "Traceback" not in done.stderr
    assert "Nothing can be compared" in gwansang("evaluate", "stability", tmp_path).stderr


def test_calibration_refuses_too_few_people(people: Path, tmp_path: Path) -> None:
    done = gwansang("calibrate", people, "--out", tmp_path / "norms.json")
    assert done.returncode == 1
    assert "norms need at least 20 people, and there are 3" in done.stderr
    assert not (tmp_path / "norms.json").exists()


@pytest.mark.parametrize("command", [("analyze", "x.jpg"), ("evaluate", "stability", ".")])
def test_invalid_norms_are_reported_in_one_sentence(command: tuple[str, ...], tmp_path: Path) -> None:
    broken = tmp_path / "norms.json"
    broken.write_text('{"measuring": 2, "measures": {}}')
    done = gwansang(*command, "--norms", broken, folder=tmp_path)
    assert done.returncode == 1
    assert f"gwansang: {broken} can't be used as norms: measures lacks FL, JW, FW and others." in done.stderr


def test_serve_does_not_start_with_unreadable_norms(tmp_path: Path) -> None:
    done = gwansang("serve", NORMS_PATH=str(tmp_path / "absent.json"))
    assert done.returncode == 1
    assert done.stderr.startswith(f"gwansang: {tmp_path / 'absent.json'} can't be read")


def test_calibrated_norms_change_the_standard_scores_of_a_reading(tmp_path: Path) -> None:
    photos = [photo for photo in evaluation_photos("london") if photo.parent.name == "neutral"][:22]
    (tmp_path / "photos").mkdir()
    for photo in photos:
        shutil.copy(photo, tmp_path / "photos")
    norms = tmp_path / "norms.json"
    done = gwansang("calibrate", tmp_path / "photos", "--out", norms, "--id", "ours")
    assert done.returncode == 0, done.stderr
    written = json.loads(norms.read_text())
    assert (written["id"], written["n"]) == ("ours", 22)
    assert "22 people" in written["provenance"]
    scores = []
    for options, variables in (((), {}), (("--norms", norms), {}), ((), {"NORMS_PATH": str(norms)})):
        reading = json.loads(gwansang("analyze", photos[0], "--json", *options, **variables).stdout)
        scores.append([reason["z"] for part in reading["parts_analysis"].values() for reason in part["reasons"]])
    assert scores[1] == scores[2] != scores[0]


def test_calibration_from_history_refuses_too_few_people_and_a_folder_besides(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'gwansang.db'}"
    out = tmp_path / "norms.json"
    done = gwansang("calibrate", "--from-history", "--out", out, DATABASE_URL=database)
    assert done.returncode == 1
    assert "history" in done.stderr
    assert "improve" in done.stderr
    assert not out.exists()
    both = gwansang("calibrate", tmp_path, "--from-history", "--out", out, DATABASE_URL=database)
    assert both.returncode == 1
    assert "one of the two" in both.stderr


def test_look_alikes_are_evaluated_with_one_folder_a_person(people: Path, tmp_path: Path) -> None:
    done = gwansang("evaluate", "lookalike", people, "--json", tmp_path / "out.json", COLUMNS="200")
    assert done.returncode == 0, done.stderr
    assert "3 people, 3 gallery photos, 3 queries" in done.stdout
    assert "1 refused, NO_FACE" in done.stdout
    figures = json.loads((tmp_path / "out.json").read_text())
    for kind in ("centred", "plain"):
        assert {"rank_1", "rank_5", "auc", "same_top_1", "shares_top_5"} <= set(figures[kind])
    assert figures["centred"]["rank_1"] == 1.0


def test_look_alikes_are_evaluated_with_queries_from_another_folder(people: Path, tmp_path: Path) -> None:
    for kind, number in (("gallery", "0"), ("queries", "1")):
        (tmp_path / kind).mkdir()
        for person in ("narrow", "wide"):
            shutil.copy(people / person / f"{number}.jpg", tmp_path / kind / f"{person}_{number}.jpg")
    done = gwansang("evaluate", "lookalike", tmp_path / "gallery", "--queries", tmp_path / "queries", COLUMNS="200")
    assert "2 people, 2 gallery photos, 2 queries" in done.stdout, done.stderr
    alone = gwansang("evaluate", "lookalike", tmp_path / "gallery")
    assert alone.returncode == 1
    assert "two photos" in alone.stderr


def test_smiling_photos_are_matched_with_the_neutral_photos_of_the_same_people(tmp_path: Path) -> None:
    folder = evaluation_photos("london")[0].parents[1]
    assert gwansang("evaluate", "lookalike", folder, "--json", tmp_path / "out.json").returncode == 0
    figures = json.loads((tmp_path / "out.json").read_text())
    assert figures["queries"] == 50
    for kind in ("centred", "plain"):
        assert figures[kind]["rank_1"] >= 0.98
        assert figures[kind]["auc"] >= 0.999
        assert figures[kind]["shares_top_5"] >= 0.95
